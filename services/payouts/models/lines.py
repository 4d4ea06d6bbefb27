"""What is owed: partners, their bank accounts, the days announced by transactions, and the lines."""

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.payouts.models.base import Base, Cents, Count, Id, Instant, Words


class Partner(Base):
    """What payouts knows of a structure; fed by events, the latest wins."""

    __tablename__ = "partners"

    structure_id: Mapped[Id] = mapped_column(primary_key=True)
    name: Mapped[Words] = mapped_column(server_default=text("''"))
    partner_number: Mapped[Words | None]
    commune_name: Mapped[Words] = mapped_column(server_default=text("''"))
    activities: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    updated_at: Mapped[Instant]


class BankAccount(Base):
    """One verified version of a partner's bank account. The IBAN is sealed with this service's own keys."""

    __tablename__ = "bank_accounts"
    __table_args__ = (UniqueConstraint("structure_id", "version"), {"info": {"rows_of": "structure_id"}})

    bank_account_id: Mapped[Id] = mapped_column(primary_key=True)
    structure_id: Mapped[Id]
    version: Mapped[int]
    iban_sealed: Mapped[Words]
    iban_masked: Mapped[Words]
    bic: Mapped[Words | None]
    holder: Mapped[Words]
    in_force_at: Mapped[Instant]
    suspended_at: Mapped[Instant | None]
    suspension_reason: Mapped[Words | None]


class AnnouncedDay(Base):
    """One announcement of transactions about a partner's day: the totals to reconcile with. Complete when all chunks
    are in."""

    __tablename__ = "announced_days"
    __table_args__ = (
        CheckConstraint("received_chunks BETWEEN 1 AND chunks", name="received_chunks"),
        CheckConstraint("received_cents <= total_cents AND received_count <= line_count", name="received_totals"),
        Index("ix_announced_days_incomplete", "structure_id", postgresql_where=text("received_chunks < chunks")),
        {"info": {"rows_of": "structure_id"}},
    )

    announcement_id: Mapped[Id] = mapped_column(primary_key=True)
    structure_id: Mapped[Id]
    locked_on: Mapped[date] = mapped_column(Date)
    chunks: Mapped[int]
    total_cents: Mapped[Cents]
    line_count: Mapped[Count]
    received_chunks: Mapped[int]
    received_cents: Mapped[Cents]
    received_count: Mapped[Count]


class AnnouncedChunk(Base):
    """One chunk of an announcement: it counts once, whatever event brought it."""

    __tablename__ = "announced_chunks"
    __table_args__ = ({"info": {"append_only": True, "rows_of": "structure_id"}},)

    announcement_id: Mapped[Id] = mapped_column(primary_key=True)
    structure_id: Mapped[Id]
    chunk: Mapped[int] = mapped_column(primary_key=True)


class Line(Base):
    """One amount owed to a partner (or taken back): a locked transaction or an accepted correction. Never
    changed."""

    __tablename__ = "lines"
    __table_args__ = (
        UniqueConstraint("kind", "reference_id"),
        UniqueConstraint("line_id", "structure_id", "amount_cents"),
        CheckConstraint("kind IN ('transaction', 'correction')", name="kind"),
        CheckConstraint("amount_cents <> 0 AND (kind = 'correction' OR amount_cents > 0)", name="amount"),
        CheckConstraint(
            "(kind = 'transaction') = (locked_on IS NOT NULL) AND (locked_on IS NULL) = (announcement_id IS NULL)",
            name="locked_on",
        ),
        Index("ix_lines_structure_id_occurred_at", "structure_id", "occurred_at"),
        Index("ix_lines_transaction_id", "transaction_id"),
        Index("ix_lines_number", "number"),
        {"info": {"append_only": True, "rows_of": "structure_id"}},
    )

    line_id: Mapped[Id] = mapped_column(primary_key=True)
    kind: Mapped[Words]
    reference_id: Mapped[Id]  # of the transaction, or of the correction
    transaction_id: Mapped[Id]
    structure_id: Mapped[Id]
    locked_on: Mapped[date | None] = mapped_column(Date)
    announcement_id: Mapped[Id | None]  # that told of the transaction
    number: Mapped[Words]
    establishment_name: Mapped[Words]
    scheme: Mapped[Words]
    amount_cents: Mapped[Cents]
    occurred_at: Mapped[Instant]


class OpenLine(Base):
    """A line that no payout holds: what the next batch looks at, so that its cost doesn't grow with
    history."""

    __tablename__ = "open_lines"
    __table_args__ = (Index("ix_open_lines_structure_id", "structure_id"), {"info": {"rows_of": "structure_id"}})

    line_id: Mapped[Id] = mapped_column(ForeignKey("lines.line_id"), primary_key=True)
    structure_id: Mapped[Id]
