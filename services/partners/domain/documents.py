"""Which documents a structure must send. The table itself is configuration: `configuration/structure_types.toml`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date as day
from datetime import timedelta

BANK_DETAILS = "bank_details"
"""The kind of the RIB, in whose text the IBAN is looked for."""
KEEP_REJECTED = timedelta(days=365)
"""Files of a rejected application: a year, for an appeal and its judgement, then they are destroyed."""


@dataclass(frozen=True)
class DocumentKind:
    """One kind of supporting document. `step`: where the form asks for it. `max_files`: two for an identity card
    (both sides). `date`: «issued» or «expires» where the form asks for a date; `max_age_days`: how old an issued one
    may be."""

    kind: str
    label: str
    step: int
    required: bool = True
    hint: str = ""
    max_files: int = 1
    confidential: bool = False
    purged_after_activation: bool = False
    date: str = ""
    max_age_days: int = 0

    def out_of_date(self, on: day | None, today: day) -> bool:
        """Whether a document with that date is too old, or no longer valid, today."""
        if on is None:
            return False
        if self.date == "expires":
            return on < today
        return bool(self.max_age_days) and (today - on).days > self.max_age_days


@dataclass(frozen=True)
class StructureType:
    """One type of structure and what it must bring."""

    code: str
    label: str
    hint: str
    has_rna: bool
    documents: tuple[DocumentKind, ...]

    def document(self, kind: str) -> DocumentKind | None:
        """The document of that kind, None if this type doesn't ask for it."""
        return next((document for document in self.documents if document.kind == kind), None)

    def of_step(self, step: int) -> list[DocumentKind]:
        """The documents that one step of the form asks for."""
        return [document for document in self.documents if document.step == step]

    def missing(self, present: Iterable[str]) -> list[DocumentKind]:
        """The required documents that are not among the kinds `present`."""
        there = set(present)
        return [document for document in self.documents if document.required and document.kind not in there]
