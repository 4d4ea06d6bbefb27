"""Which documents a structure must send. The table itself is configuration: `configuration/structure_types.toml`."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class DocumentKind:
    """One kind of supporting document. `step`: where the form asks for it. `max_files`: two for an identity card
    (both sides). `expires_after_days`: how old it may be, as a help for the agent."""

    kind: str
    label: str
    step: int
    required: bool = True
    hint: str = ""
    max_files: int = 1
    confidential: bool = False
    purged_after_activation: bool = False


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
