"""From when a termination may count, what it ends, and until when it is taken back. Days are business days."""

from datetime import date, timedelta

from services.conventions.domain.refusals import (
    TerminationAfterTerm,
    TerminationInEffect,
    TerminationInThePast,
)
from services.conventions.domain.states import Act, ConventionState, after

_DAY = timedelta(days=1)


def check_termination(state: str, ends_on: date, effective_on: date, today: date) -> ConventionState:
    """The state of a convention that no longer binds from ``effective_on`` on: today at the earliest, and at the latest
    the day after its last one, since a termination prolongs nothing. Raises TransitionRefused, TerminationInThePast,
    TerminationAfterTerm."""
    terminated = after(state, Act.TERMINATE)
    if effective_on < today:
        raise TerminationInThePast(today=today.isoformat())
    if effective_on > ends_on + _DAY:
        raise TerminationAfterTerm(ends_on=ends_on.isoformat())
    return terminated


def falls(ends_on: date, effective_on: date) -> bool:
    """Whether a termination of the structure's conventions at ``effective_on`` is what ends one that would last until
    ``ends_on``. What is over before is not concerned: the next one has taken its place by then."""
    return ends_on >= effective_on - _DAY


def pending(state: str, terminated_on: date | None, today: date) -> bool:
    """Whether a termination is decided and its day hasn't come."""
    return state == ConventionState.TERMINATED and terminated_on is not None and today < terminated_on


def check_withdrawal(state: str, terminated_on: date | None, today: date) -> ConventionState:
    """The state after a termination is withdrawn: only before the day from which scans are refused, so that nobody is
    a partner again after having been none. Raises TransitionRefused, TerminationInEffect."""
    withdrawn = after(state, Act.WITHDRAW_TERMINATION)
    if not pending(state, terminated_on, today):
        raise TerminationInEffect
    return withdrawn
