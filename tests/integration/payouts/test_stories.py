"""The whole story of a transaction can be followed to the bank; who waits is told why, once."""

from datetime import UTC, datetime, timedelta

import pytest

from services.payouts import stories
from services.payouts.domain import refusals
from services.payouts.handlers import batches
from services.payouts.handlers.calendars import prepare_by_calendar
from tests import bank_samples as bank
from tests.factories.payouts import OTHER_IBAN


def number_of(house, transaction_id):
    return house.one("SELECT number FROM lines WHERE transaction_id = :id AND kind = 'transaction'", id=transaction_id)


def told(house, reference):
    with house.uow(house.preparer) as uow:
        return stories.story(uow, reference)


def own(house, structure_id, reference):
    with house.uow() as uow:
        return stories.own_story(uow, structure_id, reference)


def test_a_returned_transaction_is_followed_from_its_day_to_the_second_transfer(house):
    structure = house.partner()
    (transaction_id,) = house.day(structure, [1000])
    number = number_of(house, transaction_id)
    assert [told(house, number)["payouts"], told(house, number)["lines"][0]["waits"]] == [[], True]
    house.pay()
    first = house.one("SELECT end_to_end_id FROM payouts")
    house.report(bank.pain_002([(first, "RJCT", "AC04", None)]))
    waiting = own(house, structure, number)
    assert (waiting["hold"], waiting["lines"][0]["waits"]) == ("account_suspended", True)
    house.account(structure, OTHER_IBAN, version=2)
    house.pay()
    second = house.one("SELECT end_to_end_id FROM payouts ORDER BY slip_number DESC LIMIT 1")
    house.report(bank.camt_054([bank.entry(second, 1000)]))
    found = own(house, structure, number)
    assert [(one["end_to_end_id"], one["state"]) for one in found["payouts"]] == [
        (first, "returned"),
        (second, "paid"),
    ]
    assert [[line["outcome"] for line in one["reports"]] for one in found["payouts"]] == [["returned"], ["settled"]]
    assert [one["message_id"][:4] for one in found["payouts"]] == ["LOT-", "LOT-"]
    assert not found["lines"][0]["waits"]


@pytest.mark.parametrize("reference", ["slip_number", "end_to_end_id"])
def test_a_transfer_is_found_by_what_the_bank_or_the_slip_says(house, reference):
    house.day(house.partner(), [1000, 200])
    house.pay()
    found = told(house, house.one(f"SELECT {reference} FROM payouts"))
    assert (found["lines"], [one["amount_cents"] for one in found["payouts"]]) == ([], [1200])


def test_another_structure_s_story_does_not_exist(house):
    (transaction_id,) = house.day(house.partner(), [1000])
    with pytest.raises(refusals.ReferenceUnknown):
        own(house, house.partner(), number_of(house, transaction_id))
    with pytest.raises(refusals.ReferenceUnknown):
        told(house, "T-99999999")


def test_a_prepared_batch_is_no_news_for_the_partner_yet(house):
    structure = house.partner()
    (transaction_id,) = house.day(structure, [1000])
    house.prepare()
    number = number_of(house, transaction_id)
    assert (len(told(house, number)["payouts"]), own(house, structure, number)["payouts"]) == (1, [])


def test_who_waits_is_told_once_for_each_reason(house):
    structure = house.partner(iban=None)
    house.day(structure, [700])
    with house.uow() as uow:
        prepare_by_calendar(uow)
    assert house.events("payout_held.v1") == [
        {"structure_id": structure, "reason": "account_missing", "amount_cents": 700}
    ]
    house.day(house.partner(), [100])
    batch_id = house.prepare()
    assert len(house.events("payout_held.v1")) == 1
    with house.uow(house.preparer) as uow:
        batches.cancel(uow, batch_id)
    house.account(structure, in_force_at=datetime.now(UTC) + timedelta(days=2))
    house.pay()
    assert [event["reason"] for event in house.events("payout_held.v1")] == ["account_missing", "account_cooling_off"]


def test_the_agent_sees_what_changed_since_the_last_batch(house):
    from services.payouts import views

    stays, leaves = house.partner(), house.partner()
    house.day(stays, [100])
    house.day(leaves, [200])
    house.pay()
    joins = house.partner()
    house.day(stays, [300], on=datetime(2026, 11, 24, tzinfo=UTC).date())
    house.day(joins, [400])
    with house.uow(house.releaser) as uow:
        shown = views.batch(uow, house.prepare())
    assert (shown["previous_amount_cents"], shown["amount_cents"]) == (300, 700)
    assert (shown["joined_partner_count"], shown["absent_partner_count"]) == (1, 1)
    assert shown["changed_account_count"] == 1
