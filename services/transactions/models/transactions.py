"""Debits, and the keys under which they were asked for."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.transactions.domain.states import TransactionState
from services.transactions.models.base import Base, Cents, Day, Id, Instant, Words

_NEWEST = ("recorded_at", "transaction_id")
_UNUSUAL = text("state IN ('cancelled', 'locked', 'in_payout', 'returned')")
_STATES = ", ".join(f"'{state}'" for state in TransactionState)


class Transaction(Base):  # type: ignore[misc, valid-type]
    """One use of a pass at a partner."""

    __tablename__ = "transactions"
    __table_args__ = (
        CheckConstraint("amount_cents > 0", name="amount_positive"),
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        CheckConstraint("origin IN ('web', 'terminal', 'offline')", name="origin"),
        CheckConstraint("(state = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled"),
        Index(None, *_NEWEST),
        Index(  # the last four are looked at in the index itself, so that what is rare is found without its neighbours
            "ix_transactions_of_structure",
            *("structure_id", *_NEWEST, "season_id", "establishment_id", "operator_id", "terminal_id"),
        ),
        Index("ix_transactions_of_season", "season_id", *_NEWEST),
        Index("ix_transactions_unusual", "state", *_NEWEST, postgresql_where=_UNUSUAL),
        Index("ix_transactions_unusual_of_structure", "structure_id", "state", *_NEWEST, postgresql_where=_UNUSUAL),
        Index("ix_transactions_contested", *_NEWEST, postgresql_where=text("contested")),
        Index("ix_transactions_contested_of_structure", "structure_id", *_NEWEST, postgresql_where=text("contested")),
        Index(None, "slip_number", postgresql_where=text("slip_number IS NOT NULL")),
        Index(None, "pass_id", "recorded_at"),
        Index("ix_transactions_open_day", "recorded_on", "structure_id", postgresql_where=text("state = 'recorded'")),
        Index(None, "payout_id", postgresql_where=text("payout_id IS NOT NULL")),
        {"postgresql_with": {"fillfactor": "90"}, "info": {"rows_of": "structure_id"}},
    )

    transaction_id: Mapped[Id] = mapped_column(primary_key=True)
    number: Mapped[Words] = mapped_column(unique=True)
    pass_id: Mapped[Id] = mapped_column(ForeignKey("passes.pass_id"))
    season_id: Mapped[Id]
    beneficiary_id: Mapped[Id]
    structure_id: Mapped[Id]
    establishment_id: Mapped[Id | None]
    amount_cents: Mapped[Cents]
    balance_after_cents: Mapped[Cents]
    state: Mapped[Words]
    contested: Mapped[bool] = mapped_column(server_default=text("false"))
    origin: Mapped[Words]
    operator_id: Mapped[Id | None]
    terminal_id: Mapped[Id | None]
    recorded_at: Mapped[Instant]
    recorded_on: Mapped[Day]
    scanned_at: Mapped[Instant | None]
    cancelled_at: Mapped[Instant | None]
    locked_on: Mapped[Day | None]
    payout_id: Mapped[Id | None]
    slip_number: Mapped[Words | None]


class IdempotencyKey(Base):  # type: ignore[misc, valid-type]
    """What a call under a key came to: a transaction, or a refusal. Written by the transaction that did it;
    lives as long."""

    __tablename__ = "idempotency_keys"
    __table_args__ = ({"info": {"rows_of": "structure_id"}},)

    structure_id: Mapped[Id] = mapped_column(primary_key=True)
    caller: Mapped[Words] = mapped_column(primary_key=True)  # the terminal's or the account's id
    key: Mapped[Words] = mapped_column(primary_key=True)
    act: Mapped[Words]  # record or cancel
    asked: Mapped[Words]  # digest of what was asked for
    transaction_id: Mapped[Id | None] = mapped_column(ForeignKey("transactions.transaction_id"))
    balance_cents: Mapped[Cents | None]  # of the pass, as answered
    refusal_code: Mapped[Words | None]
    refusal_fields: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    at: Mapped[Instant]
