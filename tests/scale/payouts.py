"""Payouts at scale: ``python -m tests.scale.payouts [--partners 5000] [--transactions 200000]``.

A real broker, database, service, relay and finance's consumer; the transactions of one day of every partner are
locked, one batch pays them, and every slip is made. `tests.scale.checking` then adds up bank file, slips, journal and
what was locked, partner by partner, to the cent. Prints the times and what was compared; exit status 1 if anything
differs.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from deploy import keys as deploy_keys
from deploy.local.infra import Infrastructure
from deploy.local.waiting import wait_for
from services.chassis import actor, config
from services.chassis.database import BoundDatabase
from services.chassis.ids import new_id
from services.chassis.vault import Vault
from services.payouts import messages
from services.payouts.handlers import partners
from tests.factories.payouts import IBAN, RELEASER, Outside
from tests.platform import Infra, Platform
from tests.scale import checking


def token(*roles: str, account_id: str | None = None, **scope: str) -> str:
    made, _ = actor.issue(roles, issuer="identity", account_id=account_id, scope=scope, lifetime_s=3600)
    return made


@contextmanager
def stage(port: int) -> Iterator[tuple[Outside, BoundDatabase]]:
    """Payouts, its relay and finance, on an infrastructure of their own (or the one of ``PSL_TEST_INFRA``)."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=_home())))
        os.environ |= {"PSL_ENV": "development", "PSL_VAR": str(folder), "PSL_KEYS": str(folder / "keys")}
        config.reset()
        deploy_keys.create(folder / "keys")
        infra = Infra(_described(stack, folder, port))
        stack.callback(infra.drop_templates)
        platform = Platform(infra, folder, stack.enter_context(infra.virtual_host()), {"PSL_LOG_LEVEL": "warning"})
        stack.callback(platform.stop)
        platform.start(["payouts"], relay=True, gateway=False)
        outside = Outside(platform, token, folder / "finance")
        stack.callback(outside.finance.kill)
        url = platform.environment["PAYOUTS_DATABASE_URL"]
        yield outside, BoundDatabase("payouts", url)


def _home() -> str:
    """Not /tmp: PostgreSQL's own user must be able to enter."""
    home = Path.cwd() / "var"
    home.mkdir(exist_ok=True)
    return str(home)


def _described(stack: ExitStack, folder: Path, port: int) -> dict[str, Any]:
    if path := os.environ.get("PSL_TEST_INFRA"):
        return json.loads(Path(path).read_text())
    started = Infrastructure(folder / "infra", port, durable=True)
    started.start()
    stack.callback(started.stop)
    return started.describe()


def register(database: BoundDatabase, how_many: int) -> list[str]:
    """Partners with a verified account each, by the service's own handlers."""
    made = []
    with database.unit_of_work() as uow:
        for number in range(how_many):
            structure_id, account_id = new_id(), new_id()
            sealed = Vault("transport").seal(IBAN, table="bank_account", column="iban", row_id=account_id)
            partners.remember_number(uow, structure_id, f"93{number:06d}")
            partners.on_structure_updated(
                uow, uow.now, structure_id=structure_id, name=f"Club {number}", partner_number=f"93{number:06d}",
                commune_name="Bobigny", activities=["Judo"],
            )  # fmt: skip
            partners.on_bank_account_verified(
                uow, structure_id=structure_id, bank_account_id=account_id, version=1, iban_sealed=sealed,
                iban_masked="FR76 •••• 189", bic=None, holder=f"Club {number}", in_force_at=partners.EPOCH,
            )  # fmt: skip
            made.append(structure_id)
    return made


def lock_days(outside: Outside, structures: list[str], transactions: int) -> dict[str, int]:
    """A day of every partner, as events; returns what each is owed, by partner number."""
    chance, owed = random.Random(2026), {}
    for position, structure_id in enumerate(structures):
        share = transactions // len(structures) + (position < transactions % len(structures))
        amounts = [chance.randint(100, 10_000) for _ in range(share)]
        outside.lock(structure_id, *amounts)
        owed[f"93{position:06d}"] = sum(amounts)
    return owed


