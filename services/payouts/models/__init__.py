"""The tables of payouts. Constraints hold the rules that money rests on, whatever the code does."""

from services.payouts.models.base import Base
from services.payouts.models.batches import (
    BankFile,
    Batch,
    LeftBehind,
    Payout,
    PayoutDocument,
    PayoutLine,
    Sequence,
    ToldHold,
    UsedProof,
)
from services.payouts.models.finance import (
    BankReport,
    BankReportLine,
    CalendarRun,
    CalendarSetting,
    LedgerEntry,
    LedgerMovement,
    PlanSetting,
    ReconciliationRun,
)
from services.payouts.models.lines import AnnouncedChunk, AnnouncedDay, BankAccount, Line, OpenLine, Partner

__all__ = [
    "AnnouncedChunk",
    "AnnouncedDay",
    "BankAccount",
    "BankFile",
    "BankReport",
    "BankReportLine",
    "Base",
    "Batch",
    "CalendarRun",
    "CalendarSetting",
    "LedgerEntry",
    "LedgerMovement",
    "LeftBehind",
    "Line",
    "OpenLine",
    "Partner",
    "Payout",
    "PayoutDocument",
    "PayoutLine",
    "PlanSetting",
    "ReconciliationRun",
    "Sequence",
    "ToldHold",
    "UsedProof",
]
