"""Transactions and payouts together: any story of debits, cancels, nights, contestations, batches and bank reports
keeps every invariant, with their own events carried between them, some of them twice."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from services.chassis.ids import new_id
from services.chassis.serializer import loads
from services.chassis.tables import outbox
from services.payouts import messages as read_by_payouts
from services.payouts.domain.refusals import NothingToPay
from services.payouts.handlers import batches, lines, partners
from services.transactions import messages as read_by_transactions
from services.transactions import reconcile
from services.transactions.domain import refusals
from services.transactions.handlers import cancelling, contestations, facts, locking, scans
from tests import bank_samples as bank
from tests.factories import transactions as make
from tests.integration.payouts.conftest import House

CLUBS, PASSES = 2, 6
which, cents = st.integers(0, 7), st.integers(1, 900)
OFTEN = ("debit", "debit", "debit", "night", "night", "pay", "pay", "settle", "settle", "account")
SELDOM = ("cancel", "contest", "take_back", "give_back")
steps = st.lists(st.tuples(st.sampled_from(OFTEN + SELDOM), which, cents), min_size=15, max_size=25)
PAYOUTS_READS = {
    read_by_payouts.TransactionsLocked: lines.on_transactions_locked,
    read_by_payouts.CorrectionAccepted: lines.on_correction_accepted,
}
TRANSACTIONS_READS = {
    read_by_transactions.PayoutLinesAssigned: facts.on_payout_lines_assigned,
    read_by_transactions.PayoutStateChanged: facts.on_payout_state_changed,
}


class Mail:
    """Carries the events of one service to another, in order; every third one twice."""

    def __init__(self, source: Any, target: Any, readings: dict[Any, Any]):
        self._source, self._target, self._seen = source, target, 0
        self._readings = {reading.type: (reading(), handle) for reading, handle in readings.items()}

    def deliver(self) -> None:
        for number, event_type, data in self._new():
            reading, handle = self._readings[event_type]
            for _ in range(2 if number % 3 == 0 else 1):
                with self._target.unit_of_work() as uow:
                    handle(uow, **reading.load(data))

    def _new(self) -> Iterator[tuple[int, str, dict[str, Any]]]:
        with self._source.unit_of_work() as uow:
            wanted = select(outbox.c.id, outbox.c.type, outbox.c.body).order_by(outbox.c.id)
            rows = uow.connection.execute(
                wanted.where(outbox.c.id > self._seen, outbox.c.type.in_(list(self._readings)))
            ).all()
        for row in rows:
            self._seen = row.id
            yield row.id, row.type, loads(row.body)["data"]


class Departement:
    """Clubs, children with passes, the Caf and its bank."""

    def __init__(self, transactions: Any, house: House):
        self.transactions, self.house = transactions, house
        self.clubs = [make.club(transactions, name=f"Club {number}") for number in range(CLUBS)]
        self.passes = make.issue(transactions, PASSES)
        self.there = Mail(transactions, house.database, PAYOUTS_READS)
        self.back = Mail(house.database, transactions, TRANSACTIONS_READS)
        self.versions = [0] * CLUBS
        for number, club in enumerate(self.clubs):
            with house.uow() as uow:
                partners.remember_number(uow, club.structure_id, f"93-{number:06d}")
            self.account(number, 0)

    def rows(self, query: str) -> list[Any]:
        with self.transactions.engine.connect() as connection:
            return list(connection.execute(text(query)).mappings())

    def _some(self, place: int, query: str) -> Any:
        found = self.rows(query)
        return found[place % len(found)] if found else None

    def debit(self, place: int, cents: int) -> None:
        club = self.clubs[place % CLUBS]
        shown = self.passes[place % PASSES]
        with suppress(refusals.Refusal), self.transactions.unit_of_work(club.terminal()) as uow:
            scans.record_transaction(
                uow, idempotency_key=new_id(), amount_cents=cents, qr=shown["qr"], confirm_duplicate=True
            )

    def _person_of(self, row: Any) -> Any:
        return next(club for club in self.clubs if club.structure_id == str(row["structure_id"])).person()

    def cancel(self, place: int, _: int) -> None:
        row = self._some(place, "SELECT number, structure_id FROM transactions ORDER BY number")
        if row:
            with suppress(refusals.Refusal), self.transactions.unit_of_work(self._person_of(row)) as uow:
                cancelling.cancel_transaction(uow, number=row["number"], idempotency_key=new_id())

    def night(self, *_: int) -> None:
        with self.transactions.unit_of_work() as uow:
            uow.connection.execute(
                text(
                    "UPDATE transactions SET recorded_at = recorded_at - interval '1 day', "
                    "recorded_on = recorded_on - 1 WHERE state = 'recorded'"
                )
            )
        locking.lock_days(self.transactions)

    def contest(self, place: int, cents: int) -> None:
        row = self._some(
            place,
            "SELECT number, structure_id, amount_cents FROM transactions AS t WHERE state <> 'cancelled' "
            "AND NOT EXISTS (SELECT FROM contestations AS c WHERE c.transaction_id = t.transaction_id) "
            "ORDER BY number DESC",
        )
        if row is None:
            return
        taken_back = 1 + cents % row["amount_cents"]
        with suppress(refusals.Refusal):
            with self.transactions.unit_of_work(self._person_of(row)) as uow:
                contestations.contest_own(uow, number=row["number"], reason="Erreur de montant")
            with self.transactions.unit_of_work(make.AGENT) as uow:
                waiting = contestations.every(uow, state="open", cursor=None)["items"][-1]["contestation_id"]
                contestations.decide(
                    uow, contestation_id=waiting, accepted=True, decision="Vérifié", amount_cents=taken_back
                )

    def pay(self, *_: int) -> None:
        self.deliver()
        with suppress(NothingToPay):
            batch_id = self.house.prepare()
            self.house.release(batch_id)
            self.house.order(batch_id)

    def take_back(self, *_: int) -> None:
        """A batch that is cancelled before its release."""
        self.deliver()
        with suppress(NothingToPay):
            batch_id = self.house.prepare()
            with self.house.uow(self.house.preparer) as uow:
                batches.cancel(uow, batch_id)

    def _sent(self, place: int) -> Any:
        found = self.house.rows(
            "SELECT * FROM payouts WHERE state IN ('ordered', 'paid') ORDER BY state, slip_number DESC"
        )
        return found[place % len(found)] if found else None

    def settle(self, place: int, _: int) -> None:
        if payout := self._sent(place):
            self.house.report(
                bank.camt_054([bank.entry(payout["end_to_end_id"], payout["amount_cents"])], name=new_id())
            )

    def give_back(self, place: int, _: int) -> None:
        if payout := self._sent(place):
            line = bank.entry(payout["end_to_end_id"], payout["amount_cents"], credit=True, reason="AC04")
            self.house.report(bank.camt_054([line], name=new_id()))

    def account(self, place: int, _: int) -> None:
        number = place % CLUBS
        self.versions[number] += 1
        self.house.account(self.clubs[number].structure_id, version=self.versions[number])

    def deliver(self) -> None:
        self.there.deliver()
        self.back.deliver()

    def check(self) -> None:
        """The books of both services, each debit paid at most once, and the states of both sides."""
        self.deliver()
        assert self.house.differences() == []
        with self.transactions.engine.connect() as connection:
            assert {name: found for name, found in reconcile.disagreements(connection).items() if found} == {}
        debits = self.rows("SELECT transaction_id::text, state, amount_cents FROM transactions")
        held = {
            str(row["reference_id"]): row
            for row in self.house.rows(
                "SELECT line.reference_id, line.amount_cents, payout.state FROM lines AS line "
                "LEFT JOIN payout_lines AS place ON place.line_id = line.line_id AND place.live "
                "LEFT JOIN payouts AS payout USING (payout_id) WHERE line.kind = 'transaction'"
            )
        }
        due = {row["transaction_id"]: row for row in debits if row["state"] not in ("recorded", "cancelled")}
        known = {one: row for one, row in held.items() if one in due}
        assert {one: row["amount_cents"] for one, row in known.items()} == {
            one: row["amount_cents"] for one, row in due.items()
        }
        expected = {None: {"locked", "returned"}, "prepared": {"locked", "returned"}}
        for one, row in due.items():
            there = known[one]["state"]
            assert row["state"] in expected.get(there, {"in_payout" if there == "ordered" else there}), (row, there)
        owed = sum(row["amount_cents"] for row in due.values()) + self._corrected()
        assert owed == self._paid_or_waiting()

    def _corrected(self) -> int:
        return int(self.rows("SELECT coalesce(sum(amount_cents), 0) AS cents FROM corrections")[0]["cents"])

    def _paid_or_waiting(self) -> int:
        live = self.house.one("SELECT coalesce(sum(amount_cents), 0) FROM payouts WHERE state <> 'returned'")
        waiting = "SELECT coalesce(sum(amount_cents), 0) FROM open_lines JOIN lines USING (line_id)"
        return int(live + self.house.one(waiting))


@pytest.fixture
def departement(database: Any, tmp_path: Any) -> Departement:
    from services.chassis.files import FileStore

    return Departement(database("transactions"), House(database("payouts"), FileStore(f"file://{tmp_path}/files")))


@pytest.mark.timeout(300)
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),  # stories go on from each other: a shorter one alone shows nothing
)
@given(story=steps)
def test_any_story_keeps_every_invariant_of_both_services(departement: Departement, story: Any) -> None:
    """Each story goes on from where the last one ended."""
    for name, *arguments in story:
        getattr(departement, name)(*arguments)
    departement.check()
