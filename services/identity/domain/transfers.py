"""Changing the legal representative: asked for by the present one (or a manager), decided by the Caf."""

from enum import StrEnum

from services.identity.domain.refusals import TransferDecided


class TransferState(StrEnum):
    REQUESTED = "requested"  # waits for an instructor
    APPROVED = "approved"  # the new person represents the structure
    REJECTED = "rejected"  # with a reason
    WITHDRAWN = "withdrawn"  # by the structure


TRANSITIONS: dict[TransferState, frozenset[TransferState]] = {
    TransferState.REQUESTED: frozenset({TransferState.APPROVED, TransferState.REJECTED, TransferState.WITHDRAWN}),
    TransferState.APPROVED: frozenset(),
    TransferState.REJECTED: frozenset(),
    TransferState.WITHDRAWN: frozenset(),
}


def move(state: TransferState, to: TransferState) -> TransferState:
    """The new state. Raises TransferDecided when the request isn't open any more."""
    if to not in TRANSITIONS[state]:
        raise TransferDecided
    return to
