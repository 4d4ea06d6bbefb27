"""Any sequence of locked days, corrections, batches, releases, cancels, returns and settlements adds up to the cent."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.payouts.domain.refusals import BatchInPreparation, BatchOutdated, NothingToPay
from services.payouts.handlers import batches
from tests import bank_samples as bank
from tests.integration.payouts.conftest import LOCKED_ON, House

PARTNERS = 3
cents = st.integers(1, 9_999)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("day"), st.integers(0, PARTNERS - 1), st.lists(cents, min_size=1, max_size=4)),
        st.tuples(st.just("correct"), st.integers(0, PARTNERS - 1), st.integers(-9_999, 500).filter(bool)),
        st.tuples(st.just("prepare"), st.booleans(), st.just(None)),
        st.tuples(st.just("cancel"), st.just(None), st.just(None)),
        st.tuples(st.just("release"), st.just(None), st.just(None)),
        st.tuples(st.just("settle"), st.integers(0, 5), st.just(None)),
        st.tuples(st.just("return"), st.integers(0, 5), st.booleans()),
        st.tuples(st.just("account"), st.integers(0, PARTNERS - 1), st.just(None)),
    ),
    min_size=6,
    max_size=22,
)


class World:
    """A house with a few partners, and what was owed to them, counted independently."""

    def __init__(self, house: House):
        self.house = house
        self.partners = [house.partner() for _ in range(PARTNERS)]
        self.owed = dict.fromkeys(self.partners, 0)
        self.transactions = {partner: [] for partner in self.partners}
        self.versions = dict.fromkeys(self.partners, 1)
        self.days = 0

    def day(self, which: int, amounts: list[int]) -> None:
        partner = self.partners[which]
        self.days += 1
        on = LOCKED_ON + timedelta(days=self.days)
        self.transactions[partner] += self.house.day(partner, amounts, on=on, chunks=min(2, len(amounts)))
        self.owed[partner] += sum(amounts)

    def correct(self, which: int, amount: int) -> None:
        partner = self.partners[which]
        if self.transactions[partner]:
            self.house.correction(partner, self.transactions[partner][-1], amount)
            self.owed[partner] += amount

    def prepare(self, by_calendar: bool, _: None) -> None:
        try:
            if by_calendar:
                with self.house.uow() as uow:
                    batches.prepare_by_calendar(uow)
            else:
                self.house.prepare()
        except (NothingToPay, BatchInPreparation):
            return

    def _prepared(self) -> str | None:
        found = self.house.one("SELECT batch_id FROM batches WHERE state = 'prepared' ORDER BY number LIMIT 1")
        return str(found) if found else None

    def cancel(self, *_: None) -> None:
        if batch_id := self._prepared():
            with self.house.uow(self.house.preparer) as uow:
                batches.cancel(uow, batch_id)

    def release(self, *_: None) -> None:
        if batch_id := self._prepared():
            try:
                self.house.release(batch_id)
            except BatchOutdated:
                return self.cancel()
            self.house.order(batch_id)
        return None

    def _sent(self, which: int) -> dict | None:
        found = self.house.rows("SELECT * FROM payouts WHERE state IN ('ordered', 'paid') ORDER BY slip_number")
        return dict(found[which % len(found)]) if found else None

    def settle(self, which: int, _: None) -> None:
        if payout := self._sent(which):
            self.house.report(bank.camt_054([bank.entry(payout["end_to_end_id"], payout["amount_cents"])]))

    def give_back(self, which: int, by_camt: bool) -> None:
        payout = self._sent(which)
        if payout is None:
            return
        line = bank.entry(payout["end_to_end_id"], payout["amount_cents"], credit=True, reason="AC04")
        rejected = bank.pain_002([(payout["end_to_end_id"], "RJCT", "AC04", None)])
        self.house.report(bank.camt_054([line]) if by_camt else rejected)

    def account(self, which: int, _: None) -> None:
        partner = self.partners[which]
        self.versions[partner] += 1
        self.house.account(partner, version=self.versions[partner])

    def check(self) -> None:
        assert self.house.differences() == []
        assert (
            self.house.one("SELECT count(*) FROM payout_lines WHERE live GROUP BY line_id HAVING count(*) > 1") is None
        )
        for partner, owed in self.owed.items():
            live = "SELECT coalesce(sum(amount_cents), 0) FROM payouts WHERE structure_id = :id AND state <> 'returned'"
            waiting = (
                "SELECT coalesce(sum(amount_cents), 0) FROM open_lines JOIN lines USING (line_id) "
                "WHERE open_lines.structure_id = :id"
            )
            assert self.house.one(live, id=partner) + self.house.one(waiting, id=partner) == owed


@pytest.mark.timeout(300)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(story=steps)
def test_any_story_adds_up_to_the_cent(house, story):
    """The database isn't emptied between stories: each adds new partners to what the earlier ones left."""
    world = World(house)
    for name, *arguments in story:
        getattr(world, {"return": "give_back"}.get(name, name))(*arguments)
    world.check()
