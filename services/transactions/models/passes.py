"""Seasons, families, children and their passes. Names, birthdays, addresses and codes are sealed by the vault; what
must be found again has a fingerprint beside it."""

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.transactions.models.base import Base, Cents, Day, Id, Instant, Words


class Season(Base):  # type: ignore[misc, valid-type]
    """Dates, amounts and budget of a scheme for one year."""

    __tablename__ = "seasons"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="ends_after_start"),
        CheckConstraint("state IN ('draft', 'open', 'closed')", name="state"),
        CheckConstraint("budget_cents >= 0", name="budget"),
        UniqueConstraint("scheme", "name"),
    )

    season_id: Mapped[Id] = mapped_column(primary_key=True)
    scheme: Mapped[Words]
    name: Mapped[Words]
    state: Mapped[Words]
    starts_on: Mapped[Day]
    ends_on: Mapped[Day]
    age_on: Mapped[Day]  # ages are counted on this day
    budget_cents: Mapped[Cents]
    committed_cents: Mapped[Cents] = mapped_column(server_default=text("0"))  # issued, less what went back
    pass_count: Mapped[int] = mapped_column(server_default=text("0"))  # a trigger counts those that are issued
    amount_rules: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    created_at: Mapped[Instant]


class Family(Base):  # type: ignore[misc, valid-type]
    """Where a family's mails go."""

    __tablename__ = "families"

    family_id: Mapped[Id] = mapped_column(primary_key=True)
    reference_print: Mapped[Words] = mapped_column(unique=True)
    email_sealed: Mapped[Words]
    email_print: Mapped[Words]
    debit_mails: Mapped[bool] = mapped_column(server_default=text("true"))
    link_version: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))


class Beneficiary(Base):  # type: ignore[misc, valid-type]
    """A child. ``identity_sealed`` holds first name, last name and birthday as one sealed JSON text."""

    __tablename__ = "beneficiaries"
    __table_args__ = (Index(None, "family_id"), Index(None, "last_name_print"))

    beneficiary_id: Mapped[Id] = mapped_column(primary_key=True)
    family_id: Mapped[Id] = mapped_column(ForeignKey("families.family_id"))
    reference_print: Mapped[Words] = mapped_column(unique=True)
    identity_sealed: Mapped[Words]
    identity_print: Mapped[Words]  # tells on re-import whether anything changed
    last_name_print: Mapped[Words]


class Pass(Base):  # type: ignore[misc, valid-type]
    """One child's entitlement for one season. Nothing indexed changes with a debit, so that PostgreSQL updates the row
    in place (HOT), and pages keep room for it."""

    __tablename__ = "passes"
    __table_args__ = (
        CheckConstraint("balance_cents >= 0", name="balance_not_negative"),
        CheckConstraint("balance_cents <= amount_cents", name="balance_not_above_amount"),
        CheckConstraint("rotation BETWEEN 1 AND 65535", name="rotation"),
        UniqueConstraint("season_id", "beneficiary_id"),
        Index(None, "beneficiary_id"),
        {"postgresql_with": {"fillfactor": "80"}},
    )

    pass_id: Mapped[Id] = mapped_column(primary_key=True)
    season_id: Mapped[Id] = mapped_column(ForeignKey("seasons.season_id"))
    beneficiary_id: Mapped[Id] = mapped_column(ForeignKey("beneficiaries.beneficiary_id"))
    qr_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    rotation: Mapped[int]
    code_sealed: Mapped[Words]
    amount_cents: Mapped[Cents]  # issued and topped up
    balance_cents: Mapped[Cents]
    issued_at: Mapped[Instant]
    cancelled_at: Mapped[Instant | None]


class PassCode(Base):  # type: ignore[misc, valid-type]
    """Every typed code ever given out: one of an earlier rotation is recognised, and refused."""

    __tablename__ = "pass_codes"
    __table_args__ = (Index(None, "pass_id"),)

    code_print: Mapped[Words] = mapped_column(primary_key=True)
    pass_id: Mapped[Id] = mapped_column(ForeignKey("passes.pass_id"))
    rotation: Mapped[int]
    made_at: Mapped[Instant]


class FamilyNotice(Base):  # type: ignore[misc, valid-type]
    """A mail that a family is still owed; the row goes when the mail is stored for sending."""

    __tablename__ = "family_notices"

    notice_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    kind: Mapped[Words]  # of its template: issued, renewed, debit, cancelled_debit, topped_up, withdrawn …
    pass_id: Mapped[Id] = mapped_column(ForeignKey("passes.pass_id"))
    transaction_id: Mapped[Id | None]
