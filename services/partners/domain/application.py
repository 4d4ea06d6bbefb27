"""The life of an application: its steps, its states, and what is still missing.

The states are drawn in README.md; a test holds the drawing and `TRANSITIONS` together.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

from services.partners.domain.documents import StructureType
from services.partners.domain.refusals import StaleVersion, TransitionRefused

DRAFT_DAYS = 30
"""A draft can be taken up again for 30 days after it was last saved (issue: «resumable from a mailed link»)."""

LINKS_PER_DAY = 5
"""A draft's link is mailed at most five times a day: nobody's letter-box is flooded by way of this form."""


class Step(IntEnum):
    """The seven steps of the guide."""

    INFORMATION = 1
    STRUCTURE_TYPE = 2
    STRUCTURE = 3
    REPRESENTATIVE = 4
    ACTIVITIES = 5
    BANK_ACCOUNT = 6
    DATA_USE = 7


STEP_LABELS = {
    Step.INFORMATION: "Informations générales sur les modalités d’inscription",
    Step.STRUCTURE_TYPE: "Type de structure",
    Step.STRUCTURE: "Information concernant la structure",
    Step.REPRESENTATIVE: "Information concernant le représentant légal",
    Step.ACTIVITIES: "Activités proposées",
    Step.BANK_ACCOUNT: "Coordonnées bancaires",
    Step.DATA_USE: "Utilisation des données",
}
SAVED_STEPS = tuple(step for step in Step if Step.STRUCTURE_TYPE <= step <= Step.BANK_ACCOUNT)


class State(StrEnum):
    """Where an application stands."""

    DRAFT = "draft"  # the visitor is filling it in
    SUBMITTED = "submitted"  # «CONTINUER»: waits for an instructor
    IN_REVIEW = "in_review"  # an instructor has it
    CORRECTION_REQUESTED = "correction_requested"  # the partner corrects what was refused
    APPROVED = "approved"  # has a partner number; over
    REJECTED = "rejected"  # over


class Action(StrEnum):
    """What moves it."""

    SUBMIT = "submit"
    TAKE = "take"
    JUDGE = "judge"  # a verdict on one item
    REQUEST_CORRECTION = "request_correction"
    RESUBMIT = "resubmit"
    APPROVE = "approve"
    REJECT = "reject"


TRANSITIONS: Mapping[tuple[State, Action], State] = {
    (State.DRAFT, Action.SUBMIT): State.SUBMITTED,
    (State.SUBMITTED, Action.TAKE): State.IN_REVIEW,
    (State.IN_REVIEW, Action.JUDGE): State.IN_REVIEW,
    (State.IN_REVIEW, Action.REQUEST_CORRECTION): State.CORRECTION_REQUESTED,
    (State.CORRECTION_REQUESTED, Action.RESUBMIT): State.IN_REVIEW,
    (State.IN_REVIEW, Action.APPROVE): State.APPROVED,
    (State.IN_REVIEW, Action.REJECT): State.REJECTED,
    (State.CORRECTION_REQUESTED, Action.REJECT): State.REJECTED,  # a partner who never answers
}
"""Everything that may happen; whatever isn't here is refused."""


def next_state(state: State, action: Action) -> State:
    """The state after `action`. Refuses `transition_refused`."""
    try:
        return TRANSITIONS[state, action]
    except KeyError:
        raise TransitionRefused(state=state.value, action=action.value) from None


def allowed(state: State) -> set[Action]:
    """What may happen in this state."""
    return {action for (origin, action) in TRANSITIONS if origin is state}


def check_version(current: int, seen: int) -> None:
    """Whoever changes something must have seen its latest version. Refuses `stale_version`."""
    if current != seen:
        raise StaleVersion(step_version=current)


@dataclass(frozen=True)
class Missing:
    """One thing that a step still needs."""

    step: int
    label: str


def missing_of(
    structure_type: StructureType | None, completed: Collection[int], kinds_present: Collection[str]
) -> list[Missing]:
    """What submission would refuse, in the order of the steps: steps never saved and required documents."""
    found = [Missing(step, STEP_LABELS[step]) for step in SAVED_STEPS if step not in completed]
    documents = structure_type.missing(kinds_present) if structure_type else []
    found += [Missing(document.step, document.label) for document in documents]
    return sorted(found, key=lambda missing: missing.step)


def next_step(completed: Collection[int]) -> Step:
    """Where to go on: the first step that was never saved, else the last page."""
    return next((step for step in SAVED_STEPS if step not in completed), Step.DATA_USE)


def changed_fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The names of the fields that differ, an absent one being as good as an empty one."""
    names = sorted({*before, *after})
    return [name for name in names if (before.get(name) or None) != (after.get(name) or None)]
