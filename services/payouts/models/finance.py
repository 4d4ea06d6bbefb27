"""What is proved: ledger, bank reports, reconciliations, and the settings of finance."""

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Identity, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.payouts.models.base import Base, Cents, Count, Id, Instant, Words


class LedgerMovement(Base):
    """One movement: its entries sum to zero (a deferred trigger says no otherwise). One fact moves money
    once."""

    __tablename__ = "ledger_movements"
    __table_args__ = (
        UniqueConstraint("kind", "reference"),
        Index("ix_ledger_movements_moved_at", "moved_at"),
        {"info": {"append_only": True, "rows_of": "structure_id"}},
    )

    movement_id: Mapped[Id] = mapped_column(primary_key=True)
    kind: Mapped[Words]
    reference: Mapped[Words]  # of the fact: day and chunk, correction, payout
    piece: Mapped[Words]  # what an accountant looks up: a slip number, a day
    structure_id: Mapped[Id]
    moved_at: Mapped[Instant]


class LedgerEntry(Base):
    """One side of a movement: positive is a debit, negative a credit."""

    __tablename__ = "ledger_entries"
    __table_args__ = (
        CheckConstraint("amount_cents <> 0", name="amount"),
        CheckConstraint(
            "account IN ('scheme_expense', 'partners_payable', 'transfers_in_progress', 'bank')", name="account"
        ),
        Index("ix_ledger_entries_account_structure_id", "account", "structure_id"),
        {"info": {"append_only": True, "rows_of": "structure_id"}},
    )

    movement_id: Mapped[Id] = mapped_column(ForeignKey("ledger_movements.movement_id"), primary_key=True)
    account: Mapped[Words] = mapped_column(primary_key=True)
    structure_id: Mapped[Id]
    amount_cents: Mapped[Cents]


class BankReport(Base):
    """One imported pain.002 or camt.054, known by its content."""

    __tablename__ = "bank_reports"
    __table_args__ = ({"info": {"append_only": True}},)

    report_id: Mapped[Id] = mapped_column(primary_key=True)
    sha256: Mapped[Words] = mapped_column(unique=True)
    kind: Mapped[Words]
    filename: Mapped[Words]
    imported_at: Mapped[Instant]
    imported_by: Mapped[Words]


class BankReportLine(Base):
    """What became of one line of a bank report."""

    __tablename__ = "bank_report_lines"
    __table_args__ = (
        CheckConstraint(
            "outcome IN ('settled', 'returned', 'already_known', 'unknown', 'amount_differs', 'ignored')",
            name="outcome",
        ),
        Index("ix_bank_report_lines_payout_id", "payout_id"),
        {"info": {"append_only": True}},
    )

    report_id: Mapped[Id] = mapped_column(ForeignKey("bank_reports.report_id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    end_to_end_id: Mapped[Words | None]
    payout_id: Mapped[Id | None]
    outcome: Mapped[Words]
    amount_cents: Mapped[Cents | None]
    reason: Mapped[Words | None]
    dated_on: Mapped[date | None] = mapped_column(Date)


class ReconciliationRun(Base):
    """The result of one comparison of lines, payouts, files and ledger."""

    __tablename__ = "reconciliation_runs"
    __table_args__ = ({"info": {"append_only": True}},)

    run_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[Instant]
    difference_count: Mapped[Count]
    differences: Mapped[list[Any]] = mapped_column(JSONB)


class CalendarSetting(Base):
    """When batches prepare themselves; the latest row holds."""

    __tablename__ = "calendar_settings"
    __table_args__ = ({"info": {"append_only": True}},)

    setting_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    frequency: Mapped[Words]
    weekdays: Mapped[list[Any]] = mapped_column(JSONB)
    month_days: Mapped[list[Any]] = mapped_column(JSONB)
    hour: Mapped[int]
    set_at: Mapped[Instant]
    set_by: Mapped[Words]


class CalendarRun(Base):
    """A day on which the calendar has prepared a batch, or found nothing to prepare."""

    __tablename__ = "calendar_runs"
    __table_args__ = ({"info": {"append_only": True}},)

    run_on: Mapped[date] = mapped_column(Date, primary_key=True)
    batch_id: Mapped[Id | None]


class PlanSetting(Base):
    """How exports number the ledger's accounts; the latest row holds."""

    __tablename__ = "plan_settings"
    __table_args__ = ({"info": {"append_only": True}},)

    setting_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    accounts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    set_at: Mapped[Instant]
    set_by: Mapped[Words]