def compare(outside: Outside, batch: dict[str, Any], owed: dict[str, int], folder: Path) -> str:
    """Everything against everything, to the cent. Raises AssertionError."""
    announced = checking.announced_in(outside.folder / "payouts.jsonl")
    assert {data["partner_number"]: data["amount_cents"] for data in announced.values()} == owed
    files = [outside.store.open(file["sha256"]).read() for file in batch["bank_files"]]
    assert checking.orders_of(files) == {ref: data["amount_cents"] for ref, data in announced.items()}
    told = {reference: rest for _, reference, *rest in map(checking.slip_of, folder.glob("*.pdf"))}
    assert told == {ref: [data["amount_cents"], data["transaction_count"]] for ref, data in announced.items()}
    numbers = [checking.slip_of(path)[:2] for path in sorted(folder.glob("*.pdf"))[:100]]
    assert all(announced[reference]["slip_number"] == number for number, reference in numbers)
    return f"{len(owed)} partners, {sum(owed.values()) / 100:.2f} €: locked = bank file = slips = finance's journal"


def fetch_slips(outside: Outside, batch_id: str, folder: Path) -> None:
    """Every slip of the batch, as an agent downloads it."""
    cursor = None
    while True:
        page = outside.call("batch_payouts", "preparer", batch_id=batch_id, cursor=cursor, limit=200)
        for payout in page["items"]:
            kept = outside.call("payout_document", "preparer", payout_id=payout["payout_id"], kind="pdf")
            (folder / kept["filename"]).write_bytes(outside.store.open(kept["sha256"]).read())
        cursor = page["next_cursor"]
        if cursor is None:
            return


def run(
    outside: Outside, database: BoundDatabase, partner_count: int, transactions: int
) -> tuple[dict[str, Any], dict[str, int]]:
    """Everything, in order; returns the batch and what each partner was owed, by its number."""
    began = time.monotonic()

    def lap(what: str) -> None:
        nonlocal began
        print(f"{what}: {time.monotonic() - began:.1f} s", flush=True)
        began = time.monotonic()

    structures = register(database, partner_count)
    lap(f"{partner_count} partners")
    owed = lock_days(outside, structures, transactions)
    lap(f"{transactions} transactions announced")
    wait_for(
        lambda: outside.call("preview_batch", "preparer")["amount_cents"] == sum(owed.values()),
        "all lines have arrived", 1200, 2,
    )  # fmt: skip
    lap("received")
    batch_id = outside.call("prepare_batch", "preparer")["batch_id"]
    lap("batch prepared")
    outside.release(batch_id, sum(owed.values()))
    lap("batch released")

    def batch() -> dict[str, Any]:
        return outside.call("batch", "releaser", account=RELEASER, batch_id=batch_id)

    wait_for(lambda: batch()["state"] == "ordered", "the batch is ordered", 600, 1)
    lap("bank file validated, events written")
    wait_for(lambda: len(outside.heard(messages.PayoutBatchReleased.type)) == 1, "finance has the batch", 600, 1)
    lap("finance has every event")
    wait_for(lambda: batch()["slip_count"] == partner_count, "every slip is made", 1200, 1)
    lap("every slip is made")
    with tempfile.TemporaryDirectory() as name:
        fetch_slips(outside, batch_id, Path(name))
        lap("slips downloaded")
        print(compare(outside, batch(), owed, Path(name)))
    lap("compared")
    differences = outside.call("reconcile", "preparer")["difference_count"]
    lap(f"reconciled by the platform itself, {differences} differences")
    assert differences == 0
    return batch(), owed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--partners", type=int, default=5_000)
    parser.add_argument("--transactions", type=int, default=200_000)
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8960")), help="first port of the run")
    asked = parser.parse_args()
    with stage(asked.port) as (outside, database):
        run(outside, database, asked.partners, asked.transactions)
        database.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
