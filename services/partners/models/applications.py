"""Applications: the draft, its documents, the verdicts, and what happened when."""

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Sequence, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.partners.domain.application import State
from services.partners.domain.review import Verdict
from services.partners.models.base import ApplicationRef, Base, Day, Digest, Id, Instant, Ref, Sealed, Words

REFERENCES = Sequence("application_references", metadata=Base.metadata)
"""Counts the submitted applications for the reference that people quote. Gaps are harmless here."""


def _one_of(column: str, values: type[State] | type[Verdict]) -> str:
    return f"{column} in ({', '.join(repr(value.value) for value in values)})"


class Application(Base):
    """One label application. While a draft, `token_digest` (SHA-256 of the capability) is the only key to it.

    `structure`: the public answers of step 3. `document_dates`: kind → the date that its document bears.
    `step_versions`: step → how often it was saved. The representative is kept by identity under `registration_id`;
    here are only keyed fingerprints, to warn of duplicates.
    """

    __tablename__ = "applications"
    __table_args__ = (
        CheckConstraint(_one_of("state", State), name="state"),
        CheckConstraint("state = 'draft' or reference is not null", name="submitted_has_reference"),
        CheckConstraint("state <> 'draft' or expires_on is not null", name="draft_expires"),
        UniqueConstraint("token_digest"),
        UniqueConstraint("structure_id"),
        UniqueConstraint("reference"),
        UniqueConstraint("registration_id"),
        Index("ix_applications_queue", "state", "waiting_since", "application_id", postgresql_where="state <> 'draft'"),
        Index("ix_applications_assigned", "assigned_to", "state", postgresql_where="assigned_to is not null"),
        Index("ix_applications_expiry", "expires_on", postgresql_where="state = 'draft'"),
        Index("ix_applications_iban", "iban_fingerprint"),
        Index("ix_applications_mobile", "mobile_fingerprint"),
        Index("ix_applications_person_email", "person_email_fingerprint"),
        Index("ix_applications_siret", text("(structure->>'siret')")),
        Index("ix_applications_structure_email", text("lower(structure->>'email')")),
    )

    application_id: Mapped[Id]
    structure_id: Mapped[Ref]
    state: Mapped[Words] = mapped_column(default=State.DRAFT.value)
    version: Mapped[int] = mapped_column(default=1)
    round: Mapped[int] = mapped_column(default=0)
    token_digest: Mapped[Digest]
    expires_on: Mapped[Day | None]
    reference: Mapped[Words | None]

    step_versions: Mapped[dict[str, int]] = mapped_column(JSONB, default=dict)
    structure_type: Mapped[Words | None]
    structure: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    activities: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    federation: Mapped[Words | None]
    document_dates: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict, server_default="{}")
    registration_id: Mapped[Ref | None]
    person_email_fingerprint: Mapped[Words | None]
    mobile_fingerprint: Mapped[Words | None]
    iban_sealed: Mapped[Sealed | None]
    iban_fingerprint: Mapped[Words | None]
    iban_masked: Mapped[Words | None]
    bic: Mapped[Words | None]
    bank_name: Mapped[Words | None]
    holder: Mapped[Words | None]

    assigned_to: Mapped[Ref | None]
    message: Mapped[Words | None]
    rejection_reason: Mapped[Words | None]
    created_at: Mapped[Instant]
    saved_at: Mapped[Instant]
    submitted_at: Mapped[Instant | None]
    waiting_since: Mapped[Instant | None]
    decided_at: Mapped[Instant | None]


class DraftLink(Base):
    """A mailed link, to count them: the address itself is only in the mail."""

    __tablename__ = "draft_links"
    __table_args__ = (Index("ix_draft_links_application", "application_id", "sent_at"),)

    link_id: Mapped[Id]
    application_id: Mapped[ApplicationRef]
    sent_at: Mapped[Instant]


class Document(Base):
    """One uploaded file of a kind. A replaced or removed one keeps its row (`removed_at`) so that the history tells
    the truth; its content goes once no row needs it."""

    __tablename__ = "documents"
    __table_args__ = (
        Index("ix_documents_present", "application_id", "kind", postgresql_where="removed_at is null"),
        Index("ix_documents_sha256", "sha256"),
        Index("ix_documents_preview_sha256", "preview_sha256"),
        Index("ix_documents_to_purge", "removed_at", postgresql_where="removed_at is not null and purged_at is null"),
    )

    document_id: Mapped[Id]
    application_id: Mapped[ApplicationRef]
    kind: Mapped[Words]
    round: Mapped[int]
    sha256: Mapped[Words]
    ibans_read: Mapped[list[str] | None] = mapped_column(ARRAY(Text))  # in a RIB's text: fingerprints, to compare
    preview_sha256: Mapped[Words | None]  # the watermarked copy that agents see, for an identity document
    filename: Mapped[Words]
    media_type: Mapped[Words]
    size: Mapped[int] = mapped_column(BigInteger)
    uploaded_at: Mapped[Instant]
    removed_at: Mapped[Instant | None]
    purged_at: Mapped[Instant | None]


class ReviewItem(Base):
    """One document kind or group of fields with its present verdict."""

    __tablename__ = "review_items"
    __table_args__ = (CheckConstraint(_one_of("verdict", Verdict), name="verdict"),)

    application_id: Mapped[str] = mapped_column(ForeignKey("applications.application_id"), primary_key=True)
    item: Mapped[str] = mapped_column(Text, primary_key=True)
    verdict: Mapped[Words] = mapped_column(default=Verdict.PENDING.value)
    reason: Mapped[Words | None]
    answered: Mapped[bool] = mapped_column(default=False)
    decided_by: Mapped[Ref | None]
    decided_at: Mapped[Instant | None]


class Revision(Base):
    """What an item held when a round was sent: values of public fields, keyed fingerprints of the others, SHA-256 of
    documents. Comparing two rounds tells what changed."""

    __tablename__ = "revisions"
    __table_args__ = {"info": {"append_only": True}}

    application_id: Mapped[str] = mapped_column(ForeignKey("applications.application_id"), primary_key=True)
    round: Mapped[int] = mapped_column(primary_key=True)
    item: Mapped[str] = mapped_column(Text, primary_key=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)


class HistoryEntry(Base):
    """What happened to an application, in words that both sides may read when `public`."""

    __tablename__ = "application_history"
    __table_args__ = (
        Index("ix_application_history_application", "application_id", "at"),
        {"info": {"append_only": True}},
    )

    entry_id: Mapped[Id]
    application_id: Mapped[ApplicationRef]
    at: Mapped[Instant]
    action: Mapped[Words]
    round: Mapped[int]
    account_id: Mapped[Ref | None]
    by_caf: Mapped[bool]
    public: Mapped[bool]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)


class Note(Base):
    """An internal note of the Caf: never shown to the partner."""

    __tablename__ = "application_notes"
    __table_args__ = (
        Index("ix_application_notes_application", "application_id", "at"),
        {"info": {"append_only": True}},
    )

    note_id: Mapped[Id]
    application_id: Mapped[ApplicationRef]
    at: Mapped[Instant]
    account_id: Mapped[Ref]
    text: Mapped[Words]
