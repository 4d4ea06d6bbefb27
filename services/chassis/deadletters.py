"""Dead letters: events that a service could not handle, with their history. Look, mend the cause, replay or drop.

They lie in the queue ``<listener>.dead``. Whoever looks holds them for that moment; what isn't taken away goes back. A
replayed event returns, confirmed, to the queue that it came from before it leaves the dead letters; its handler
recognises it by its id, so that replaying one that was handled after all does nothing.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pika
import pika.exceptions
from marshmallow import Schema, fields, validate
from pika.adapters.blocking_connection import BlockingChannel

from services.chassis import serializer
from services.chassis.config import SERVICES, settings
from services.chassis.refusals import Refused
from services.chassis.tls import pika_parameters

HISTORY = ("psl-attempt", "psl-fault", "psl-first-failed", "psl-origin", "x-")
ENOUGH = 10_000
WITHIN_S = 2


class NoSuchLetter(Refused):
    """No dead letter has this id; it may have been replayed or dropped by somebody else."""

    def __init__(self, letter_id: str = ""):
        super().__init__("dead_letter_unknown", {"id": letter_id})


class QueueGone(Refused):
    """The queue that a letter came from doesn't exist any more: it stays among the dead."""

    def __init__(self, queue: str):
        super().__init__("dead_letter_queue_gone", {"queue": queue})


@dataclass(frozen=True)
class Letter:
    """One dead letter as it lies in its queue."""

    service: str
    delivery_tag: int
    properties: pika.BasicProperties
    body: bytes

    @property
    def headers(self) -> dict[str, Any]:
        return dict(self.properties.headers or {})

    @property
    def id(self) -> str:
        """The event's id; for what isn't an event, a name made from its content."""
        try:
            return str(json.loads(self.body)["id"])
        except (ValueError, KeyError, TypeError):
            return "raw-" + hashlib.sha256(self.body).hexdigest()[:16]

    @property
    def origin(self) -> str:
        """The queue that it came from."""
        deaths = self.headers.get("x-death") or [{}]
        return str(self.headers.get("psl-origin") or deaths[0].get("queue") or "")

    @property
    def fault(self) -> str:
        deaths = self.headers.get("x-death") or [{}]
        return str(self.headers.get("psl-fault") or deaths[0].get("reason") or "unknown")

    @property
    def since(self) -> str:
        failed = self.headers.get("psl-first-failed")
        return datetime.fromtimestamp(failed, UTC).isoformat(timespec="seconds") if failed else ""

    def summary(self) -> dict[str, Any]:
        """What one needs to recognise it; never the content, which may concern a person."""
        return {
            "id": self.id,
            "service": self.service,
            "origin": self.origin,
            "fault": self.fault,
            "attempts": self.headers.get("psl-attempt", 0),
            "since": self.since,
        }

    @property
    def event_type(self) -> str:
        """What was announced, as far as can be told."""
        return str(self.properties.type or self.origin.partition(".")[2].partition(".")[2])


class DeadLetters:
    """The dead letters of all services, over one connection."""

    def __init__(self, channel: BlockingChannel) -> None:
        self._channel = channel
        channel.confirm_delivery()

    def letters(self, service: str | None = None) -> Iterator[Letter]:
        """Each letter, held by this connection: what isn't taken away returns when the connection ends."""
        for name in [service] if service else SERVICES:
            for _ in range(ENOUGH):
                method, properties, body = self._channel.basic_get(f"{name}.dead")
                if method is None or properties is None or body is None:
                    break
                yield Letter(name, method.delivery_tag, properties, body)

    def find(self, letter_id: str, service: str | None = None) -> Letter:
        """The letter of this id. Raises NoSuchLetter."""
        for letter in self.letters(service):
            if letter.id == letter_id:
                return letter
        raise NoSuchLetter(letter_id)

    def replay(self, letter: Letter) -> None:
        """Back to its queue, as if it arrived for the first time; only then out of the dead letters. Raises
        QueueGone."""
        kept = {name: value for name, value in letter.headers.items() if not name.startswith(HISTORY)}
        properties = pika.BasicProperties(**{**vars(letter.properties), "headers": kept, "delivery_mode": 2})
        try:
            self._channel.basic_publish("", letter.origin, letter.body, properties, mandatory=True)
        except pika.exceptions.UnroutableError:
            raise QueueGone(letter.origin) from None
        self._channel.basic_ack(letter.delivery_tag)

    def drop(self, letter: Letter) -> None:
        """Take it away for good."""
        self._channel.basic_ack(letter.delivery_tag)


@contextmanager
def opened(amqp_uri: str | None = None) -> Iterator[DeadLetters]:
    """The dead letters of the configured broker."""
    connection = pika.BlockingConnection([_parameters(uri) for uri in (amqp_uri or settings().amqp_uri).split(";")])
    try:
        yield DeadLetters(connection.channel())
    finally:
        connection.close()


def _parameters(uri: str) -> pika.URLParameters:
    made = pika_parameters(uri)
    made.socket_timeout, made.stack_timeout = WITHIN_S, WITHIN_S * 2
    return made


class WhichLetter(Schema):
    """The letter that an administrator means."""

    letter_id = fields.String(required=True, validate=validate.Length(1, 100))


def described(letter: Letter) -> dict[str, Any]:
    """A letter for an administrator: its history and, as far as it can be read, what it says."""
    return {**letter.summary(), "type": letter.event_type, "content": _content(letter.body)}


def _content(body: bytes) -> str:
    """Events carry ids and sums, never names; indented if it is JSON."""
    try:
        return json.dumps(serializer.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body.decode("utf-8", errors="backslashreplace")


def told(letters: Iterator[Letter]) -> list[Mapping[str, Any]]:
    """Summaries, the oldest failure first."""
    found = [{**letter.summary(), "type": letter.event_type} for letter in letters]
    return sorted(found, key=lambda one: one["since"])
