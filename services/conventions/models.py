"""The tables. What must never change (documents, evidence) is append-only by right and by trigger."""

from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Date, DateTime, ForeignKey, Index, Integer, Text, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from services.chassis.database import declarative_base

if TYPE_CHECKING:
    from sqlalchemy.orm import DeclarativeBase

    class Base(DeclarativeBase): ...

else:
    Base = declarative_base()

_Id = Uuid(as_uuid=False)
_Instant = DateTime(timezone=True)


class Convention(Base):
    """One agreement: one version of the text, signed by both sides or on its way there."""

    __tablename__ = "convention"
    __table_args__ = (
        CheckConstraint(
            "state IN ('prepared', 'signed_by_partner', 'active', 'refused', 'terminated')", name="state_known"
        ),
        CheckConstraint("kind IN ('initial', 'amendment', 'renewal')", name="kind_known"),
        CheckConstraint(
            "state <> 'signed_by_partner' OR (signed_at IS NOT NULL AND signed_document_id IS NOT NULL)",
            name="signed_has_document",
        ),
        CheckConstraint(
            "state <> 'active' OR (sealed_sha256 IS NOT NULL AND activated_at IS NOT NULL AND effective_on IS NOT NULL "
            "AND partner_number IS NOT NULL)",
            name="active_is_sealed",
        ),
        CheckConstraint("state <> 'terminated' OR terminated_on IS NOT NULL", name="terminated_has_a_day"),
        CheckConstraint("code_failures BETWEEN 0 AND 5", name="code_failures_bounded"),
        Index(
            "uq_convention_open_per_structure",
            "structure_id",
            unique=True,
            postgresql_where=text("state IN ('prepared', 'signed_by_partner')"),
        ),
        Index(
            "uq_convention_initial_per_application",
            "application_id",
            unique=True,
            postgresql_where=text("kind = 'initial' AND replaces_id IS NULL"),
        ),
        Index("ix_convention_structure_id_prepared_at", "structure_id", "prepared_at"),
        Index("ix_convention_state_waiting_since_id", "state", "waiting_since", "id"),
        Index("ix_convention_waiting_since_id", "waiting_since", "id"),
    )

    id: Mapped[str] = mapped_column(_Id, primary_key=True)
    structure_id: Mapped[str] = mapped_column(_Id)
    application_id: Mapped[str] = mapped_column(_Id)
    kind: Mapped[str] = mapped_column(Text)
    replaces_id: Mapped[str | None] = mapped_column(_Id, ForeignKey("convention.id"))
    state: Mapped[str] = mapped_column(Text)
    text_version: Mapped[str] = mapped_column(Text)
    prepared_at: Mapped[datetime] = mapped_column(_Instant)
    waiting_since: Mapped[datetime] = mapped_column(_Instant)
    """When it came into the state in which it is: the order of the Caf's list."""

    document_id: Mapped[str | None] = mapped_column(_Id)
    """The document to be read and signed now."""
    read_at: Mapped[datetime | None] = mapped_column(_Instant)
    """When that very document was read, or declared read."""
    code_failures: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    code_blocked_until: Mapped[datetime | None] = mapped_column(_Instant)

    signed_document_id: Mapped[str | None] = mapped_column(_Id)
    signed_at: Mapped[datetime | None] = mapped_column(_Instant)
    signed_by: Mapped[str | None] = mapped_column(_Id)

    approved_at: Mapped[datetime | None] = mapped_column(_Instant)
    partner_number: Mapped[str | None] = mapped_column(Text)

    activated_at: Mapped[datetime | None] = mapped_column(_Instant)
    countersigned_by: Mapped[str | None] = mapped_column(_Id)
    effective_on: Mapped[date | None] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date)
    sealed_sha256: Mapped[str | None] = mapped_column(Text)
    sealed_size: Mapped[int | None] = mapped_column(Integer)
    sealed_pages: Mapped[int | None] = mapped_column(Integer)
    replaced_by_id: Mapped[str | None] = mapped_column(_Id)

    refused_at: Mapped[datetime | None] = mapped_column(_Instant)
    terminated_at: Mapped[datetime | None] = mapped_column(_Instant)
    terminated_on: Mapped[date | None] = mapped_column(Date)
    reason: Mapped[str | None] = mapped_column(Text)
    cause: Mapped[str | None] = mapped_column(Text)
    """Of a refusal a RefusalCause, of an end an EndCause."""

    chain_length: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    chain_head: Mapped[str] = mapped_column(Text)


