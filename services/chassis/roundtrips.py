"""Fewer round trips to the database: BEGIN travels with a transaction's first statement, COMMIT with its last.

psycopg2 sends BEGIN and COMMIT by themselves; on a hot path of two statements that is half of the waiting. Here an
engine's connections are in autocommit for the driver, and the transaction's borders are written into the statements
(PostgreSQL takes several in one message). Whether one is open is asked of libpq and never remembered here.

What must stand in front of a statement, `reach` has to say too: whoever limits an actor comes right after BEGIN.
"""

from typing import Any

from psycopg2 import ProgrammingError
from psycopg2 import extensions as driver
from sqlalchemy import Connection, Engine, event

from services.chassis import reach


class BorderlessConnection(driver.connection):  # type: ignore[misc]
    """psycopg2's connection whose transactions begin with the first statement, in READ COMMITTED. At other levels, and
    for a transaction that streams (`minded_by_driver`), the driver does as ever."""

    _ours, _lent = False, False

    def set_isolation_level(self, level: int) -> None:
        """``level``: one of psycopg2's; SQLAlchemy sets it at connecting and sets it back at giving back."""
        self._ours, self._lent = level == driver.ISOLATION_LEVEL_READ_COMMITTED, False
        super().set_isolation_level(driver.ISOLATION_LEVEL_AUTOCOMMIT if self._ours else level)

    def must_begin(self) -> bool:
        """Whether the coming statement needs BEGIN in front."""
        return self._ours and self.get_transaction_status() == driver.TRANSACTION_STATUS_IDLE

    def minded_by_driver(self) -> None:
        """Leave the borders to the driver until this transaction ends: it makes no named cursor otherwise."""
        if self._ours:
            super().set_isolation_level(driver.ISOLATION_LEVEL_READ_COMMITTED)
            self._ours, self._lent = False, True

    def commit(self) -> None:
        """Commit what is open, if anything. Raises what the driver raises; a failed transaction can't be committed."""
        if not self._ours:
            super().commit()
            self._take_back()
        elif self.get_transaction_status() == driver.TRANSACTION_STATUS_INERROR:
            raise ProgrammingError("the transaction has failed: it can't be committed")
        else:
            self._end("COMMIT")

    def rollback(self) -> None:
        """Undo what is open, if anything."""
        if not self._ours:
            super().rollback()
            self._take_back()
        else:
            self._end("ROLLBACK")

    def _end(self, how: str) -> None:
        if self.get_transaction_status() == driver.TRANSACTION_STATUS_IDLE:
            return
        with self.cursor() as cursor:
            cursor.execute(how)

    def _take_back(self) -> None:
        if self._lent:
            self.set_isolation_level(driver.ISOLATION_LEVEL_READ_COMMITTED)


def watch(engine: Engine) -> None:
    """Put in front of the engine's statements what has to come before them."""
    event.listen(engine, "before_cursor_execute", _say_first, retval=True)


def _say_first(
    connection: Connection, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool
) -> tuple[str, Any]:
    streams = getattr(cursor, "name", None)
    if streams:
        cursor.connection.minded_by_driver()
    begin = ("BEGIN",) if cursor.connection.must_begin() else ()
    said = "; ".join((*begin, *reach.say(connection)))
    if not said:
        return statement, parameters
    if executemany or streams:  # can't be put in front: a message of its own
        with cursor.connection.cursor() as first:
            first.execute(said)
        return statement, parameters
    return f"{said}; {statement}", parameters


def conclude(connection: Connection, statement: str, parameters: Any) -> None:
    """A transaction's last statement, which needs no answer, with the COMMIT in the same message. If it fails, nothing
    is committed."""
    connection.exec_driver_sql(f"{statement}; COMMIT", parameters)
