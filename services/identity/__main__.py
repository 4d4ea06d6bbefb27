"""Commands of the identity service.

    python -m services.identity create-agent --email a@caf.example --first-name Ada --last-name Lovelace \\
        --roles instructor,signatory            # mails a provisional password; the authenticator is enrolled later
    python -m services.identity create-agent … --ready   # can sign in at once: prints login, password, totp_secret

The first administrator of a new platform is made this way.
"""

import argparse
import json
import sys
from collections.abc import Sequence

from services.chassis import serializer
from services.chassis.database import BoundDatabase
from services.identity import hashing, totp
from services.identity.domain import accounts
from services.identity.domain.agents import AgentRole
from services.identity.domain.refusals import Refusal
from services.identity.handlers import agents
from services.identity.handlers.people import Provisional


def create_agent(database: BoundDatabase, asked: argparse.Namespace) -> dict[str, str]:
    """The new agent; with `--ready` what is needed to sign in, shown this once."""
    given = {
        "first_name": asked.first_name,
        "last_name": asked.last_name,
        "email": asked.email,
        "roles": asked.roles.split(","),
    }
    if not asked.ready:
        provisional = Provisional()
        with database.unit_of_work() as uow:
            return agents.add_agent(uow, provisional, **given)
    password, secret = asked.password or accounts.provisional_password(), totp.fresh_secret()
    password_hash = hashing.hash_password(password)
    with database.unit_of_work() as uow:
        agent = agents.create(uow, **given)
        agents.make_ready(uow, agent, password_hash, secret)
        return {"account_id": agent.account_id, "login": asked.email, "password": password, "totp_secret": secret}


def main(arguments: Sequence[str] | None = None, prog: str = "python -m services.identity") -> int:
    """Run one command, told under the name ``prog``; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog=prog, description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    agent = commands.add_parser(
        "create-agent",
        help="make an account for an agent of the Caf",
        description="Make an account for an agent of the Caf. A mail brings a provisional password; the authenticator "
        "is enrolled at the first sign-in on /caf.",
    )
    agent.add_argument("--email", required=True, help="where the agent is written to, and the login")
    agent.add_argument("--first-name", required=True)
    agent.add_argument("--last-name", required=True)
    agent.add_argument("--roles", required=True, help=f"separated by commas: {', '.join(AgentRole)}")
    agent.add_argument("--ready", action="store_true", help="no mail: print a password and an authenticator's secret")
    agent.add_argument("--password", help="with --ready: this password instead of a random one")
    asked = parser.parse_args(arguments)
    serializer.register()
    try:
        print(json.dumps(create_agent(BoundDatabase("identity"), asked)))
    except Refusal as refusal:
        print(f"{refusal.code}: {json.dumps(refusal.fields, ensure_ascii=False)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
