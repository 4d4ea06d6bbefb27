"""What is paid: batches, payouts, their lines, bank files and documents."""

from datetime import date

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from services.payouts.models.base import Base, Cents, Count, Id, Instant, Words


class Batch(Base):
    """All payouts of one run. Who released it isn't who prepared it."""

    __tablename__ = "batches"
    __table_args__ = (
        CheckConstraint("state IN ('prepared', 'released', 'ordered')", name="state"),
        CheckConstraint("released_by <> prepared_by", name="released_by_another"),
        CheckConstraint(
            "(state = 'prepared') = (released_by IS NULL) AND (released_by IS NULL) = (released_at IS NULL) "
            "AND (released_by IS NULL) = (execution_on IS NULL)",
            name="released",
        ),
        CheckConstraint("amount_cents > 0 AND payout_count > 0", name="not_empty"),
        Index("ix_batches_unfinished", "prepared_at", postgresql_where=text("state = 'released'")),
    )

    batch_id: Mapped[Id] = mapped_column(primary_key=True)
    number: Mapped[Words] = mapped_column(unique=True)
    state: Mapped[Words]
    prepared_at: Mapped[Instant]
    prepared_by: Mapped[Words]
    released_at: Mapped[Instant | None]
    released_by: Mapped[Words | None]
    execution_on: Mapped[date | None] = mapped_column(Date)
    payout_count: Mapped[Count]
    amount_cents: Mapped[Cents]
    transaction_count: Mapped[Count]
    correction_count: Mapped[Count]
    failure: Mapped[Words | None]
    failed_at: Mapped[Instant | None]


class Payout(Base):
    """What one partner is paid by one batch."""

    __tablename__ = "payouts"
    __table_args__ = (
        UniqueConstraint("batch_id", "structure_id"),
        UniqueConstraint("payout_id", "structure_id"),
        CheckConstraint("state IN ('prepared', 'ordered', 'paid', 'returned')", name="state"),
        CheckConstraint("amount_cents > 0", name="amount"),
        CheckConstraint("(state = 'returned') = (returned_on IS NOT NULL)", name="returned"),
        CheckConstraint("state <> 'paid' OR settled_on IS NOT NULL", name="paid"),
        CheckConstraint("length(end_to_end_id) <= 35", name="end_to_end_id"),
        Index("ix_payouts_structure_id_slip_number", "structure_id", "slip_number"),
        Index("ix_payouts_batch_id_amount_cents", "batch_id", "amount_cents", "payout_id"),
        Index("ix_payouts_without_slip", "batch_id", postgresql_where=text("NOT slip_made")),
        Index("ix_payouts_to_order", "batch_id", "payout_id", postgresql_where=text("state = 'prepared'")),
        {"info": {"rows_of": "structure_id"}},
    )

    payout_id: Mapped[Id] = mapped_column(primary_key=True)
    batch_id: Mapped[Id] = mapped_column(ForeignKey("batches.batch_id"))
    structure_id: Mapped[Id]
    partner_number: Mapped[Words]
    partner_name: Mapped[Words]
    bank_account_id: Mapped[Id] = mapped_column(ForeignKey("bank_accounts.bank_account_id"))
    slip_number: Mapped[Words] = mapped_column(unique=True)
    end_to_end_id: Mapped[Words] = mapped_column(unique=True)
    state: Mapped[Words]
    amount_cents: Mapped[Cents]
    transaction_count: Mapped[Count]
    correction_count: Mapped[Count]
    bank_file_sequence: Mapped[int | None]
    settled_on: Mapped[date | None] = mapped_column(Date)
    returned_on: Mapped[date | None] = mapped_column(Date)
    return_reason: Mapped[Words | None]
    slip_made: Mapped[bool] = mapped_column(server_default=text("false"))


class PayoutLine(Base):
    """A line's place in a payout. **A line has one live place at most**; a returned payout's places are
    dead."""

    __tablename__ = "payout_lines"
    __table_args__ = (
        ForeignKeyConstraint(["payout_id", "structure_id"], ["payouts.payout_id", "payouts.structure_id"]),
        ForeignKeyConstraint(
            ["line_id", "structure_id", "amount_cents"],
            ["lines.line_id", "lines.structure_id", "lines.amount_cents"],
        ),
        Index("uq_payout_lines_live", "line_id", unique=True, postgresql_where=text("live")),
        {"info": {"rows_of": "structure_id"}},
    )

    payout_id: Mapped[Id] = mapped_column(primary_key=True)
    line_id: Mapped[Id] = mapped_column(primary_key=True)
    structure_id: Mapped[Id]
    amount_cents: Mapped[Cents]
    live: Mapped[bool] = mapped_column(server_default=text("true"))


class LeftBehind(Base):
    """A partner whose lines a batch left for the next one, and why."""

    __tablename__ = "left_behind"
    __table_args__ = ({"info": {"rows_of": "structure_id"}},)

    batch_id: Mapped[Id] = mapped_column(ForeignKey("batches.batch_id", ondelete="CASCADE"), primary_key=True)
    structure_id: Mapped[Id] = mapped_column(primary_key=True)
    reason: Mapped[Words]
    line_count: Mapped[Count]
    amount_cents: Mapped[Cents]


class ToldHold(Base):
    """Why a partner waits for a later batch, as it has been told last."""

    __tablename__ = "told_holds"
    __table_args__ = ({"info": {"rows_of": "structure_id"}},)

    structure_id: Mapped[Id] = mapped_column(primary_key=True)
    reason: Mapped[Words]
    told_at: Mapped[Instant]


class BankFile(Base):
    """One pain.001 message of a batch, kept by hash."""

    __tablename__ = "bank_files"
    __table_args__ = ({"info": {"append_only": True}},)

    batch_id: Mapped[Id] = mapped_column(ForeignKey("batches.batch_id"), primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[Words] = mapped_column(unique=True)
    sha256: Mapped[Words]
    size: Mapped[Count]
    transfer_count: Mapped[Count]
    amount_cents: Mapped[Cents]


class PayoutDocument(Base):
    """A slip or its lines as a table, made once and kept by hash."""

    __tablename__ = "payout_documents"
    __table_args__ = (
        CheckConstraint("kind IN ('pdf', 'csv', 'xlsx')", name="kind"),
        {"info": {"append_only": True}},
    )

    payout_id: Mapped[Id] = mapped_column(ForeignKey("payouts.payout_id"), primary_key=True)
    kind: Mapped[Words] = mapped_column(primary_key=True)
    sha256: Mapped[Words]
    size: Mapped[Count]


class UsedProof(Base):
    """A proof of identity that has released a batch: it releases no other."""

    __tablename__ = "used_proofs"
    __table_args__ = ({"info": {"append_only": True}},)

    proof_id: Mapped[Words] = mapped_column(primary_key=True)
    batch_id: Mapped[Id]


class Sequence(Base):
    """The counters of slip and batch numbers."""

    __tablename__ = "number_sequences"

    name: Mapped[Words] = mapped_column(primary_key=True)
    last: Mapped[Count]
