"""«Assistance»: a thread between a person and the Caf. Standard library only."""

from datetime import datetime, timedelta
from enum import StrEnum

from services.partners.domain.refusals import TooManyRequests, TransitionRefused

CONFIRM_WITHIN = timedelta(days=3)
"""A visitor confirms the request through a link mailed to the address given; unconfirmed ones are then deleted."""

KEEP_CLOSED = timedelta(days=730)
"""A closed thread is kept for two years after its last message (CNIL: as long as a claim may follow), then deleted."""

REOPEN_WITHIN = timedelta(days=30)
"""A closed thread can be taken up again for a month; later a new request is clearer for everybody."""

MAX_ATTACHMENTS = 5
MAX_OPEN_PER_ADDRESS = 5
"""Requests of one address (or account) that wait for the Caf at the same time: more is a mistake or a nuisance."""

CATEGORIES = {
    "application": "Ma demande de labellisation",
    "account": "Mon compte, ma connexion",
    "convention": "Ma convention",
    "transactions": "Enregistrer une transaction, SmartTPE",
    "payouts": "Mes remboursements",
    "family": "Je suis une famille : mon pass",
    "other": "Autre question",
}


class AssistanceState(StrEnum):
    """Whose turn it is."""

    UNCONFIRMED = "unconfirmed"  # a visitor's, before the mailed link was followed; the Caf doesn't see it
    OPEN = "open"  # the Caf's turn
    ANSWERED = "answered"  # the person's turn
    CLOSED = "closed"  # settled


ASSISTANCE_TRANSITIONS: dict[tuple[AssistanceState, str], AssistanceState] = {
    (AssistanceState.UNCONFIRMED, "confirm"): AssistanceState.OPEN,
    (AssistanceState.OPEN, "write"): AssistanceState.OPEN,
    (AssistanceState.ANSWERED, "write"): AssistanceState.OPEN,
    (AssistanceState.CLOSED, "write"): AssistanceState.OPEN,
    (AssistanceState.OPEN, "answer"): AssistanceState.ANSWERED,
    (AssistanceState.ANSWERED, "answer"): AssistanceState.ANSWERED,
    (AssistanceState.CLOSED, "answer"): AssistanceState.ANSWERED,
    (AssistanceState.OPEN, "close"): AssistanceState.CLOSED,
    (AssistanceState.ANSWERED, "close"): AssistanceState.CLOSED,
}


def after(state: str, action: str) -> AssistanceState:
    """The state that `action` leads to. Raises TransitionRefused."""
    found = ASSISTANCE_TRANSITIONS.get((AssistanceState(state), action))
    if found is None:
        raise TransitionRefused(state=state, action=action)
    return found


def check_may_write(state: str, updated_at: datetime, now: datetime) -> None:
    """The person may add to a thread; a closed one for a month. Raises TransitionRefused."""
    after(state, "write")
    if state == AssistanceState.CLOSED and now - updated_at > REOPEN_WITHIN:
        raise TransitionRefused(state=state, action="write")


def check_may_open(waiting: int) -> None:
    """Raises TooManyRequests when enough requests of the same origin wait already."""
    if waiting >= MAX_OPEN_PER_ADDRESS:
        raise TooManyRequests(waiting=waiting)
