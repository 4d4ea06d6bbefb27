"""The right to cancel ends with the Paris day, whatever the season of clocks."""

from datetime import UTC, date, datetime

import pytest

from services.transactions.domain.days import PARIS, age_on, day_end, paris_day
from services.transactions.domain.refusals import AlreadyCancelled, CancelWindowClosed
from services.transactions.domain.states import NEXT, TransactionState, before, check_cancellable, may_become

SUMMER_BEGINS, SUMMER_ENDS = date(2026, 3, 29), date(2026, 10, 25)


def paris(year, month, day, hour, minute=0, second=0, *, fold=0):
    return datetime(year, month, day, hour, minute, second, fold=fold, tzinfo=PARIS).astimezone(UTC)


def cancel(recorded_at, at, state=TransactionState.RECORDED):
    check_cancellable(state, paris_day(recorded_at), paris_day(at))


@pytest.mark.parametrize(
    ("recorded_at", "last_moment", "too_late"),
    [
        (paris(2026, 9, 9, 14, 30), paris(2026, 9, 9, 23, 59, 59), paris(2026, 9, 10, 0)),
        (paris(2026, 9, 9, 0), paris(2026, 9, 9, 23, 59, 59), paris(2026, 9, 10, 0)),
        (paris(2026, 9, 9, 23, 59, 59), paris(2026, 9, 9, 23, 59, 59), paris(2026, 9, 10, 0)),
        # winter: 23:30 in Paris is 22:30 UTC, still the same day on both clocks, then UTC is a day behind
        (paris(2026, 1, 15, 0, 30), paris(2026, 1, 15, 23, 59, 59), paris(2026, 1, 16, 0)),
        # the night when clocks go forward: the day has 23 hours
        (paris(2026, 3, 29, 1, 59, 59), paris(2026, 3, 29, 23, 59, 59), paris(2026, 3, 30, 0)),
        (paris(2026, 3, 28, 23, 59, 59), paris(2026, 3, 28, 23, 59, 59), paris(2026, 3, 29, 0)),
        # the night when clocks go back: 02:30 comes twice, the day has 25 hours
        (paris(2026, 10, 25, 2, 30), paris(2026, 10, 25, 2, 30, fold=1), paris(2026, 10, 26, 0)),
        (paris(2026, 10, 25, 0), paris(2026, 10, 25, 23, 59, 59), paris(2026, 10, 26, 0)),
    ],
)
def test_cancelling_ends_at_midnight_in_paris(recorded_at, last_moment, too_late):
    cancel(recorded_at, last_moment)
    with pytest.raises(CancelWindowClosed):
        cancel(recorded_at, too_late)


def test_the_end_of_the_day_is_an_instant():
    assert day_end(date(2026, 9, 9)) == paris(2026, 9, 10, 0)
    assert (day_end(SUMMER_BEGINS) - paris(2026, 3, 29, 0)).total_seconds() == 23 * 3600
    assert (day_end(SUMMER_ENDS) - paris(2026, 10, 25, 0)).total_seconds() == 25 * 3600


def test_utc_midnight_is_not_the_limit():
    late_evening = datetime(2026, 9, 9, 22, 30, tzinfo=UTC)
    assert paris_day(late_evening) == date(2026, 9, 10)


def test_a_cancelled_transaction_is_not_cancelled_again():
    now = paris(2026, 9, 9, 12)
    with pytest.raises(AlreadyCancelled):
        cancel(now, now, TransactionState.CANCELLED)


@pytest.mark.parametrize("state", [s for s in TransactionState if s not in ("recorded", "cancelled")])
def test_what_is_locked_or_paid_is_not_cancelled(state):
    now = paris(2026, 9, 9, 12)
    with pytest.raises(CancelWindowClosed):
        cancel(now, now, state)


def test_what_was_returned_is_paid_again():
    assert may_become(TransactionState.RETURNED, TransactionState.IN_PAYOUT)
    assert before(TransactionState.IN_PAYOUT) == {TransactionState.LOCKED, TransactionState.RETURNED}
    assert NEXT[TransactionState.CANCELLED] == frozenset()


@pytest.mark.parametrize(
    ("birth_on", "day", "age"),
    [
        (date(2010, 9, 1), date(2026, 8, 31), 15),
        (date(2010, 9, 1), date(2026, 9, 1), 16),
        (date(2012, 2, 29), date(2026, 2, 28), 13),
        (date(2012, 2, 29), date(2026, 3, 1), 14),
    ],
)
def test_ages_are_whole_years(birth_on, day, age):
    assert age_on(birth_on, day) == age
