"""BEGIN travels with a transaction's first statement and COMMIT with its last; what is stored is what ever was."""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

import pytest
from psycopg2.extensions import cursor as Cursor
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import DataError, ProgrammingError

from services.chassis.actor import Actor
from services.chassis.database import BoundDatabase, EventContext

ONE, TWO = text("INSERT INTO words VALUES ('one')"), text("INSERT INTO words VALUES ('two')")
THREE = "INSERT INTO words VALUES (%s)"


class Recorded(BoundDatabase):
    """A database that remembers what was sent to it, message by message."""

    def __init__(self, url: str):
        super().__init__("echo", url, pool_size=1)
        self.sent: list[str] = []
        sent = self.sent

        class Recording(Cursor):
            def execute(self, query: Any, parameters: Any = None) -> Any:
                sent.append(query)
                return super().execute(query, parameters)

        event.listen(self.engine, "connect", lambda made, _: setattr(made, "cursor_factory", Recording))

    def words(self) -> list[str]:
        with self.reading() as connection:
            return list(connection.scalars(text("SELECT word FROM words ORDER BY 1")))


@pytest.fixture
def database(infra: Any) -> Iterator[Recorded]:
    name = infra.create_database("echo")
    urls = infra.database_urls("echo", name)
    owner = create_engine(urls["ECHO_DATABASE_OWNER_URL"])
    with owner.begin() as connection:
        connection.execute(text("CREATE TABLE words (word varchar(5))"))
        connection.execute(text("GRANT ALL ON words TO PUBLIC"))
    made = Recorded(urls["ECHO_DATABASE_URL"])
    with made.unit_of_work() as uow:
        uow.connection.execute(text("SELECT 1"))  # connects, which asks a thing or two
    made.sent.clear()
    yield made
    made.close()
    owner.dispose()
    infra.drop_database(name)


def test_two_statements_are_two_messages(database: Recorded) -> None:
    with database.unit_of_work() as uow:
        uow.connection.execute(ONE)
        uow.conclude(THREE, ("three",))
    assert database.sent == ["BEGIN; INSERT INTO words VALUES ('one')", f"{THREE}; COMMIT"]
    assert database.words() == ["one", "three"]


def test_a_lone_last_statement_is_one_message(database: Recorded) -> None:
    with database.unit_of_work() as uow:
        uow.conclude(THREE, ("three",))
    assert database.sent == [f"BEGIN; {THREE}; COMMIT"]
    assert database.words() == ["three"]


def test_the_limit_of_an_actor_comes_right_after_begin(database: Recorded) -> None:
    club = EventContext(Actor(roles=frozenset({"manager"}), scope=MappingProxyType({"club_id": "a"})), "trace")
    with database.unit_of_work(club) as uow:
        uow.connection.execute(ONE)
    assert database.sent == ["BEGIN; SET LOCAL psl.reach = '|club_id=a|'; INSERT INTO words VALUES ('one')", "COMMIT"]


def test_without_a_statement_nothing_is_sent(database: Recorded) -> None:
    with database.unit_of_work() as uow:
        assert uow.session is not None
    assert database.sent == []


def test_what_a_fault_leaves_is_undone(database: Recorded) -> None:
    with pytest.raises(ZeroDivisionError), database.unit_of_work() as uow:
        uow.session.execute(ONE)
        uow.conclude(THREE, ("three",))
        raise ZeroDivisionError
    assert database.sent[-1] == "ROLLBACK"
    assert database.words() == []


def test_a_last_statement_that_fails_undoes_all(database: Recorded) -> None:
    with pytest.raises(DataError), database.unit_of_work() as uow:
        uow.connection.execute(ONE)
        uow.conclude(THREE, ("too long a word",))
    assert database.words() == []
    with database.unit_of_work() as uow:
        uow.connection.execute(TWO)
    assert database.words() == ["two"]


def test_a_failed_transaction_is_never_committed(database: Recorded) -> None:
    with pytest.raises(ProgrammingError), database.unit_of_work() as uow:
        uow.connection.execute(ONE)
        with pytest.raises(DataError):
            uow.connection.exec_driver_sql(THREE, ("too long a word",))
    assert database.words() == []


def test_a_refusal_that_is_kept_keeps_the_last_statement(database: Recorded) -> None:
    with pytest.raises(ZeroDivisionError), database.unit_of_work() as uow:
        uow.conclude(THREE, ("three",))
        raise uow.keep(ZeroDivisionError())
    assert database.words() == ["three"]


def test_many_rows_at_once_begin_too(database: Recorded) -> None:
    with pytest.raises(ZeroDivisionError), database.unit_of_work() as uow:
        uow.connection.exec_driver_sql(THREE, [("a",), ("b",)])
        raise ZeroDivisionError
    assert database.words() == []
    with database.unit_of_work() as uow:
        uow.connection.exec_driver_sql(THREE, [("a",), ("b",)])
    assert database.words() == ["a", "b"]


@pytest.mark.parametrize("first", [True, False])
def test_a_transaction_that_streams_is_the_drivers(database: Recorded, first: bool) -> None:
    with database.unit_of_work() as uow:
        if first:
            uow.connection.execute(ONE)
        streamed = uow.connection.execute(text("SELECT * FROM words").execution_options(yield_per=1))
        assert len(streamed.all()) == int(first)
        uow.connection.execute(TWO)
    with pytest.raises(ZeroDivisionError), database.unit_of_work() as uow:
        list(uow.connection.execute(text("SELECT * FROM words").execution_options(yield_per=1)))
        uow.connection.execute(TWO)
        raise ZeroDivisionError
    assert database.words() == (["one", "two"] if first else ["two"])
    database.sent.clear()
    with database.unit_of_work() as uow:
        uow.connection.execute(ONE)
    assert database.sent == ["BEGIN; INSERT INTO words VALUES ('one')", "COMMIT"]


def test_after_a_stricter_level_the_borders_are_ours_again(database: Recorded) -> None:
    with database.unit_of_work() as uow:
        uow.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        assert uow.session.scalar(text("SHOW transaction_isolation")) == "repeatable read"
        uow.session.execute(ONE)
    database.sent.clear()
    with database.unit_of_work() as uow:
        uow.connection.execute(TWO)
        assert uow.connection.scalar(text("SHOW transaction_isolation")) == "read committed"
    assert database.sent[0] == "BEGIN; INSERT INTO words VALUES ('two')"
    assert database.words() == ["one", "two"]
