"""The lives of transactions, seasons, imports and contestations (DOMAIN, «Passes and transactions»). The README draws
them; a test compares the two."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from services.transactions.domain.refusals import AlreadyCancelled, CancelWindowClosed


class TransactionState(StrEnum):
    """Where a transaction stands. `contested` is a mark beside the state: it blocks nothing."""

    RECORDED = "recorded"  # today's: it may still be cancelled
    CANCELLED = "cancelled"  # undone on its own day, by its own structure
    LOCKED = "locked"  # its Paris day is over: it will be paid
    IN_PAYOUT = "in_payout"  # a payout holds it
    PAID = "paid"  # the bank has executed the payout
    RETURNED = "returned"  # the bank has sent the money back: the next payout takes it up


NEXT: Mapping[TransactionState, frozenset[TransactionState]] = {
    TransactionState.RECORDED: frozenset({TransactionState.CANCELLED, TransactionState.LOCKED}),
    TransactionState.CANCELLED: frozenset(),
    TransactionState.LOCKED: frozenset({TransactionState.IN_PAYOUT}),
    TransactionState.IN_PAYOUT: frozenset({TransactionState.PAID, TransactionState.RETURNED}),
    TransactionState.PAID: frozenset({TransactionState.RETURNED}),
    TransactionState.RETURNED: frozenset({TransactionState.IN_PAYOUT}),
}


class SeasonState(StrEnum):
    """Where a season stands."""

    DRAFT = "draft"  # being prepared: no pass yet is usable
    OPEN = "open"  # passes are issued, and used between its dates
    CLOSED = "closed"  # for good: no debit any more, the history stays


NEXT_OF_SEASON: Mapping[SeasonState, frozenset[SeasonState]] = {
    SeasonState.DRAFT: frozenset({SeasonState.OPEN, SeasonState.CLOSED}),
    SeasonState.OPEN: frozenset({SeasonState.CLOSED}),
    SeasonState.CLOSED: frozenset(),
}


class ImportState(StrEnum):
    """Where a file of beneficiaries stands."""

    CHECKING = "checking"  # dry run: every line is judged, nothing is written
    CHECKED = "checked"  # the administrator sees what it would do
    RUNNING = "running"  # passes are being issued
    DONE = "done"
    FAILED = "failed"  # no table at all, or columns are missing
    ABANDONED = "abandoned"  # the administrator left it aside


NEXT_OF_IMPORT: Mapping[ImportState, frozenset[ImportState]] = {
    ImportState.CHECKING: frozenset({ImportState.CHECKED, ImportState.FAILED}),
    ImportState.CHECKED: frozenset({ImportState.RUNNING, ImportState.ABANDONED}),
    ImportState.RUNNING: frozenset({ImportState.DONE, ImportState.FAILED}),
    ImportState.DONE: frozenset(),
    ImportState.FAILED: frozenset(),
    ImportState.ABANDONED: frozenset(),
}


class ContestationState(StrEnum):
    """Where a contestation stands."""

    OPEN = "open"  # the Caf looks into it
    ACCEPTED = "accepted"  # a correction goes on the partner's next payout
    REJECTED = "rejected"  # the transaction stands


NEXT_OF_CONTESTATION: Mapping[ContestationState, frozenset[ContestationState]] = {
    ContestationState.OPEN: frozenset({ContestationState.ACCEPTED, ContestationState.REJECTED}),
    ContestationState.ACCEPTED: frozenset(),
    ContestationState.REJECTED: frozenset(),
}


def may_become(state: TransactionState, following: TransactionState) -> bool:
    """Whether the table allows the step."""
    return following in NEXT[state]


def before(following: TransactionState) -> frozenset[TransactionState]:
    """The states from which ``following`` may be reached."""
    return frozenset(state for state, steps in NEXT.items() if following in steps)


def check_cancellable(state: TransactionState, recorded_on: date, today: date) -> None:
    """A structure may undo a transaction only on the Paris day on which it was recorded (guide, «Demander le
    remboursement»). Raises AlreadyCancelled or CancelWindowClosed."""
    if state is TransactionState.CANCELLED:
        raise AlreadyCancelled
    if recorded_on != today or not may_become(state, TransactionState.CANCELLED):
        raise CancelWindowClosed
