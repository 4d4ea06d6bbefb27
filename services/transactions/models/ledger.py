"""The pass ledger (see `domain.ledger`). A deferred trigger checks at commit that each movement sums to zero."""

from sqlalchemy import BigInteger, CheckConstraint, Identity, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.transactions.models.base import Base, Cents, Id, Instant, Words


class LedgerEntry(Base):  # type: ignore[misc, valid-type]
    """One side of a movement."""

    __tablename__ = "ledger_entries"
    __table_args__ = (
        CheckConstraint("amount_cents <> 0", name="amount_not_zero"),
        CheckConstraint("account IN ('budget', 'pass', 'partner')", name="account"),
        UniqueConstraint("movement_id", "account", "account_id"),
        {"info": {"append_only": True}},
    )

    entry_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    movement_id: Mapped[Id]
    kind: Mapped[Words]
    account: Mapped[Words]
    account_id: Mapped[Id]
    amount_cents: Mapped[Cents]
    subject_id: Mapped[Id]  # the transaction, correction or pass that it is about
    at: Mapped[Instant]
