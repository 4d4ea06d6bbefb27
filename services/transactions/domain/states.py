"""The life of a transaction (DOMAIN, «Passes and transactions»). The README draws it; a test compares the two."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from services.transactions.domain.refusals import AlreadyCancelled, CancelWindowClosed


class State(StrEnum):
    """Where a transaction stands. `contested` is a mark beside the state: it blocks nothing."""

    RECORDED = "recorded"  # today's: it may still be cancelled
    CANCELLED = "cancelled"  # undone on its own day, by its own structure
    LOCKED = "locked"  # its Paris day is over: it will be paid
    IN_PAYOUT = "in_payout"  # a payout holds it
    PAID = "paid"  # the bank has executed the payout
    RETURNED = "returned"  # the bank has sent the money back: the next payout takes it up


NEXT: Mapping[State, frozenset[State]] = {
    State.RECORDED: frozenset({State.CANCELLED, State.LOCKED}),
    State.CANCELLED: frozenset(),
    State.LOCKED: frozenset({State.IN_PAYOUT}),
    State.IN_PAYOUT: frozenset({State.PAID, State.RETURNED}),
    State.PAID: frozenset({State.RETURNED}),
    State.RETURNED: frozenset({State.IN_PAYOUT}),
}


def may_become(state: State, following: State) -> bool:
    """Whether the table allows the step."""
    return following in NEXT[state]


def before(following: State) -> frozenset[State]:
    """The states from which ``following`` may be reached."""
    return frozenset(state for state, steps in NEXT.items() if following in steps)


def check_cancellable(state: State, recorded_on: date, today: date) -> None:
    """A structure may undo a transaction only on the Paris day on which it was recorded (guide, «Demander le
    remboursement»). Raises AlreadyCancelled or CancelWindowClosed."""
    if state is State.CANCELLED:
        raise AlreadyCancelled
    if recorded_on != today or not may_become(state, State.CANCELLED):
        raise CancelWindowClosed
