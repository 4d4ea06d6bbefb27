"""The tables of partners, one module per subject."""

from services.partners.models.applications import (
    REFERENCES,
    Application,
    Document,
    DraftLink,
    HistoryEntry,
    Note,
    ReviewItem,
    Revision,
)
from services.partners.models.base import Base
from services.partners.models.life import (
    AssistanceAttachment,
    AssistanceMessage,
    AssistanceRequest,
    DirectoryEntry,
    Profile,
    Resource,
)
from services.partners.models.structures import (
    BankAccount,
    Establishment,
    PartnerNumber,
    PartnerNumberCounter,
    Structure,
)

__all__ = [
    "REFERENCES",
    "Application",
    "AssistanceAttachment",
    "AssistanceMessage",
    "AssistanceRequest",
    "BankAccount",
    "Base",
    "DirectoryEntry",
    "Document",
    "DraftLink",
    "Establishment",
    "HistoryEntry",
    "Note",
    "PartnerNumber",
    "PartnerNumberCounter",
    "Profile",
    "Resource",
    "ReviewItem",
    "Revision",
    "Structure",
]
