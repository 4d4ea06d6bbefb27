"""The life of a convention (DOMAIN, «Convention»): who may do what from where.

``prepared → signed_by_partner → active → terminated``, and ``refused`` by the Caf, or by the rejection of the
application behind it. A termination for a later day can be withdrawn until that day. A signed version never changes:
amendments and renewals are new conventions that replace one.
"""

from datetime import date
from enum import StrEnum

from services.conventions.domain.refusals import AlreadyCountersigned, TransitionRefused


class ConventionState(StrEnum):
    PREPARED = "prepared"
    """Waits for the representative."""
    SIGNED_BY_PARTNER = "signed_by_partner"
    """Waits for the approval of the application and for the Caf's signatory."""
    ACTIVE = "active"
    """Signed by both, sealed. In force from `effective_on` to `ends_on`."""
    REFUSED = "refused"
    """Not signed by the Caf; the end."""
    TERMINATED = "terminated"
    """Ended by a decision, by its date, or replaced; the end, unless a decision for a later day is withdrawn. The
    structure may sign another one."""


class Act(StrEnum):
    SIGN = "sign"
    COUNTERSIGN = "countersign"
    REFUSE = "refuse"
    TERMINATE = "terminate"
    WITHDRAW_TERMINATION = "withdraw_termination"


TRANSITIONS: dict[tuple[ConventionState, Act], ConventionState] = {
    (ConventionState.PREPARED, Act.SIGN): ConventionState.SIGNED_BY_PARTNER,
    (ConventionState.PREPARED, Act.REFUSE): ConventionState.REFUSED,
    (ConventionState.SIGNED_BY_PARTNER, Act.COUNTERSIGN): ConventionState.ACTIVE,
    (ConventionState.SIGNED_BY_PARTNER, Act.REFUSE): ConventionState.REFUSED,
    (ConventionState.ACTIVE, Act.TERMINATE): ConventionState.TERMINATED,
    (ConventionState.TERMINATED, Act.WITHDRAW_TERMINATION): ConventionState.ACTIVE,
}
"""Everything that isn't here is refused. The README's diagram is held to this table by a test."""

OPEN = frozenset({ConventionState.PREPARED, ConventionState.SIGNED_BY_PARTNER})
"""A structure has at most one convention in these states."""


OVER = frozenset({ConventionState.REFUSED, ConventionState.TERMINATED})
"""Nothing waits any more; one that is terminated for a later day still binds."""


class RefusalCause(StrEnum):
    """Why a convention isn't signed. Only a decision about the convention itself is told to the partner as such: what
    caused the others has its own mail."""

    DECISION = "decision"
    APPLICATION_REJECTED = "application_rejected"
    TERMINATION = "termination"
    """An amendment or renewal falls with the convention that it would have replaced."""


class EndCause(StrEnum):
    """Why a convention that both signed is over. Only the first can be withdrawn."""

    DECISION = "decision"
    TERM = "term"
    """Its last day has passed, and no other was signed by both."""
    REPLACEMENT = "replacement"
    """Another, signed by both, has taken its place."""


class Kind(StrEnum):
    INITIAL = "initial"
    """The first convention of an application."""
    AMENDMENT = "amendment"
    """A new text during the term of another convention, which it replaces from its effect on."""
    RENEWAL = "renewal"
    """The next term, after the one that it replaces."""


def after(state: str, act: Act) -> ConventionState:
    """The state that ``act`` leads to. Raises TransitionRefused, or AlreadyCountersigned for the one that agents meet
    when they repeat a job."""
    try:
        return TRANSITIONS[ConventionState(state), act]
    except KeyError:
        if act is Act.COUNTERSIGN and state == ConventionState.ACTIVE:
            raise AlreadyCountersigned(state=str(state)) from None
        raise TransitionRefused(state=str(state), act=str(act)) from None


def one_year_later(on: date) -> date:
    """The same day of the next year; 29 February becomes the 28th."""
    try:
        return on.replace(year=on.year + 1)
    except ValueError:
        return on.replace(year=on.year + 1, day=28)


def in_force(
    state: str, effective_on: date | None, ends_on: date | None, today: date, terminated_on: date | None = None
) -> bool:
    """Whether a convention binds on ``today`` (business days, ends included). One that was terminated for a later day
    binds until the day before ``terminated_on``."""
    if effective_on is None or today < effective_on:
        return False
    if ends_on is not None and today > ends_on:
        return False
    if state == ConventionState.TERMINATED:
        return terminated_on is not None and today < terminated_on
    return state == ConventionState.ACTIVE
