"""What a payout and a batch may become. The README draws these tables; a test compares the two."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from services.payouts.domain.refusals import TransitionRefused


class PayoutState(StrEnum):
    """The life of one payout."""

    PREPARED = "prepared"  # grouped, waiting for the batch's release and its bank file
    ORDERED = "ordered"  # in the bank file, announced to finance
    PAID = "paid"  # the bank has confirmed the debit (camt.054)
    RETURNED = "returned"  # the bank rejected or returned it; its lines are free again


class BatchState(StrEnum):
    """The life of one batch. Cancelling a prepared one removes it; only the journal remembers."""

    PREPARED = "prepared"  # waiting for another agent
    RELEASED = "released"  # the bank file and the events are being made
    ORDERED = "ordered"  # every payout is in a bank file and announced


PAYOUT_TRANSITIONS: Mapping[PayoutState, frozenset[PayoutState]] = {
    PayoutState.PREPARED: frozenset({PayoutState.ORDERED}),
    PayoutState.ORDERED: frozenset({PayoutState.PAID, PayoutState.RETURNED}),
    PayoutState.PAID: frozenset({PayoutState.RETURNED}),
    PayoutState.RETURNED: frozenset(),
}

BATCH_TRANSITIONS: Mapping[BatchState, frozenset[BatchState]] = {
    BatchState.PREPARED: frozenset({BatchState.RELEASED}),
    BatchState.RELEASED: frozenset({BatchState.ORDERED}),
    BatchState.ORDERED: frozenset(),
}

StateT = TypeVar("StateT", PayoutState, BatchState)


def check_transition(table: Mapping[StateT, frozenset[StateT]], state: StateT, target: StateT) -> None:
    """Raise TransitionRefused unless ``table`` leads from ``state`` to ``target``."""
    if target not in table[state]:
        raise TransitionRefused(state=state.value, target=target.value)
