"""The double-entry ledger of what the Caf owes its partners.

Every movement's entries sum to zero. Positive is a debit, negative a credit.

| what happens | debit | credit |
|---|---|---|
| lines are locked by transactions | scheme expense | partners payable |
| a correction takes money back | partners payable | scheme expense |
| a payout's batch is released | partners payable | transfers in progress |
| the bank confirms (camt.054) | transfers in progress | bank |
| the bank rejects before paying (pain.002) | transfers in progress | partners payable |
| the bank returns after paying (camt.054) | bank | partners payable |
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.payouts.domain.states import PayoutState


class AccountKey(StrEnum):
    """The ledger's accounts; exports number them by the configurable plan of accounts."""

    SCHEME_EXPENSE = "scheme_expense"
    PARTNERS_PAYABLE = "partners_payable"
    TRANSFERS_IN_PROGRESS = "transfers_in_progress"
    BANK = "bank"


class MovementKind(StrEnum):
    """Why money moved."""

    LINES_LOCKED = "lines_locked"
    CORRECTION = "correction"
    PAYOUT_RELEASED = "payout_released"
    PAYOUT_SETTLED = "payout_settled"
    PAYOUT_RETURNED = "payout_returned"


@dataclass(frozen=True)
class Entry:
    """One side of a movement."""

    account: AccountKey
    amount_cents: int


def _move(amount_cents: int, *, debit: AccountKey, credit: AccountKey) -> tuple[Entry, Entry]:
    return Entry(debit, amount_cents), Entry(credit, -amount_cents)


def owed(amount_cents: int) -> Sequence[Entry]:
    """Lines became due to a partner; negative for what is taken back."""
    return _move(amount_cents, debit=AccountKey.SCHEME_EXPENSE, credit=AccountKey.PARTNERS_PAYABLE)


def released(amount_cents: int) -> Sequence[Entry]:
    """A payout was ordered from the bank."""
    return _move(amount_cents, debit=AccountKey.PARTNERS_PAYABLE, credit=AccountKey.TRANSFERS_IN_PROGRESS)


def settled(amount_cents: int) -> Sequence[Entry]:
    """The bank has paid."""
    return _move(amount_cents, debit=AccountKey.TRANSFERS_IN_PROGRESS, credit=AccountKey.BANK)


def returned(amount_cents: int, state: PayoutState) -> Sequence[Entry]:
    """The bank gave back a payout that was in ``state``: the partner is owed again."""
    source = AccountKey.BANK if state is PayoutState.PAID else AccountKey.TRANSFERS_IN_PROGRESS
    return _move(amount_cents, debit=source, credit=AccountKey.PARTNERS_PAYABLE)
