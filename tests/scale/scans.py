"""Scans under bad luck: ``python -m tests.scale.scans [--dropped 1000] [--races 500]``.

A real broker, database, service and gateway. First answers are dropped on their way back and the calls made again under
their keys: no pass may be debited twice. Then two terminals of two structures race for the last euro of one pass after
the other: never more than one may win. In the end the ledger must prove every balance. The last line sums up; the exit
status is 0 only if nothing was doubled or overspent.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import text

from deploy import keys as deploy_keys
from deploy.local.infra import Infrastructure
from services.chassis import actor, clock, config
from services.chassis.database import BoundDatabase
from services.chassis.ids import new_id
from services.identity.handlers import announcements
from services.transactions import reconcile
from tests.factories import transactions as make
from tests.platform import Infra, Platform
from tests.terminals import Api, drop_answers, race

TERMINALS = 8
HELD_CENTS, DEBIT_CENTS = 10_000, 100


@contextmanager
def stage(port: int) -> Iterator[tuple[Platform, BoundDatabase]]:
    """Identity, transactions and a gateway, on an infrastructure of their own (or the one of ``PSL_TEST_INFRA``)."""
    with ExitStack() as stack:
        home = Path.cwd() / "var"  # not /tmp: PostgreSQL's own user must be able to enter
        home.mkdir(exist_ok=True)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=home)))
        os.environ |= {"PSL_ENV": "development", "PSL_VAR": str(folder), "PSL_KEYS": str(folder / "keys")}
        config.reset()
        deploy_keys.create(folder / "keys")
        infra = Infra(_described(stack, folder, port))
        stack.callback(infra.drop_templates)
        files = {"PSL_LOG_LEVEL": "warning", "PSL_FILES_URL": config.settings().files_url}
        platform = Platform(infra, folder, stack.enter_context(infra.virtual_host()), files)
        stack.callback(platform.stop)
        platform.start(["identity", "transactions"], relay=False, gateway=True)
        yield platform, BoundDatabase("transactions", platform.environment["TRANSACTIONS_DATABASE_URL"])


def _described(stack: ExitStack, folder: Path, port: int) -> dict[str, Any]:
    if path := os.environ.get("PSL_TEST_INFRA"):
        known: dict[str, Any] = json.loads(Path(path).read_text())
        return known
    started = Infrastructure(folder / "infra", port, durable=True)
    started.start()
    stack.callback(started.stop)
    return started.describe()


def terminal(platform: Platform, club: make.Club) -> Api:
    """Paired as anybody's would be."""
    scope = {"structure_id": club.structure_id}
    manager, _ = actor.issue(["legal_representative"], issuer="identity", account_id=new_id(), scope=scope)
    code = platform.bus.call("identity", "create_pairing", {"name": "Accueil"}, token=manager)["code"]
    asked = {"pairing_code": code, "device": {"name": "Téléphone"}}
    paired = Api(platform.base_url).ask("POST", "/terminals/pair", asked)
    return Api(platform.base_url, paired.json["token"])


def clubs(platform: Platform, database: BoundDatabase) -> list[make.Club]:
    """Two partners, known to both services."""
    made = [make.club(database), make.club(database)]
    identity = BoundDatabase("identity", platform.environment["IDENTITY_DATABASE_URL"], pool_size=1)
    with identity.unit_of_work() as uow:
        for club in made:
            announcements.on_structure_updated(uow, clock.now(), club.structure_id, "Club de judo", "93-000017")
    identity.close()
    return made


def issued(database: BoundDatabase, count: int) -> list[dict[str, Any]]:
    """Passes whose mails are left aside: they are no part of this."""
    shown = make.issue(database, count, first=1)
    with database.unit_of_work() as uow:
        uow.connection.execute(text("DELETE FROM family_notices"))
    return shown


def balances(database: BoundDatabase, shown: list[dict[str, Any]]) -> dict[str, int]:
    """By pass: what it holds."""
    asked = text("SELECT CAST(pass_id AS text), balance_cents FROM passes WHERE pass_id = ANY(CAST(:ids AS uuid[]))")
    with database.unit_of_work() as uow:
        rows = uow.connection.execute(asked, {"ids": [one["pass_id"] for one in shown]})
        return {row[0]: row[1] for row in rows}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dropped", type=int, default=1000, help="answers to drop (default: 1000)")
    parser.add_argument("--races", type=int, default=500, help="races for the last euro (default: 500)")
    parser.add_argument("--port", type=int, default=8740, help="first port of the broker and the database")
    asked = parser.parse_args()
    with stage(asked.port) as (platform, database):
        here, there = clubs(platform, database)
        terminals = [terminal(platform, club) for club in (here, there) * (TERMINALS // 2)]
        shown = issued(database, asked.dropped + asked.races)
        dropped, raced = shown[: asked.dropped], shown[asked.dropped :]

        began = time.monotonic()
        heard = drop_answers(terminals, dropped, DEBIT_CENTS)
        kinds = Counter(answer.kind for answer in heard)
        replayed = sum("idempotency-replayed" in answer.headers for answer in heard)
        doubled = sum(cents != HELD_CENTS - DEBIT_CENTS for cents in balances(database, dropped).values())
        print(f"answers dropped and asked for again: {dict(kinds)}, {replayed} had arrived the first time, "
              f"{time.monotonic() - began:.1f} s", flush=True)  # fmt: skip

        began, ended = time.monotonic(), Counter[str]()
        for number, one in enumerate(raced):
            pair = terminals[2 * number % TERMINALS : 2 * number % TERMINALS + 2]
            ended[" / ".join(race(*pair, one, HELD_CENTS))] += 1
        overspent = sum(count for kind, count in ended.items() if kind.count("201") != 1)
        overspent += sum(cents != 0 for cents in balances(database, raced).values())
        print(f"races: {dict(ended)}, {time.monotonic() - began:.1f} s", flush=True)

        proven = reconcile.main(database) == 0
    print(f"dropped={len(dropped)} doubled={doubled} races={len(raced)} overspent={overspent} proven={proven}")
    return 0 if proven and not doubled and not overspent and set(kinds) <= {"201"} else 1


if __name__ == "__main__":
    sys.exit(main())
