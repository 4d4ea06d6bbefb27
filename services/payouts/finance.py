"""The reference consumer for finance: ``python -m services.payouts.finance --queue finance.payouts --out DIR``.

It declares a durable quorum queue bound to the four types of INTERFACES, appends each new event to a journal
(``payouts.jsonl``, the events as they came) and to a CSV (``payouts.csv``), flushes both to the disk, and only then
acknowledges. Events come at least once: those already in the journal are acknowledged and not written again. Killed
at any moment and started again, it mends a line that was cut and writes each event once in both files.

It needs nothing of the platform but the broker's address (``AMQP_URI``, and ``AMQP_CA`` for one over TLS) and can be
copied as it is.
"""

import argparse
import csv
import io
import json
import logging
import os
import signal
import ssl
import sys
import threading
from pathlib import Path
from typing import Any

import pika
import pika.exceptions

EXCHANGE = "payouts.events"
TYPES = ("payout_batch_released.v1", "payout_ordered.v1", "payout_settled.v1", "payout_returned.v1")
COLUMNS = (
    "id", "type", "time", "payout_id", "batch_id", "number", "partner_number", "slip_number", "end_to_end_id",
    "amount_cents", "currency", "payout_count", "transaction_count", "correction_count", "execution_on", "settled_on",
    "returned_on", "reason_code",
)  # fmt: skip
RECONNECT_AFTER_S = (0.5, 1, 2, 3)
HEARTBEAT_S, CONNECT_WITHIN_S = 6, 3
PREFETCH = 100
_log = logging.getLogger("finance")


class DurableLines:
    """A text file to which whole lines are appended and forced to the disk."""

    def __init__(self, path: Path):
        self._path = path
        created = not path.exists()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o640)
        self._cut_torn_end()
        if created:
            _sync_folder(path.parent)

    def _cut_torn_end(self) -> None:
        """A process that died while writing may have left half a line: it was never acknowledged, drop it."""
        content = self._path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            os.ftruncate(self._file, whole)
            os.fsync(self._file)

    def read(self) -> list[str]:
        return self._path.read_text(encoding="utf-8").splitlines()

    def append(self, line: str) -> None:
        """Write a whole line to the disk, or nothing: of a full disk only the beginning may fit. Raises OSError."""
        before = os.fstat(self._file).st_size
        remaining = (line + "\n").encode("utf-8")
        try:
            while remaining:
                remaining = remaining[os.write(self._file, remaining) :]
            os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, before)
            raise

    def close(self) -> None:
        os.close(self._file)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _csv_line(values: list[Any]) -> str:
    written = io.StringIO()
    csv.writer(written, delimiter=";", lineterminator="").writerow(values)
    return written.getvalue()


class Books:
    """The journal and the CSV, and which events they hold."""

    def __init__(self, folder: Path):
        folder.mkdir(parents=True, exist_ok=True)
        self._journal = DurableLines(folder / "payouts.jsonl")
        self._table = DurableLines(folder / "payouts.csv")
        self._unreadable = DurableLines(folder / "unreadable.txt")
        self.known: set[str] = set()
        self._recover()

    def _recover(self) -> None:
        """Remember what the journal holds; write into the CSV what a killed process had only put in the journal."""
        self._in_table = {row[0] for row in csv.reader(self._table.read()[1:], delimiter=";") if row}
        if not self._table.read():
            self._table.append(_csv_line(list(COLUMNS)))
        for line in self._journal.read():
            event = json.loads(line)
            self.known.add(event["id"])
            self._write_row(event)

    def write(self, event: dict[str, Any]) -> bool:
        """Write an event, once in each file; it is on the disk when this returns. Returns whether it was new. Raises
        OSError when the disk is full; the next delivery then goes on where this one stopped."""
        new = event["id"] not in self.known
        if new:
            self._journal.append(json.dumps(event, ensure_ascii=False, separators=(",", ":")))
            self.known.add(event["id"])
        self._write_row(event)
        return new

    def _write_row(self, event: dict[str, Any]) -> None:
        if event["id"] not in self._in_table:
            self._table.append(self._row(event))
            self._in_table.add(event["id"])

    def put_aside(self, body: bytes) -> None:
        """Keep what is no event, for people to look at."""
        self._unreadable.append(repr(body))

    def _row(self, event: dict[str, Any]) -> str:
        told = {**event["data"], "id": event["id"], "type": event["type"], "time": event["time"]}
        return _csv_line([told.get(column, "") for column in COLUMNS])

    def close(self) -> None:
        self._journal.close()
        self._table.close()
        self._unreadable.close()


