"""The rules of batches, days and ledger, without I/O."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.payouts import bank_days
from services.payouts.domain import batches, french, ledger
from services.payouts.domain.batches import Account, Hold, hold_of
from services.payouts.domain.calendar import Calendar, Frequency, bank_day_from, execution_day, next_run
from services.payouts.domain.refusals import SameAgent, TransitionRefused
from services.payouts.domain.states import PAYOUT_TRANSITIONS, PayoutState, check_transition

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
READY = Account(in_force_at=NOW - timedelta(days=1))


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({}, None),
        ({"partner_number": None}, Hold.PARTNER_INACTIVE),
        ({"line_count": 0, "total_cents": 0}, Hold.DAY_INCOMPLETE),
        ({"account": None}, Hold.ACCOUNT_MISSING),
        ({"account": Account(NOW, suspended=True)}, Hold.ACCOUNT_SUSPENDED),
        ({"account": Account(NOW + timedelta(seconds=1))}, Hold.ACCOUNT_COOLING_OFF),
        ({"account": Account(NOW)}, None),
        ({"total_cents": 0}, Hold.NEGATIVE_TOTAL),
        ({"total_cents": -1}, Hold.NEGATIVE_TOTAL),
        ({"total_cents": 1}, None),
    ],
)
def test_who_waits_and_why(changed, reason):
    facts = {"partner_number": "93000017", "account": READY, "total_cents": 100, "line_count": 1, "at": NOW}
    assert hold_of(**{**facts, **changed}) is reason


def test_nobody_releases_what_they_prepared():
    batches.check_released_by_another("a", "b")
    with pytest.raises(SameAgent):
        batches.check_released_by_another("a", "a")


@given(st.lists(st.integers(1, 500), max_size=60), st.integers(1, 7), st.integers(500, 1500))
def test_messages_hold_every_transfer_once_within_the_limits(amounts, most, most_cents):
    parts = batches.split_into_messages(amounts, max_transfers=most, max_cents=most_cents)
    assert [position for part in parts for position in part] == list(range(len(amounts)))
    assert all(0 < len(part) <= most and sum(amounts[at] for at in part) <= most_cents for part in parts)


def test_the_bank_s_reference_is_found_on_the_slip_and_fits():
    slip = batches.slip_number(2026, 9_999_999)
    assert slip in batches.end_to_end_id(slip)
    assert len(batches.end_to_end_id(slip)) <= 35


@given(st.sampled_from(PayoutState), st.sampled_from(PayoutState))
def test_only_the_table_s_steps_are_taken(state, target):
    if target in PAYOUT_TRANSITIONS[state]:
        check_transition(PAYOUT_TRANSITIONS, state, target)
    else:
        with pytest.raises(TransitionRefused):
            check_transition(PAYOUT_TRANSITIONS, state, target)


@pytest.mark.parametrize(
    ("released", "executed"),
    [
        (date(2026, 11, 24), date(2026, 11, 25)),  # Tuesday
        (date(2026, 11, 27), date(2026, 11, 30)),  # Friday → Monday
        (date(2026, 12, 24), date(2026, 12, 28)),  # Christmas, St Stephen's (TARGET closed), weekend
        (date(2026, 4, 2), date(2026, 4, 7)),  # Good Friday and Easter Monday
        (date(2026, 7, 13), date(2026, 7, 15)),  # 14 July
        (date(2026, 12, 31), date(2027, 1, 4)),
    ],
)
def test_a_transfer_is_executed_on_the_next_bank_day(released, executed):
    assert execution_day(released, bank_days.closed_around(released)) == executed


@pytest.mark.parametrize(
    ("calendar", "asked", "run"),
    [
        (Calendar(), date(2026, 11, 28), date(2026, 11, 30)),
        (Calendar(Frequency.OFF), date(2026, 11, 24), None),
        (Calendar(Frequency.WEEKLY, weekdays=frozenset({3})), date(2026, 11, 24), date(2026, 11, 26)),
        (Calendar(Frequency.WEEKLY, weekdays=frozenset({6})), date(2026, 11, 24), date(2026, 11, 30)),
        (Calendar(Frequency.WEEKLY), date(2026, 11, 24), None),
        (Calendar(Frequency.MONTHLY, month_days=frozenset({1, 15})), date(2026, 11, 17), date(2026, 12, 1)),
        (Calendar(Frequency.MONTHLY, month_days=frozenset({31})), date(2026, 9, 10), date(2026, 9, 30)),
        (Calendar(Frequency.MONTHLY, month_days=frozenset({15})), date(2026, 11, 17), date(2026, 12, 15)),
        (Calendar(Frequency.MONTHLY, month_days=frozenset({15})), date(2026, 8, 15), date(2026, 8, 17)),
        (Calendar(Frequency.MONTHLY, month_days=frozenset({15})), date(2026, 8, 17), date(2026, 8, 17)),
    ],
)
def test_the_calendar_s_next_day(calendar, asked, run):
    assert next_run(calendar, asked, bank_days.closed_around(asked)) == run


@given(st.dates(date(2025, 1, 1), date(2035, 12, 31)))
def test_no_bank_day_falls_on_a_closed_one(on):
    closed = bank_days.closed_around(on)
    found = bank_day_from(on, closed)
    assert on <= found <= on + timedelta(days=7) and found.weekday() < 5 and found not in closed


@given(st.integers(-(10**12), 10**12).filter(bool), st.sampled_from([PayoutState.ORDERED, PayoutState.PAID]))
def test_every_movement_sums_to_zero(cents, state):
    for entries in (ledger.owed(cents), ledger.released(cents), ledger.settled(cents), ledger.returned(cents, state)):
        assert sum(entry.amount_cents for entry in entries) == 0
        assert len({entry.account for entry in entries}) == 2


@pytest.mark.parametrize(
    ("cents", "shown", "plain"),
    [
        (123450, "1\u202f234,50\u00a0€", "1234,50"),
        (-5, "\u22120,05\u00a0€", "-0,05"),
        (0, "0,00\u00a0€", "0,00"),
        (100_000_000, "1\u202f000\u202f000,00\u00a0€", "1000000,00"),
    ],
)
def test_french_amounts(cents, shown, plain):
    assert (french.euros(cents), french.decimal(cents)) == (shown, plain)