class Document(Base):
    """A rendered convention as it was offered for signing. ``facts_sealed``: the data it was made from."""

    __tablename__ = "document"
    __table_args__ = (
        Index("ix_document_convention_id", "convention_id"),
        {"info": {"append_only": True}},
    )

    id: Mapped[str] = mapped_column(_Id, primary_key=True)
    convention_id: Mapped[str] = mapped_column(_Id, ForeignKey("convention.id"))
    text_version: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(Integer)
    pages: Mapped[int] = mapped_column(Integer)
    facts_sealed: Mapped[str] = mapped_column(Text)
    facts_sha256: Mapped[str] = mapped_column(Text)
    rendered_at: Mapped[datetime] = mapped_column(_Instant)


class SigningCode(Base):
    """One code sent, never the code itself. ``state``: requested, sent, not_sent, used, spent (a newer code, or the
    fifth failure, ended it)."""

    __tablename__ = "signing_code"
    __table_args__ = (
        CheckConstraint("state IN ('requested', 'sent', 'not_sent', 'used', 'spent')", name="state_known"),
        Index("ix_signing_code_convention_id_requested_at", "convention_id", "requested_at"),
        Index(
            "uq_signing_code_provider_message",
            "provider",
            "provider_id",
            unique=True,
            postgresql_where=text("provider_id IS NOT NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(_Id, primary_key=True)
    convention_id: Mapped[str] = mapped_column(_Id, ForeignKey("convention.id"))
    document_sha256: Mapped[str] = mapped_column(Text)
    code_hash: Mapped[str] = mapped_column(Text)
    requested_at: Mapped[datetime] = mapped_column(_Instant)
    expires_at: Mapped[datetime] = mapped_column(_Instant)
    state: Mapped[str] = mapped_column(Text)
    provider: Mapped[str | None] = mapped_column(Text)
    provider_id: Mapped[str | None] = mapped_column(Text)
    masked_phone: Mapped[str | None] = mapped_column(Text)
    delivery_state: Mapped[str | None] = mapped_column(Text)
    delivery_at: Mapped[datetime | None] = mapped_column(_Instant)


class EvidenceLink(Base):
    """One link of a convention's chain of evidence. ``facts_sealed``: canonical JSON, sealed for this row."""

    __tablename__ = "evidence"
    __table_args__ = (
        UniqueConstraint("convention_id", "sequence"),
        CheckConstraint("sequence > 0", name="sequence_positive"),
        {"info": {"append_only": True}},
    )

    id: Mapped[str] = mapped_column(_Id, primary_key=True)
    convention_id: Mapped[str] = mapped_column(_Id, ForeignKey("convention.id"))
    sequence: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(_Instant)
    kind: Mapped[str] = mapped_column(Text)
    facts_sealed: Mapped[str] = mapped_column(Text)
    previous: Mapped[str] = mapped_column(Text)
    hash: Mapped[str] = mapped_column(Text)


class CountersignJob(Base):
    """«Contresigner» of one or many. ``origin_sealed``: the agent's address and browser, for the evidence."""

    __tablename__ = "countersign_job"

    id: Mapped[str] = mapped_column(_Id, primary_key=True)
    account_id: Mapped[str] = mapped_column(_Id)
    origin_sealed: Mapped[str] = mapped_column(Text)
    started_at: Mapped[datetime] = mapped_column(_Instant)
    finished_at: Mapped[datetime | None] = mapped_column(_Instant)


class CountersignItem(Base):
    """One convention of a job. ``claimed_at``: a process works on it since then."""

    __tablename__ = "countersign_item"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'signed', 'already_signed', 'failed')", name="state_known"),
        Index("ix_countersign_item_waiting", "job_id", "position", postgresql_where=text("state = 'waiting'")),
        Index("ix_countersign_item_convention_id", "convention_id"),
    )

    job_id: Mapped[str] = mapped_column(_Id, ForeignKey("countersign_job.id"), primary_key=True)
    convention_id: Mapped[str] = mapped_column(_Id, primary_key=True)
    position: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    claimed_at: Mapped[datetime | None] = mapped_column(_Instant)
    done_at: Mapped[datetime | None] = mapped_column(_Instant)


class Structure(Base):
    """What partners last announced of a structure: public facts, for lists."""

    __tablename__ = "structure"

    structure_id: Mapped[str] = mapped_column(_Id, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    partner_number: Mapped[str | None] = mapped_column(Text)
    commune_name: Mapped[str | None] = mapped_column(Text)
    announced_at: Mapped[datetime] = mapped_column(_Instant)
