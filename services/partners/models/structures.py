"""Structures, their places, their bank accounts and their numbers."""

from sqlalchemy import BigInteger, CheckConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.partners.models.base import Base, Id, Instant, Ref, Sealed, StructureRef, Words


class Structure(Base):
    """A structure from the moment that its application is submitted. Everything here is public.

    Active (shown in the list, may record transactions) from `active_since` until `ended_on`.
    """

    __tablename__ = "structures"
    __table_args__ = (
        UniqueConstraint("partner_number"),
        Index("ix_structures_siret", "siret"),
        Index("ix_structures_active", "name", "structure_id", postgresql_where="active_since is not null"),
        Index("ix_structures_activities", "activities", postgresql_using="gin"),
    )

    structure_id: Mapped[Id]
    version: Mapped[int] = mapped_column(default=1)
    structure_type: Mapped[Words]
    name: Mapped[Words]
    siret: Mapped[Words]
    rna: Mapped[Words | None]
    naf: Mapped[Words | None]
    address_line1: Mapped[Words]
    address_line2: Mapped[Words | None]
    postcode: Mapped[Words]
    commune_name: Mapped[Words]
    commune_code: Mapped[Words | None]
    email: Mapped[Words]
    phone: Mapped[Words | None]
    website: Mapped[Words | None]
    activities: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    federation: Mapped[Words | None]
    partner_number: Mapped[Words | None]
    active_since: Mapped[Instant | None]
    ended_at: Mapped[Instant | None]
    end_told_at: Mapped[Instant | None]  # when conventions last spoke of an end: an older word doesn't undo it
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]


class Establishment(Base):
    """A place where activities happen; the seat is the first one."""

    __tablename__ = "establishments"
    __table_args__ = (
        Index("ix_establishments_structure", "structure_id"),
        Index("uq_establishments_seat", "structure_id", unique=True, postgresql_where=text("is_seat")),
    )

    establishment_id: Mapped[Id]
    structure_id: Mapped[StructureRef]
    version: Mapped[int] = mapped_column(default=1)
    name: Mapped[Words]
    is_seat: Mapped[bool]
    address_line1: Mapped[Words]
    address_line2: Mapped[Words | None]
    postcode: Mapped[Words]
    commune_name: Mapped[Words]
    commune_code: Mapped[Words | None]
    activities: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default="{}")
    age_min: Mapped[int | None]
    age_max: Mapped[int | None]
    accessible: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    accessibility_note: Mapped[Words | None]
    open: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]


class BankAccount(Base):
    """One version of a structure's bank account. At most one is in force (`verified`)."""

    __tablename__ = "bank_accounts"
    __table_args__ = (
        UniqueConstraint("structure_id", "version"),
        CheckConstraint("state in ('submitted', 'verified', 'rejected', 'suspended', 'replaced')", name="state"),
        Index("uq_bank_accounts_verified", "structure_id", unique=True, postgresql_where=text("state = 'verified'")),
        Index("ix_bank_accounts_iban", "iban_fingerprint"),
    )

    bank_account_id: Mapped[Id]
    structure_id: Mapped[StructureRef]
    version: Mapped[int]
    state: Mapped[Words]
    iban_sealed: Mapped[Sealed]
    iban_fingerprint: Mapped[Words]
    iban_masked: Mapped[Words]
    bic: Mapped[Words | None]
    bank_name: Mapped[Words | None]
    holder: Mapped[Words]
    submitted_at: Mapped[Instant]
    decided_at: Mapped[Instant | None]
    decided_by: Mapped[Ref | None]
    reason: Mapped[Words | None]
    rib_sha256: Mapped[Words | None]
    rib_filename: Mapped[Words | None]
    rib_media_type: Mapped[Words | None]
    rib_ibans_read: Mapped[list[str] | None] = mapped_column(ARRAY(Text))  # in its text: fingerprints, to compare


class PartnerNumber(Base):
    """Every number ever given, never to another structure. `rank` counts from 1 without a gap."""

    __tablename__ = "partner_numbers"
    __table_args__ = (
        UniqueConstraint("number"),
        UniqueConstraint("structure_id"),
        {"info": {"append_only": True}},
    )

    rank: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    number: Mapped[str] = mapped_column(Text)
    structure_id: Mapped[StructureRef]
    given_at: Mapped[Instant]


class PartnerNumberCounter(Base):
    """The one row that approvals lock in turn: a rolled-back approval gives its rank back."""

    __tablename__ = "partner_number_counter"
    __table_args__ = (CheckConstraint("counter_id = 1", name="one_row"),)

    counter_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last_rank: Mapped[int] = mapped_column(BigInteger)