class Consumer:
    """Reads the queue, for as long as nobody stops it, through lost connections."""

    def __init__(self, uri: str, queue: str, books: Books, ca: str = ""):
        self._addresses = [_parameters(address, ca) for address in uri.split(";")]
        self._queue, self._books = queue, books
        self._stopping = threading.Event()
        self._failures = 0
        self._connection: pika.BlockingConnection | None = None

    def run(self) -> None:
        """Consume until stopped; a lost or absent broker is waited for."""
        while not self._stopping.is_set():
            try:
                self._consume()
            except (pika.exceptions.AMQPError, OSError) as lost:
                pause_s = RECONNECT_AFTER_S[min(self._failures, len(RECONNECT_AFTER_S) - 1)]
                self._failures += 1
                _log.warning("broker or disk: %s; trying again in %s s", lost or type(lost).__name__, pause_s)
                self._stopping.wait(pause_s)

    def stop(self, *_: Any) -> None:
        """Finish what is in hand and leave."""
        self._stopping.set()

    def _consume(self) -> None:
        self._connection = pika.BlockingConnection(self._addresses)
        try:
            channel = self._connection.channel()
            self._declare(channel)
            channel.basic_qos(prefetch_count=PREFETCH)
            _log.info("listening on %s", self._queue)
            self._failures = 0
            for method, _, body in channel.consume(self._queue, inactivity_timeout=0.5):
                if method is not None:
                    self._take(channel, method.delivery_tag, body)
                if self._stopping.is_set():
                    return
        finally:
            if self._connection.is_open:
                self._connection.close()

    def _declare(self, channel: Any) -> None:
        """A topic exchange as the publisher declares it, and a queue that survives everything but its removal."""
        channel.exchange_declare(EXCHANGE, exchange_type="topic", durable=True)
        channel.queue_declare(self._queue, durable=True, arguments={"x-queue-type": "quorum"})
        for event_type in TYPES:
            channel.queue_bind(self._queue, EXCHANGE, routing_key=event_type)

    def _take(self, channel: Any, delivery_tag: int, body: bytes) -> None:
        """Disk first, then the acknowledgement; also for what is no event, so that nothing is lost in silence."""
        event = _event(body)
        if event is None:
            _log.error("not an event: put aside in unreadable.txt")
            self._books.put_aside(body)
        elif self._books.write(event):
            _log.info("%s %s", event["type"], event["id"])
        channel.basic_ack(delivery_tag)


def _parameters(address: str, ca: str) -> pika.URLParameters:
    """A node that is cut off without a word is noticed by its missing heartbeats. One that is reached over TLS has to
    show a certificate of its name, from an authority in the file `ca` or else of the machine."""
    made = pika.URLParameters(address)
    made.heartbeat, made.socket_timeout = HEARTBEAT_S, CONNECT_WITHIN_S
    made.blocked_connection_timeout = HEARTBEAT_S * 3
    if made.ssl_options is not None:
        context = ssl.create_default_context(cafile=ca or None)
        made.ssl_options = pika.SSLOptions(context, made.host)
    return made


def _event(body: bytes) -> dict[str, Any] | None:
    """The CloudEvent in a message's body, None if it is none."""
    try:
        event = json.loads(body)
    except ValueError:
        return None
    whole = isinstance(event, dict) and {"id", "type", "time", "data"} <= set(event)
    return event if whole and isinstance(event["data"], dict) else None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--queue", default="finance.payouts")
    parser.add_argument("--out", type=Path, required=True, help="the folder of payouts.jsonl and payouts.csv")
    parser.add_argument("--uri", help="the broker, or its nodes separated by semicolons (AMQP_URI)")
    parser.add_argument("--ca", help="the file of authorities for an amqps:// address (AMQP_CA)")
    asked = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("pika").setLevel(logging.ERROR)
    books = Books(asked.out)
    uri, ca = (asked.uri, asked.ca or "") if asked.uri else _configured()
    consumer = Consumer(uri, asked.queue, books, ca)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, consumer.stop)
    consumer.run()
    books.close()
    return 0


def _configured() -> tuple[str, str]:
    """The broker's address and the authorities that verify it."""
    from services.chassis.config import settings

    return settings().amqp_uri, settings().amqp_ca


if __name__ == "__main__":
    sys.exit(main())
