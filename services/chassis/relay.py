"""The relay: sends what waits in the outboxes, with publisher confirms, in the order in which it was written.

    python -m services.chassis.relay identity partners conventions transactions payouts

One thread per service; for each service only one relay works at a time (advisory lock), others stand by. It
is nudged at each commit and looks by itself every second. An event counts as sent when the broker has
confirmed it; one that no queue took is tried again later, unless its publisher accepts that nobody listens.
The same process delivers the mails that wait and seals the journal.
"""

import logging
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import psycopg2
from amqp import Message
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from services.chassis import faults, health, serializer, telemetry
from services.chassis.audit import Sealer
from services.chassis.broker import LOST, Addresses
from services.chassis.config import SERVICES, settings
from services.chassis.courier import Courier
from services.chassis.database import BoundDatabase
from services.chassis.events import RETRY, exchange_name
from services.chassis.figures import Figures
from services.chassis.outbox import CHANNEL

BATCH = 500
LOOK_AGAIN_S = 1.0
GATHER_S = 0.01
"""After each look; under load, what is committed meanwhile goes together. A single event goes at once."""
CONFIRM_WITHIN_S = 10.0
KEEP_SENT_DAYS = 7
_LOST = (*LOST, SQLAlchemyError, psycopg2.Error)
_log = logging.getLogger(__name__)

_UNSENT = text(
    "SELECT id, event_id, type, key, unrouted, body, headers FROM outbox "
    "WHERE sent_at IS NULL AND type <> ALL(:held) ORDER BY id LIMIT :n"
)
_SENT = text("UPDATE outbox SET sent_at = clock_timestamp() WHERE id = ANY(:ids)")
_FORGET = text("DELETE FROM outbox WHERE sent_at < clock_timestamp() - make_interval(days => :days)")
_LOCK = text("SELECT pg_try_advisory_lock(hashtextextended('relay', 0))")


class Publisher:
    """A channel in confirm mode that sends a batch at once and then waits for all its confirms."""

    def __init__(self, addresses: Addresses, service: str):
        self._connection = addresses.connect()
        self._channel = self._connection.channel()
        self._channel.confirm_select()
        self._channel.exchange_declare(exchange_name(service), "topic", durable=True, auto_delete=False)
        self._channel.events["basic_ack"].add(self._acked)
        self._channel.events["basic_nack"].add(self._nacked)
        self._channel.events["basic_return"].add(self._returned)
        self._exchange = exchange_name(service)
        self._tag = 0
        self._waiting: dict[int, Any] = {}
        self._confirmed: set[Any] = set()
        self._unrouted: set[str] = set()

    def _settle(self, tag: int, multiple: bool, *, good: bool) -> None:
        tags = [t for t in self._waiting if t <= tag] if multiple else [tag]
        for each in tags:
            row_id = self._waiting.pop(each, None)
            if good and row_id is not None:
                self._confirmed.add(row_id)

    def _acked(self, tag: int, multiple: bool) -> None:
        self._settle(tag, multiple, good=True)

    def _nacked(self, tag: int, multiple: bool) -> None:
        self._settle(tag, multiple, good=False)

    def _returned(self, _: Any, __: Any, ___: Any, message: Any) -> None:
        self._unrouted.add(str(message.properties.get("message_id")))

    def send(self, rows: Iterable[Any]) -> list[int]:
        """Send the rows; returns the ids of those that count as sent. Raises a connection error."""
        rows = list(rows)
        self._confirmed, self._unrouted = set(), set()
        for row in rows:
            self._tag += 1
            self._waiting[self._tag] = row.id
            self._channel.basic_publish(
                Message(
                    row.body,
                    content_type=serializer.CLOUDEVENTS,
                    content_encoding="utf-8",
                    message_id=str(row.event_id),
                    type=row.type,
                    delivery_mode=2,
                    application_headers=dict(row.headers),
                ),
                exchange=self._exchange,
                routing_key=row.type,
                mandatory=row.unrouted == RETRY,  # handed back if no queue takes it; nobody needs the others again
            )
        while self._waiting:
            self._connection.drain_events(timeout=CONFIRM_WITHIN_S)
        kept_back = {row.id for row in rows if str(row.event_id) in self._unrouted}
        if kept_back:
            _log.error("%d events found no queue; they wait", len(kept_back))
        return [row.id for row in rows if row.id in self._confirmed and row.id not in kept_back]

    def close(self) -> None:
        """Without waiting for an answer: a node that is cut off never gives one."""
        with suppress(*_LOST):
            self._connection.collect()


