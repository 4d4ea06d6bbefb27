"""The growing delay after failures."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.identity.domain import attempts
from services.identity.domain.attempts import Attempts

AT = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def failed(times, at=AT):
    found = Attempts()
    for _ in range(times):
        found = found.next(at)
    return found


def test_five_tries_are_free():
    assert [failed(n).retry_after_s(AT) for n in range(5)] == [0, 0, 0, 0, 0]


def test_then_each_failure_doubles_the_wait():
    assert [failed(n).retry_after_s(AT) for n in (5, 6, 7, 8)] == [2, 4, 8, 16]


def test_the_wait_never_exceeds_a_quarter_of_an_hour():
    assert failed(500).retry_after_s(AT) == 900


def test_waiting_is_enough_to_try_again():
    assert failed(9).retry_after_s(AT + timedelta(seconds=32)) == 0


def test_a_day_without_tries_forgets():
    assert failed(50).next(AT + attempts.FORGOTTEN_AFTER).count == 1


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_more_failures_never_wait_less(fewer, more):
    fewer, more = sorted((fewer, more))
    assert Attempts(fewer, AT).delay() <= Attempts(more, AT).delay()


def test_a_patient_guesser_gets_few_tries_in_a_day():
    """Always waiting out the delay: what one identifier is exposed to."""
    count, at, end = Attempts(), AT, AT + timedelta(days=1)
    while at < end:
        count = count.next(at)
        at += timedelta(seconds=count.retry_after_s(at)) or timedelta(milliseconds=1)
    assert count.count < 120
