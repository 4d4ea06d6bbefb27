"""The tables of the transactions service, by subject."""

from services.transactions.models.base import Base
from services.transactions.models.contestations import Contestation, Correction
from services.transactions.models.days import SeasonDay, StructureDay
from services.transactions.models.files import TransientFile
from services.transactions.models.imports import Import, ImportRefusal
from services.transactions.models.ledger import LedgerEntry
from services.transactions.models.partners import Establishment, Partner
from services.transactions.models.passes import Beneficiary, Family, FamilyNotice, Pass, PassCode, Season
from services.transactions.models.transactions import IdempotencyKey, Transaction

__all__ = [
    "Base",
    "Beneficiary",
    "Contestation",
    "Correction",
    "Establishment",
    "Family",
    "FamilyNotice",
    "IdempotencyKey",
    "Import",
    "ImportRefusal",
    "LedgerEntry",
    "Partner",
    "Pass",
    "PassCode",
    "Season",
    "SeasonDay",
    "StructureDay",
    "Transaction",
    "TransientFile",
]
