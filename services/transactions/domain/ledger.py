"""The pass ledger: double entry. Signed euro cents; every movement sums to zero; rows are never changed.

Accounts: ``budget`` (of a season: what may still be issued), ``pass`` (what a child may still spend) and ``partner``
(what a structure is owed since the beginning). A positive amount adds to the account.
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Why money moved."""

    ISSUE = "issue"  # budget → pass
    TOP_UP = "top_up"  # budget → pass
    DEBIT = "debit"  # pass → partner
    CANCEL = "cancel"  # partner → pass, the same day
    CORRECTION = "correction"  # partner → pass (or budget, when the season is over), by the Caf's decision
    EXPIRY = "expiry"  # pass → budget, when a season closes or a pass is cancelled


BUDGET, PASS, PARTNER = "budget", "pass", "partner"


@dataclass(frozen=True)
class Entry:
    """One side of a movement."""

    account: str
    account_id: str
    amount_cents: int


def move(source: tuple[str, str], target: tuple[str, str], amount_cents: int) -> tuple[Entry, Entry]:
    """The two entries that take ``amount_cents`` (positive) from one account to another."""
    if amount_cents <= 0:
        raise ValueError("a movement has a positive amount")
    return Entry(*source, -amount_cents), Entry(*target, amount_cents)