class Relay:
    """The relay of one service's outbox."""

    def __init__(self, service: str, stop: threading.Event):
        self.service = service
        self._stop = stop
        self._database = BoundDatabase(service, pool_size=2)
        self._addresses = Addresses(settings().amqp_uri)
        self._listener: Any = None
        self._publisher: Publisher | None = None

    def run(self) -> None:
        """Work until told to stop; lost connections are made again."""
        while not self._stop.is_set():
            try:
                self._serve()
            except _LOST as fault:
                _log.warning("relay of %s starts again: %s", self.service, type(fault).__name__)
                self._stop.wait(0.5)
            finally:
                self._disconnect()

    def _serve(self) -> None:
        self._connect()
        with self._database.engine.connect() as connection:
            if not connection.scalar(_LOCK):
                connection.rollback()
                self._stop.wait(LOOK_AGAIN_S)
                return
            connection.commit()
            while not self._stop.is_set():
                held_back = self._drain(connection)
                self._stop.wait(GATHER_S)
                self._wait(LOOK_AGAIN_S if not held_back else LOOK_AGAIN_S * 2)

    def _drain(self, connection: Connection) -> bool:
        """Send until nothing is left; returns whether something had to be held back. A type that no queue takes waits
        for the next look, in its order; it doesn't keep the others from being sent."""
        held: set[str] = set()
        while not self._stop.is_set():
            rows = connection.execute(_UNSENT, {"n": BATCH, "held": sorted(held)}).all()
            if not rows:
                connection.rollback()
                break
            sent = self._publish(rows)
            if sent:
                connection.execute(_SENT, {"ids": sent})
            connection.commit()
            faults.point("relay.marked")
            if len(sent) < len(rows):
                gone = set(sent)
                held |= {row.type for row in rows} - {row.type for row in rows if row.id in gone}
            elif len(rows) < BATCH:
                break  # what is committed from now on nudges again
        return bool(held)

    def _publish(self, rows: Iterable[Any]) -> list[int]:
        if self._publisher is None:
            self._publisher = Publisher(self._addresses, self.service)
        faults.point("relay.publish")
        sent = self._publisher.send(rows)
        faults.point("relay.published")
        return sent

    def _connect(self) -> None:
        url = self._database.engine.url.set(drivername="postgresql")
        self._listener = psycopg2.connect(url.render_as_string(hide_password=False))
        self._listener.autocommit = True
        self._listener.cursor().execute(f"LISTEN {CHANNEL}")

    def _wait(self, at_most_s: float) -> None:
        select.select([self._listener], [], [], at_most_s)
        self._listener.poll()
        self._listener.notifies.clear()

    def _disconnect(self) -> None:
        if self._publisher:
            self._publisher.close()
            self._publisher = None
        if self._listener:
            with suppress(psycopg2.Error):
                self._listener.close()
        self._database.close()

    def forget_old(self) -> None:
        """Delete events sent long ago."""
        with self._database.engine.begin() as connection:
            connection.execute(_FORGET, {"days": KEEP_SENT_DAYS})


def _repeat(work: Callable[[], Any], name: str, pause_s: float, stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            work()
        except Exception:
            _log.exception("%s failed; trying again later", name)
        stop.wait(pause_s)


def _chores(service: str, relay: Relay) -> list[tuple[str, Callable[[], Any], float]]:
    """What else this process does for a service: name, work, seconds between two runs."""
    database = BoundDatabase(service, pool_size=2)
    return [
        ("mail", Courier(database).deliver_due, 0.3),
        ("journal", Sealer(database).seal_new, 1.0),
        ("figures", Figures(database).measure, 5.0),
        ("old events", relay.forget_old, 3600.0),
    ]


def main(services: list[str]) -> int:
    """Relay for these services until SIGTERM or SIGINT. Returns the exit status."""
    telemetry.configure("relay")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    threads = []
    for service in services:
        relay = Relay(service, stop)
        threads.append(threading.Thread(target=relay.run, name=f"relay-{service}"))
        for name, work, pause_s in _chores(service, relay):
            arguments = (work, f"{name} of {service}", pause_s, stop)
            threads.append(threading.Thread(target=_repeat, args=arguments, name=f"{name}-{service}"))
    for thread in threads:
        thread.start()
    health.serve("relay", {})
    for thread in threads:
        thread.join()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or list(SERVICES)))
