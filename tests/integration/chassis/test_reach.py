"""PostgreSQL shows a limited actor its own rows only, whatever the query says."""

from types import MappingProxyType
from typing import Any

import pytest
from sqlalchemy import Column, MetaData, Table, Text, create_engine, insert, select, text, update
from sqlalchemy.exc import ProgrammingError

from services.chassis import reach
from services.chassis.actor import Actor
from services.chassis.database import BoundDatabase, EventContext
from services.chassis.reach import ReachInvalid, reach_of

WORDS = Table(
    "words",
    MetaData(),
    Column("word", Text, primary_key=True),
    Column("club_id", Text, nullable=False),
    info={"rows_of": "club_id"},
)


@pytest.fixture
def words(infra: Any) -> Any:
    """Two clubs with two words each, behind the wall."""
    name = infra.create_database("echo")
    urls = infra.database_urls("echo", name)
    owner = create_engine(urls["ECHO_DATABASE_OWNER_URL"])
    with owner.begin() as connection:
        WORDS.create(connection)
        connection.execute(text("GRANT ALL ON words TO PUBLIC"))
        reach.protect(connection, reach.belonging(WORDS.metadata))
        rows = [("a1", "a"), ("a2", "a"), ("b1", "b"), ("b2", "b")]
        connection.execute(insert(WORDS), [{"word": word, "club_id": club} for word, club in rows])
    database = BoundDatabase("echo", urls["ECHO_DATABASE_URL"], pool_size=1)
    yield database
    database.close()
    owner.dispose()
    infra.drop_database(name)


def by(**scope: str) -> EventContext:
    return EventContext(Actor(roles=frozenset({"manager"}), scope=MappingProxyType(scope)), "trace")


def seen(database: BoundDatabase, who: EventContext | None) -> list[str]:
    with database.unit_of_work(who) as uow:
        return list(uow.session.scalars(select(WORDS.c.word).order_by(WORDS.c.word)))


def test_a_limited_actor_sees_its_own_rows(words: BoundDatabase) -> None:
    assert seen(words, by(club_id="a", session_id="s")) == ["a1", "a2"]


def test_an_unlimited_actor_and_the_service_see_all(words: BoundDatabase) -> None:
    assert seen(words, by(session_id="s")) == seen(words, by()) == seen(words, None) == ["a1", "a2", "b1", "b2"]


def test_the_limit_does_not_outlive_its_transaction(words: BoundDatabase) -> None:
    assert seen(words, by(club_id="a")) == ["a1", "a2"]
    assert len(seen(words, None)) == 4
    with words.unit_of_work(by(club_id="a")):
        pass  # no statement at all: the connection isn't even taken
    assert len(seen(words, None)) == 4


def test_after_a_fault_the_next_transaction_is_limited_anew(words: BoundDatabase) -> None:
    with pytest.raises(ZeroDivisionError), words.unit_of_work(by(club_id="a")) as uow:
        uow.session.execute(select(WORDS))
        raise ZeroDivisionError
    assert seen(words, by(club_id="b")) == ["b1", "b2"]


def test_a_foreign_row_can_be_neither_changed_nor_deleted(words: BoundDatabase) -> None:
    with words.unit_of_work(by(club_id="a")) as uow:
        changed = uow.session.execute(update(WORDS).where(WORDS.c.word == "b1").values(word="x"))
        deleted = uow.session.execute(WORDS.delete().where(WORDS.c.club_id == "b"))
    assert (changed.rowcount, deleted.rowcount) == (0, 0)
    assert len(seen(words, None)) == 4


def test_a_row_for_somebody_else_is_refused(words: BoundDatabase) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"), words.unit_of_work(by(club_id="a")) as uow:
        uow.session.execute(insert(WORDS).values(word="b3", club_id="b"))
    with pytest.raises(ProgrammingError, match="row-level security"), words.unit_of_work(by(club_id="a")) as uow:
        uow.session.execute(update(WORDS).where(WORDS.c.word == "a1").values(club_id="b"))


