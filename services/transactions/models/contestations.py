"""Contestations by clubs and families, and the corrections that the Caf decides."""

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.transactions.models.base import Base, Cents, Id, Instant, Words


class Contestation(Base):  # type: ignore[misc, valid-type]
    """One per transaction. Texts are sealed: people write names in them."""

    __tablename__ = "contestations"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'accepted', 'rejected')", name="state"),
        CheckConstraint("opened_by IN ('structure', 'family')", name="opened_by"),
        Index(None, "state", "opened_at", "contestation_id"),
        Index(None, "state", "contestation_id"),
    )

    contestation_id: Mapped[Id] = mapped_column(primary_key=True)
    transaction_id: Mapped[Id] = mapped_column(ForeignKey("transactions.transaction_id"), unique=True)
    opened_by: Mapped[Words]
    opened_at: Mapped[Instant]
    reason_sealed: Mapped[Words]
    state: Mapped[Words]
    decided_at: Mapped[Instant | None]
    decided_by: Mapped[Id | None]
    decision_sealed: Mapped[Words | None]


class Correction(Base):  # type: ignore[misc, valid-type]
    """Signed cents on a partner's next payout; negative: taken back."""

    __tablename__ = "corrections"
    __table_args__ = ({"info": {"append_only": True, "rows_of": "structure_id"}},)

    correction_id: Mapped[Id] = mapped_column(primary_key=True)
    contestation_id: Mapped[Id] = mapped_column(ForeignKey("contestations.contestation_id"), unique=True)
    transaction_id: Mapped[Id]
    structure_id: Mapped[Id]
    amount_cents: Mapped[Cents]
    accepted_at: Mapped[Instant]
