"""One broker account per process, with the rights that it needs and no more.

    python -m deploy.broker_accounts            # print the rabbitmqctl lines, for an administrator to run
    python -m deploy.broker_accounts --vhost psl

Passwords are read by rabbitmqctl from its standard input, so the lines hold none.
"""

import argparse
import shlex
import sys
from typing import NamedTuple

from services.chassis.config import SERVICES


class Rights(NamedTuple):
    """RabbitMQ's three regular expressions: what an account may declare, publish to, and read from."""

    configure: str
    write: str
    read: str


_NOTHING = "^$"
_EVENTS = r"[a-z]+\.events"
_REPLY = r"amq\.rabbitmq\.reply-to.*"


def rights() -> dict[str, Rights]:
    """What each account may do."""
    found = {service: _of_service(service) for service in SERVICES}
    found["relay"] = Rights(f"^({_EVENTS}|.*\\.dead)$", f"^{_EVENTS}$", r"^.*\.dead$")
    found["gateway"] = Rights(_NOTHING, r"^(nameko-rpc|amq\.default)$", _NOTHING)
    found["operator"] = Rights(_NOTHING, r"^amq\.default$", r"^.*\.dead$")  # status, dead letters
    found["finance"] = Rights(r"^(finance\..*|payouts\.events)$", r"^finance\..*$", r"^(finance\..*|payouts\.events)$")
    return found


def _of_service(name: str) -> Rights:
    """Its own queues and exchanges, the exchanges of those it listens to, and the one for calls."""
    own = rf"rpc-{name}|{name}\..*"
    return Rights(
        configure=f"^({own}|nameko-rpc|{_EVENTS})$",
        write=rf"^({own}|nameko-rpc|amq\.default)$",
        read=f"^({own}|nameko-rpc|{_EVENTS})$",
    )


def commands(vhost: str) -> list[str]:
    """The lines for an administrator."""
    lines = []
    for account, allowed in rights().items():
        lines.append(f"rabbitmqctl add_user psl-{account}    # asks for the password")
        lines.append(f"rabbitmqctl set_permissions -p {shlex.quote(vhost)} psl-{account} {shlex.join(allowed)}")
    return lines


def main(arguments: list[str]) -> int:
    """Print the lines."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vhost", default="/")
    print("\n".join(commands(parser.parse_args(arguments).vhost)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
