"""What must hold once nothing waits any more: each accepted request has its effect once, wherever it matters, and the
books agree with each other."""

import inspect
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from services.chassis import topology
from services.chassis.config import SERVICES
from tests.chaos.desk import Desk
from tests.chaos.ground import Ground
from tests.chaos.offices import Offices
from tests.platform import ROOT

LEDGERS = ("transactions", "payouts")


class Findings:
    """Losses and doubles, counted, with the first few named."""

    SHOWN = 5

    def __init__(self) -> None:
        self.lost, self.duplicated = 0, 0
        self.remarks: list[str] = []

    def lose(self, what: str, which: list[str]) -> None:
        if which:
            self.lost += len(which)
            self.remarks.append(f"{len(which)} {what}: {', '.join(which[: self.SHOWN])}")

    def double(self, what: str, which: list[str]) -> None:
        if which:
            self.duplicated += len(which)
            self.remarks.append(f"{len(which)} {what}: {', '.join(which[: self.SHOWN])}")


def examine(ground: Ground, desk: Desk, offices: Offices, journal: Path) -> Findings:
    """Everything that can be lost, doubled or wrong."""
    found = Findings()
    _scans(ground, desk, found)
    _offices(ground, offices, found)
    listeners(ground, found)
    dead_letters(ground, found)
    _finance(ground, journal, found)
    sums(ground, found)
    reconciliations(ground, found)
    return found


def _scans(ground: Ground, desk: Desk, found: Findings) -> None:
    states = dict(ground.column("transactions", "SELECT number, state FROM transactions"))
    debits = Counter(
        ground.column(
            "transactions",
            "SELECT t.number FROM transactions t JOIN ledger_entries e ON e.subject_id = t.transaction_id "
            "WHERE e.kind = 'debit' AND e.account = 'pass'",
        )
    )
    lines = Counter(ground.column("payouts", "SELECT number FROM lines"))
    cancelled = desk.cancelled | {number for number in desk.unclear if states.get(number) == "cancelled"}
    kept = desk.accepted.keys() - cancelled
    found.lose("accepted scans that were not stored", [n for n in desk.accepted if n not in states])
    found.lose("scans that payouts never heard of", [n for n in kept if not lines[n]])
    found.lose("scans whose payment transactions never heard of", [n for n in kept if states.get(n) != "paid"])
    found.lose("cancellations that were not stored", [n for n in desk.cancelled if states.get(n) != "cancelled"])
    found.double("scans debited twice", [n for n, count in debits.items() if count > 1])
    found.double("scans paid twice", [n for n, count in lines.items() if count > 1])
    found.double("cancelled scans that are paid", [n for n in cancelled if lines[n]])


def _offices(ground: Ground, offices: Offices, found: Findings) -> None:
    for service, event, expected in (
        ("identity", "terminal_revoked.v1", Counter(offices.revoked)),
        ("partners", "establishment_saved.v1", offices.renames),
        ("conventions", "convention_activated.v1", Counter(offices.countersigned)),
        ("conventions", "convention_refused.v1", Counter(offices.refused)),
    ):
        announced = Counter(ground.column(service, f"SELECT key FROM outbox WHERE type = '{event}'"))
        found.lose(f"{event} never announced", list((expected - announced).elements()))
        mine = Counter({key: count for key, count in announced.items() if key in expected})
        found.double(f"{event} announced twice", list((mine - expected).elements()))
    for service in LEDGERS:
        known = set(ground.column(service, "SELECT id FROM revocations"))
        found.lose(f"revocations unknown to {service}", sorted(offices.revoked - known))


def listeners(ground: Ground, found: Findings) -> None:
    """Whatever was announced, every listener has handled it (once: the inbox's key is event and handler)."""
    for what, which in unheard(ground):
        found.lose(what, which)


def unheard(ground: Ground) -> Iterator[tuple[str, list[str]]]:
    """What some listener hasn't handled, in words, and which events."""
    for listener, handler, publisher, event in _subscriptions():
        handled = ground.column(listener, f"SELECT event_id::text FROM inbox WHERE handler = '{handler}'")
        announced = ground.column(publisher, f"SELECT event_id::text FROM outbox WHERE type = '{event}'")
        missing = sorted(set(announced) - set(handled))
        if missing:
            yield f"{event} never handled by {listener}", missing


def _subscriptions() -> Iterator[tuple[str, str, str, str]]:
    for service in SERVICES:
        made = topology.service_class(f"services.{service}.service")
        for name, method in inspect.getmembers(made, inspect.isfunction):
            if hasattr(method, "inbox_entrypoint"):
                reading = method.inbox_entrypoint.reading
                yield service, name, reading.publisher, reading.type


def dead_letters(ground: Ground, found: Findings) -> None:
    for queue, count in ground.platform.queues().items():
        if queue.endswith(".dead"):
            found.lose(f"events in {queue}", ["?"] * count)


def _finance(ground: Ground, journal: Path, found: Findings) -> None:
    """Finance's own journal equals the payouts."""
    written = [json.loads(line) for line in (journal / "payouts.jsonl").read_text().splitlines()]
    ids = Counter(event["id"] for event in written)
    found.double("events that finance wrote twice", [each for each, count in ids.items() if count > 1])
    payouts = ground.column("payouts", "SELECT payout_id::text, amount_cents, state FROM payouts")
    for event, states in (
        ("payout_ordered.v1", ("ordered", "paid", "returned")),
        ("payout_settled.v1", ("paid",)),
        ("payout_returned.v1", ("returned",)),
    ):
        heard = Counter((e["data"]["payout_id"], e["data"]["amount_cents"]) for e in written if e["type"] == event)
        expected = Counter((payout_id, cents) for payout_id, cents, state in payouts if state in states)
        found.lose(f"{event} unknown to finance", [str(each) for each in (expected - heard).elements()])
        found.double(f"{event} that finance should not have", [str(each) for each in (heard - expected).elements()])


def sums(ground: Ground, found: Findings) -> None:
    unbalanced = "SELECT movement_id FROM ledger_entries GROUP BY movement_id HAVING sum(amount_cents) <> 0"
    for service in LEDGERS:
        if ground.column(service, unbalanced):
            found.remarks.append(f"{service}: movements that don't sum to zero")
    locked = "SELECT coalesce(sum(amount_cents), 0) FROM transactions WHERE state NOT IN ('cancelled', 'recorded')"
    paid = "SELECT coalesce(sum(amount_cents), 0) FROM payouts WHERE state <> 'returned'"
    if ground.column("transactions", locked) != ground.column("payouts", paid):
        found.remarks.append("the sum of locked transactions is not the sum of payouts")


def reconciliations(ground: Ground, found: Findings) -> None:
    """The commands that an operator would run."""
    for service in LEDGERS:
        command = [sys.executable, "-m", f"services.{service}.reconcile"]
        done = subprocess.run(
            command, env=ground.platform.environment, cwd=ROOT, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            found.remarks.append(f"{service}.reconcile: {(done.stdout + done.stderr).strip()[-600:]}")
