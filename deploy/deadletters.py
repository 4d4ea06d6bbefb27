"""Dead letters: events that a service could not handle, with their history. Look, mend the cause, replay or drop.

    python -m deploy deadletters list [--service transactions]
    python -m deploy deadletters show ID
    python -m deploy deadletters replay ID | --all
    python -m deploy deadletters drop ID

A replayed event goes back, confirmed, to the queue that it came from before it leaves the dead letters; its handler
recognises it by its id, so that replaying one that was handled after all does nothing. Administrators find the same in
the back office under «Messages en échec», where each decision is written in the journal.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence

from pika.exceptions import AMQPError

from deploy.surroundings import adopt
from services.chassis.config import SERVICES
from services.chassis.deadletters import DeadLetters, Letter, NoSuchLetter, QueueGone, opened


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
        prog="python -m deploy deadletters", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
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
        print(f"no dead letter {missing.fields['id']}", file=sys.stderr)
        return 1
    except AMQPError as fault:
        print(f"the broker of AMQP_URI doesn't answer ({type(fault).__name__})", file=sys.stderr)
        return 1
    except QueueGone as gone:
        print(f"its queue {gone.fields['queue']} doesn't exist any more; it stays among the dead", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
