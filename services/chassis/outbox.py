"""The outbox: events wait in the database of their publisher, written by the transaction that made them true.

The relay sends them afterwards. To be quick without being asked, it is nudged: after a commit that left events, the
process sends PostgreSQL a NOTIFY from a connection of its own, at most one every few milliseconds. (A NOTIFY *inside*
the transaction would make every commit of the database wait for a lock that they all share.)
"""

import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import psycopg2
from sqlalchemy import Connection, Engine, insert

from services.chassis.events import Event, envelope
from services.chassis.ids import new_id
from services.chassis.tables import outbox

CHANNEL = "outbox"
_PAUSE_S = 0.005


def event_row(
    event: type[Event], service: str, at: datetime, data: Mapping[str, Any], headers: Mapping[str, str]
) -> dict[str, Any]:
    """One row of the outbox. Raises EventInvalid if the data breaks the event's schema."""
    event_id = new_id()
    return {
        "event_id": event_id,
        "type": event.type,
        "key": str(data[event.key]),
        "unrouted": event.unrouted,
        "body": envelope(event, service, event_id, at, dict(data)),
        "headers": dict(headers),
    }


def store(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Write the rows with the transaction's own connection."""
    connection.execute(insert(outbox), rows)


class Nudge:
    """Tells the relay that there is something to send; many nudges close together become one."""

    def __init__(self, engine: Engine):
        self._engine = engine
        self._wanted = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._pause = threading.Event()

    def __call__(self) -> None:
        if self._thread is None:
            self._begin()
        self._wanted.set()

    def _begin(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="outbox-nudge", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        connection = None
        while True:
            self._wanted.wait()
            self._wanted.clear()
            try:
                connection = connection or self._connect()
                connection.cursor().execute(f"NOTIFY {CHANNEL}")
            except psycopg2.Error:
                connection = None  # the relay looks by itself every second; the next nudge reconnects
            self._pause.wait(_PAUSE_S)

    def _connect(self) -> Any:
        url = self._engine.url.set(drivername="postgresql")
        connection = psycopg2.connect(url.render_as_string(hide_password=False))
        connection.autocommit = True
        return connection
