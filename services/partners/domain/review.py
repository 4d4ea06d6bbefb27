"""The review of an application: a verdict per document and per group of fields.

When a correction is asked, only what was refused reopens (DOMAIN, «Review»); what was accepted stays locked.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from services.partners.domain.application import State
from services.partners.domain.documents import StructureType
from services.partners.domain.refusals import (
    CorrectionsIncomplete,
    ItemLocked,
    ItemsRefused,
    NothingRefused,
    ReasonMissing,
    StaleRound,
    VerdictsMissing,
)

REASON_MAX = 1000


class Verdict(StrEnum):
    """What the Caf says of one item."""

    PENDING = "pending"  # nobody has judged what is there now
    ACCEPTED = "accepted"
    REFUSED = "refused"


GROUPS = {
    "structure_type": (2, "Type de structure"),
    "structure": (3, "Informations sur la structure"),
    "representative": (4, "Représentant légal"),
    "activities": (5, "Activités proposées"),
    "bank_account": (6, "Coordonnées bancaires"),
}
"""The groups of fields that get a verdict: (step of the form, label)."""


@dataclass(frozen=True)
class Item:
    """One thing to judge. `key`: «fields:<group>» or «document:<kind>». `present`: whether there is something to judge
    (an optional document may be absent). `answered`: whether the partner has answered the refusal in this round."""

    key: str
    label: str
    required: bool
    present: bool
    verdict: Verdict = Verdict.PENDING
    answered: bool = False

    @property
    def judgeable(self) -> bool:
        """Whether approval needs a verdict on it."""
        return self.required or self.present


def group_key(group: str) -> str:
    """The item of a group of fields."""
    return f"fields:{group}"


def document_key(kind: str) -> str:
    """The item of a kind of document."""
    return f"document:{kind}"


def expected_items(structure_type: StructureType) -> dict[str, tuple[str, bool, int]]:
    """Every item of an application of this type: key → (label, required, step), in the order of the form."""
    found = {group_key(name): (label, True, step) for name, (step, label) in GROUPS.items()}
    for document in structure_type.documents:
        found[document_key(document.kind)] = (document.label, document.required, document.step)
    return dict(sorted(found.items(), key=lambda entry: entry[1][2]))


def is_open(state: State, item: Item) -> bool:
    """Whether the partner may change the item now: what was refused, and what a corrected type newly demands."""
    if state is not State.CORRECTION_REQUESTED:
        return state is State.DRAFT
    return item.verdict is Verdict.REFUSED or (item.required and not item.present)


def check_open(state: State, item: Item) -> None:
    """Refuses `item_locked`."""
    if not is_open(state, item):
        raise ItemLocked(item=item.key)


def check_verdict(accepted: bool, reason: str, seen_round: int, round_: int) -> None:
    """A refusal says why, and the agent has looked at the present round. Refuses `reason_missing`, `stale_round`."""
    if seen_round != round_:
        raise StaleRound(round=round_)
    if not accepted and not reason.strip():
        raise ReasonMissing()


def check_approval(items: Iterable[Item]) -> None:
    """Everything there is to judge is accepted. Refuses `items_refused`, `verdicts_missing`."""
    judged = [item for item in items if item.judgeable]
    refused = [item.label for item in judged if item.verdict is Verdict.REFUSED]
    missing = [item.label for item in judged if item.verdict is Verdict.PENDING]
    if refused:
        raise ItemsRefused(refused=refused)
    if missing:
        raise VerdictsMissing(missing=missing)


def check_correction_request(items: Iterable[Item]) -> list[Item]:
    """What the partner will be asked to correct. Refuses `nothing_refused`."""
    refused = [item for item in items if item.verdict is Verdict.REFUSED]
    if not refused:
        raise NothingRefused()
    return refused


def check_resubmission(items: Iterable[Item]) -> list[Item]:
    """The items that the partner answered, which need a new verdict. Refuses `corrections_incomplete`."""
    open_items = [item for item in items if is_open(State.CORRECTION_REQUESTED, item)]
    missing = [item.label for item in open_items if not (item.answered and (item.present or not item.required))]
    if missing:
        raise CorrectionsIncomplete(missing=missing)
    return open_items
