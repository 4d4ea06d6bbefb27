"""May this pass be debited, here, now, by this much?"""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.transactions.domain import refusals, scans
from services.transactions.domain.scans import Ask, Pass, Season, Use

NOW = datetime(2026, 9, 9, 12, tzinfo=UTC)
TODAY = date(2026, 9, 9)


def season(state="open", starts_on=date(2026, 9, 1), ends_on=date(2027, 8, 31)):
    return Season("s", "Pass'sports-loisirs", "2026-2027", state, starts_on, ends_on)


def a_pass(balance_cents=5_000, **changed):
    given = {"rotation": 2, "cancelled": False, "season": season(), "uses": []} | changed
    return Pass(pass_id="p", balance_cents=balance_cents, **given)


def ask(amount_cents=2_000, structure_id="here", rotation=2, **changed):
    return Ask(structure_id, rotation, amount_cents, NOW, TODAY, **changed)


def use(structure_id="here", amount_cents=2_000, seconds_ago=10):
    return Use("T1", structure_id, amount_cents, NOW - timedelta(seconds=seconds_ago))


def test_part_of_a_pass_may_be_used():
    scans.check_debit(a_pass(), ask(1))
    scans.check_debit(a_pass(), ask(5_000))


def test_not_more_than_what_is_left():
    with pytest.raises(refusals.InsufficientBalance) as refused:
        scans.check_debit(a_pass(), ask(5_001))
    assert refused.value.fields == {"balance_cents": 5_000}


def test_an_empty_pass_says_where_it_went():
    with pytest.raises(refusals.AlreadyUsedHere):
        scans.check_debit(a_pass(0, uses=[use("there", seconds_ago=99), use("here")]), ask())
    with pytest.raises(refusals.AlreadyUsedElsewhere):
        scans.check_debit(a_pass(0, uses=[use("here", seconds_ago=99), use("there")]), ask())


def test_an_older_qr_is_refused():
    with pytest.raises(refusals.PassRevoked):
        scans.check_debit(a_pass(), ask(rotation=1))


def test_a_cancelled_pass_is_refused():
    with pytest.raises(refusals.PassRevoked):
        scans.check_debit(a_pass(cancelled=True), ask())


@pytest.mark.parametrize(
    ("of_season", "usable"),
    [
        (season(), True),
        (season("draft"), False),
        (season("closed"), False),
        (season(starts_on=TODAY), True),
        (season(ends_on=TODAY), True),
        (season(starts_on=TODAY + timedelta(days=1)), False),
        (season(ends_on=TODAY - timedelta(days=1)), False),
    ],
)
def test_only_within_the_open_season(of_season, usable):
    if usable:
        scans.check_debit(a_pass(season=of_season), ask())
    else:
        with pytest.raises(refusals.SeasonClosed):
            scans.check_debit(a_pass(season=of_season), ask())


@pytest.mark.parametrize(
    ("earlier", "suspected"),
    [
        (use(seconds_ago=119), True),
        (use(seconds_ago=120), False),
        (use(amount_cents=1_999), False),
        (use(structure_id="there"), False),
    ],
)
def test_the_same_again_within_two_minutes_is_suspected(earlier, suspected):
    if suspected:
        with pytest.raises(refusals.DuplicateSuspected) as refused:
            scans.check_debit(a_pass(uses=[earlier]), ask())
        assert refused.value.fields["number"] == "T1"
    scans.check_debit(a_pass(uses=[earlier]), ask(confirm_duplicate=True))


@pytest.mark.parametrize(
    ("age", "refusal"),
    [
        (timedelta(hours=72), None),
        (timedelta(hours=72, seconds=1), refusals.ScanTooOld),
        (timedelta(minutes=-10), None),
        (timedelta(minutes=-11), refusals.ValidationFailed),
    ],
)
def test_offline_scans_have_an_age_limit(age, refusal):
    if refusal is None:
        scans.check_offline(NOW - age, NOW)
        return
    with pytest.raises(refusal):
        scans.check_offline(NOW - age, NOW)


def test_a_debit_keeps_the_facts_true_for_the_next_scan_of_a_batch():
    found = a_pass()
    found.debit(use(seconds_ago=0))
    assert found.balance_cents == 3_000
    with pytest.raises(refusals.DuplicateSuspected):
        scans.check_debit(found, ask())
