"""SMS sent, and what waits for somebody and will be recalled."""

from datetime import date

from sqlalchemy import Date, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.identity.models.base import Base, Id, Instant, Ref, Words


class Sms(Base):
    """One SMS handed to a provider, without its text and with a masked number: evidence that it left."""

    __tablename__ = "sms"
    __table_args__ = (
        Index("uq_sms_provider_id", "provider", "provider_id", unique=True),
        Index("ix_sms_account", "account_id", "sent_at"),
    )

    sms_id: Mapped[Id]
    account_id: Mapped[Ref] = mapped_column(ForeignKey("accounts.account_id"))
    purpose: Mapped[Words]
    provider: Mapped[Words]
    provider_id: Mapped[Words | None]
    masked_phone: Mapped[Words]
    status: Mapped[Words]
    sent_at: Mapped[Instant]
    status_at: Mapped[Instant]


class WaitingItem(Base):
    """Something that waits for an act of a partner or of the Caf. See `domain.reminders`."""

    __tablename__ = "waiting"
    __table_args__ = (Index("ix_waiting_due_at", "due_at"),)

    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    subject_id: Mapped[Ref] = mapped_column(primary_key=True)
    structure_id: Mapped[Ref | None]
    since: Mapped[Instant]
    deadline_on: Mapped[date | None] = mapped_column(Date)  # the last day on which it does any good
    reminded: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[Instant | None]
