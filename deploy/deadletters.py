"""Dead letters: events that a service could not handle, with their history. Look, mend the cause, replay or drop.

    python -m deploy.deadletters list [--service transactions]
    python -m deploy.deadletters show ID
    python -m deploy.deadletters replay ID | --all
    python -m deploy.deadletters drop ID

A replayed event goes back, confirmed, to the queue that it came from before it leaves the dead letters; its handler
recognises it by its id, so that replaying one that was handled after all does nothing.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pika
from pika.adapters.blocking_connection import BlockingChannel

from deploy.surroundings import adopt
from services.chassis.config import SERVICES, settings

HISTORY = ("psl-attempt", "psl-fault", "psl-first-failed", "psl-origin", "x-")
ENOUGH = 10_000


class NoSuchLetter(Exception):
    """No dead letter has this id; it may have been replayed or dropped by somebody else."""


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

    def find(self, letter_id: str) -> Letter:
        """The letter of this id. Raises NoSuchLetter."""
        for letter in self.letters():
            if letter.id == letter_id:
                return letter
        raise NoSuchLetter(letter_id)

    def replay(self, letter: Letter) -> None:
        """Back to its queue, as if it arrived for the first time; only then out of the dead letters."""
        kept = {name: value for name, value in letter.headers.items() if not name.startswith(HISTORY)}
        properties = pika.BasicProperties(**{**vars(letter.properties), "headers": kept, "delivery_mode": 2})
        self._channel.basic_publish("", letter.origin, letter.body, properties, mandatory=True)
        self._channel.basic_ack(letter.delivery_tag)

    def drop(self, letter: Letter) -> None:
        """Take it away for good."""
        self._channel.basic_ack(letter.delivery_tag)


@contextmanager
def opened(amqp_uri: str | None = None) -> Iterator[DeadLetters]:
    """The dead letters of the configured broker."""
    parameters = [pika.URLParameters(uri) for uri in (amqp_uri or settings().amqp_uri).split(";")]
    connection = pika.BlockingConnection(parameters)
    try:
        yield DeadLetters(connection.channel())
    finally:
        connection.close()


def show_list(dead: DeadLetters, asked: argparse.Namespace) -> int:
    rows = [letter.summary() for letter in dead.letters(asked.service)]
    for row in rows:
        print("{id}  {origin}  {fault}  attempts={attempts}  since={since}".format(**row))
    print(f"{len(rows)} dead letters")
    return 0


def show_one(dead: DeadLetters, asked: argparse.Namespace) -> int:
    letter = dead.find(asked.id)
    print(json.dumps({**letter.summary(), "headers": letter.headers}, indent=2, default=str))
    print(letter.body.decode("utf-8", errors="backslashreplace"))
    return 0


def replay(dead: DeadLetters, asked: argparse.Namespace) -> int:
    return _act(dead, asked, dead.replay, "replayed")


def drop(dead: DeadLetters, asked: argparse.Namespace) -> int:
    return _act(dead, asked, dead.drop, "dropped")


def _act(dead: DeadLetters, asked: argparse.Namespace, act: Callable[[Letter], None], done: str) -> int:
    if not asked.all and not asked.id:
        print("name a letter's ID, or --all", file=sys.stderr)
        return 2
    # Read all before acting: a replayed letter may come back at once, and would be replayed for ever.
    chosen = list(dead.letters(asked.service)) if asked.all else [dead.find(asked.id)]
    for letter in chosen:
        act(letter)
        print(f"{letter.id} {done}")
    return 0


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="python -m deploy.deadletters", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    listing = commands.add_parser("list", help="id, queue, fault, attempts and first failure of each")
    listing.set_defaults(act=show_list)
    one = commands.add_parser("show", help="one letter with its headers and content")
    one.add_argument("id")
    one.set_defaults(act=show_one)
    for name, act, text in (("replay", replay, "send back to its queue"), ("drop", drop, "take away for good")):
        command = commands.add_parser(name, help=text)
        command.add_argument("id", nargs="?")
        command.add_argument("--all", action="store_true", help="every letter (of --service, if given)")
        command.set_defaults(act=act)
    for command in commands.choices.values():
        command.add_argument("--service", choices=SERVICES, help="only this listener's letters")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    asked = parser().parse_args(arguments)
    adopt()
    try:
        with opened() as dead:
            return int(asked.act(dead, asked))
    except NoSuchLetter as missing:
        print(f"no dead letter {missing}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