def test_many_rows_at_once_and_streams_are_limited_too(words: BoundDatabase) -> None:
    with words.unit_of_work(by(club_id="a")) as uow:
        uow.session.execute(insert(WORDS), [{"word": f"a{n}", "club_id": "a"} for n in range(3, 6)])
    with words.unit_of_work(by(club_id="b")) as uow:
        streamed = uow.session.scalars(select(WORDS.c.word).execution_options(yield_per=1))
        assert sorted(streamed) == ["b1", "b2"]


def test_a_savepoint_first_does_not_lose_the_limit(words: BoundDatabase) -> None:
    with words.unit_of_work(by(club_id="a")) as uow:
        with pytest.raises(ZeroDivisionError), uow.session.begin_nested():
            raise ZeroDivisionError
        assert len(uow.session.execute(select(WORDS)).all()) == 2


def test_a_session_that_says_nothing_sees_nothing(words: BoundDatabase) -> None:
    silent = create_engine(words.engine.url)
    with silent.connect() as connection:
        assert connection.execute(select(WORDS)).all() == []
        connection.execute(text("SET LOCAL psl.reach = '|club_id=a|'"))
        assert len(connection.execute(select(WORDS)).all()) == 2
        connection.rollback()
        assert connection.execute(select(WORDS)).all() == []
    silent.dispose()


def test_half_an_id_is_not_the_id(words: BoundDatabase) -> None:
    with words.unit_of_work() as uow:
        uow.session.execute(insert(WORDS).values(word="aa1", club_id="aa"))
    assert seen(words, by(club_id="aa")) == ["aa1"]
    assert seen(words, by(club_id="a")) == ["a1", "a2"]
    assert seen(words, by(other_club_id="a")) == seen(words, None)


@pytest.mark.parametrize("value", ["a'; DROP TABLE words; --", "a|club_id=b", "", "a b", "a%s"])
def test_an_odd_scope_is_refused_before_anything_runs(words: BoundDatabase, value: str) -> None:
    with pytest.raises(ReachInvalid):
        reach_of({"club_id": value})
    with pytest.raises(ReachInvalid):
        seen(words, by(club_id=value))


def test_a_glance_reaches_no_further(words: BoundDatabase) -> None:
    with words.glance(by(club_id="a")) as uow:
        assert list(uow.connection.scalars(select(WORDS.c.word).order_by(WORDS.c.word))) == ["a1", "a2"]
    assert seen(words, None) == ["a1", "a2", "b1", "b2"]


def test_a_glance_leaves_no_transaction_open(words: BoundDatabase) -> None:
    with words.glance(by(club_id="a")) as uow:
        uow.connection.execute(text("SELECT 1"))
        assert uow.connection.scalar(text("SELECT now() = statement_timestamp()"))
        dbapi: Any = uow.connection.connection.dbapi_connection
        assert dbapi.info.transaction_status == 0


def test_what_a_session_and_its_connection_write_is_one_transaction(words: BoundDatabase) -> None:
    class Stop(Exception):
        pass

    with pytest.raises(Stop), words.unit_of_work() as uow:
        uow.connection.execute(insert(WORDS), {"word": "a3", "club_id": "a"})
        uow.session.execute(insert(WORDS), {"word": "a4", "club_id": "a"})
        raise Stop
    assert seen(words, None) == ["a1", "a2", "b1", "b2"]
    with words.unit_of_work() as uow:
        uow.connection.execute(insert(WORDS), {"word": "a3", "club_id": "a"})
        assert uow.session is not None  # made and not used
    with words.unit_of_work() as uow:
        uow.session.execute(insert(WORDS), {"word": "a4", "club_id": "a"})
    assert seen(words, by(club_id="a")) == ["a1", "a2", "a3", "a4"]
