"""What the service knows of structures (a read model), and who may act for them: persons and terminals."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.identity.models.base import Base, Day, Digest, Id, Instant, Ref, Sealed, Words


class Structure(Base):
    """Name and number as the partners service announced them; the account that holds the generic address."""

    __tablename__ = "structures"

    structure_id: Mapped[Id]
    name: Mapped[Words]
    partner_number: Mapped[Words | None]
    structure_account_id: Mapped[Ref | None] = mapped_column(ForeignKey("accounts.account_id"))
    told_at: Mapped[Instant | None]  # time of the newest announcement taken in


class Establishment(Base):
    """An establishment as the partners service announced it, so that a right can be limited to it."""

    __tablename__ = "establishments"
    __table_args__ = (Index("ix_establishments_structure", "structure_id"),)

    establishment_id: Mapped[Id]
    structure_id: Mapped[Ref]
    name: Mapped[Words]
    open: Mapped[bool]
    told_at: Mapped[Instant]


class Delegation(Base):
    """A person's right on a structure, the legal representative's own included. At most one in force per
    person
    and structure, and one legal representative."""

    __tablename__ = "delegations"
    __table_args__ = (
        CheckConstraint(
            "role in ('legal_representative', 'manager', 'accountant', 'cashier')", name="role"
        ),
        Index(
            "uq_delegations_in_force", "account_id", "structure_id",
            unique=True, postgresql_where=text("ended_at is null"),
        ),
        Index(
            "uq_delegations_representative", "structure_id",
            unique=True, postgresql_where=text("ended_at is null and role = 'legal_representative'"),
        ),
        Index("ix_delegations_structure", "structure_id"),
        Index("ix_delegations_ends_on", "ends_on", postgresql_where=text("ended_at is null")),
    )  # fmt: skip

    delegation_id: Mapped[Id]
    structure_id: Mapped[Ref] = mapped_column(ForeignKey("structures.structure_id"))
    account_id: Mapped[Ref] = mapped_column(ForeignKey("accounts.account_id"))
    role: Mapped[Words]
    establishment_id: Mapped[Ref | None]
    granted_at: Mapped[Instant]
    granted_by: Mapped[Ref | None]
    ends_on: Mapped[Day | None]
    ended_at: Mapped[Instant | None]


class Membership(Base):
    """Somebody in a structure's list «Mes délégués». `typed` is sealed JSON: name and address as the structure
    typed them, so that an address alone never reveals whose it is."""

    __tablename__ = "memberships"
    __table_args__ = (
        UniqueConstraint("structure_id", "account_id", name="listed_once"),
        Index("ix_memberships_account", "account_id"),
    )

    membership_id: Mapped[Id]
    structure_id: Mapped[Ref] = mapped_column(ForeignKey("structures.structure_id"))
    account_id: Mapped[Ref] = mapped_column(ForeignKey("accounts.account_id"))
    typed: Mapped[Sealed]
    added_at: Mapped[Instant]
    added_by: Mapped[Ref]


class RepresentativeTransfer(Base):
    """A request to change the legal representative. `person` is sealed JSON, erased when it is refused."""

    __tablename__ = "representative_transfers"
    __table_args__ = (
        CheckConstraint("state in ('requested', 'approved', 'rejected', 'withdrawn')", name="state"),
        Index(
            "uq_representative_transfers_open", "structure_id",
            unique=True, postgresql_where=text("state = 'requested'"),
        ),
        Index("ix_representative_transfers_state", "state", "transfer_id"),
    )  # fmt: skip

    transfer_id: Mapped[Id]
    structure_id: Mapped[Ref] = mapped_column(ForeignKey("structures.structure_id"))
    requested_by: Mapped[Ref]
    person: Mapped[Sealed | None]
    reason: Mapped[Words]
    state: Mapped[Words]
    requested_at: Mapped[Instant]
    decided_at: Mapped[Instant | None]
    decided_by: Mapped[Ref | None]
    decision_reason: Mapped[Words | None]


class Pairing(Base):
    """A pairing code shown on «Mes terminaux»: looked up by keyed hash, shown again from its sealed form."""

    __tablename__ = "pairings"
    __table_args__ = (UniqueConstraint("code_fingerprint"), Index("ix_pairings_structure", "structure_id"))

    pairing_id: Mapped[Id]
    structure_id: Mapped[Ref] = mapped_column(ForeignKey("structures.structure_id"))
    establishment_id: Mapped[Ref | None]
    name: Mapped[Words]
    code_fingerprint: Mapped[Words]
    code: Mapped[Sealed]
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    used_at: Mapped[Instant | None]
    terminal_id: Mapped[Ref | None]


class Terminal(Base):
    """A paired smartphone. Its token is kept as SHA-256."""

    __tablename__ = "terminals"
    __table_args__ = (UniqueConstraint("token_hash"), Index("ix_terminals_structure", "structure_id"))

    terminal_id: Mapped[Id]
    structure_id: Mapped[Ref] = mapped_column(ForeignKey("structures.structure_id"))
    establishment_id: Mapped[Ref | None]
    name: Mapped[str] = mapped_column(Text)
    device: Mapped[dict[str, str | None]] = mapped_column(JSONB)
    token_hash: Mapped[Digest]
    paired_at: Mapped[Instant]
    last_seen_at: Mapped[Instant | None]
    revoked_at: Mapped[Instant | None]
