"""The life of a structure after its label: profile, directory, resources, assistance."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.partners.models.base import Base, Id, Instant, Ref, Sealed, StructureRef, Words


class Profile(Base):
    """What the structure tells the public of itself, beside its name and address."""

    __tablename__ = "profiles"

    structure_id: Mapped[StructureRef] = mapped_column(primary_key=True)
    version: Mapped[int]
    description: Mapped[Words] = mapped_column(default="")
    age_min: Mapped[int | None]
    age_max: Mapped[int | None]
    opening_hours: Mapped[list[dict[str, object]]] = mapped_column(JSONB, default=list)
    links: Mapped[list[dict[str, object]]] = mapped_column(JSONB, default=list)
    logo_sha256: Mapped[Words | None]
    logo_media_type: Mapped[Words | None]
    updated_at: Mapped[Instant]


class DirectoryEntry(Base):
    """One structure as the search sees it, rewritten whenever something public changes."""

    __tablename__ = "directory_entries"
    __table_args__ = (
        Index("ix_directory_searchable", "searchable", postgresql_using="gin",
              postgresql_ops={"searchable": "gin_trgm_ops"}),
        Index("ix_directory_activities", "activities", postgresql_using="gin"),
        Index("ix_directory_communes", "commune_codes", postgresql_using="gin"),
        Index("ix_directory_name", "sort_name", "structure_id"),
    )  # fmt: skip

    structure_id: Mapped[StructureRef] = mapped_column(primary_key=True)
    sort_name: Mapped[Words]
    searchable: Mapped[Words]
    activities: Mapped[list[str]] = mapped_column(ARRAY(Text))
    commune_codes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    age_min: Mapped[int]
    age_max: Mapped[int]
    accessible: Mapped[bool]
    card: Mapped[dict[str, object]] = mapped_column(JSONB)
    active_since: Mapped[Instant]
    ended_at: Mapped[Instant | None]


class Resource(Base):
    """A document that the Caf offers to everybody or to partners."""

    __tablename__ = "resources"
    __table_args__ = (CheckConstraint("audience in ('public', 'partners')", name="audience"),)

    resource_id: Mapped[Id]
    version: Mapped[int] = mapped_column(default=1)
    category: Mapped[Words]
    title: Mapped[Words]
    description: Mapped[Words] = mapped_column(default="")
    audience: Mapped[Words]
    position: Mapped[int] = mapped_column(default=0)
    sha256: Mapped[Words]
    filename: Mapped[Words]
    media_type: Mapped[Words]
    size: Mapped[int]
    published_at: Mapped[Instant]
    withdrawn_at: Mapped[Instant | None]


class AssistanceRequest(Base):
    """A thread. A signed-in person's names the account; a visitor's holds a sealed address."""

    __tablename__ = "assistance_requests"
    __table_args__ = (
        CheckConstraint("state in ('unconfirmed', 'open', 'answered', 'closed')", name="state"),
        CheckConstraint("(account_id is null) <> (email_sealed is null)", name="one_origin"),
        Index("ix_assistance_queue", "state", "updated_at"),
        Index("ix_assistance_structure", "structure_id"),
        Index("ix_assistance_account", "account_id"),
        Index("ix_assistance_email", "email_fingerprint"),
    )

    request_id: Mapped[Id]
    reference: Mapped[Words] = mapped_column(unique=True)
    structure_id: Mapped[Ref | None]
    account_id: Mapped[Ref | None]
    email_sealed: Mapped[Sealed | None]
    email_fingerprint: Mapped[Words | None]
    category: Mapped[Words]
    subject_sealed: Mapped[Sealed]
    state: Mapped[Words]
    assigned_to: Mapped[Ref | None]
    created_at: Mapped[Instant]
    updated_at: Mapped[Instant]


class AssistanceMessage(Base):
    """One message of a thread. Its text is sealed: people write about people."""

    __tablename__ = "assistance_messages"
    __table_args__ = (Index("ix_assistance_messages_request", "request_id", "posted_at"),)

    message_id: Mapped[Id]
    request_id: Mapped[str] = mapped_column(Uuid(as_uuid=False), ForeignKey("assistance_requests.request_id"))
    from_caf: Mapped[bool]
    account_id: Mapped[Ref | None]
    text_sealed: Mapped[Sealed]
    posted_at: Mapped[Instant]


class AssistanceAttachment(Base):
    """A file that goes with a message."""

    __tablename__ = "assistance_attachments"
    __table_args__ = (Index("ix_assistance_attachments_message", "message_id"),)

    attachment_id: Mapped[Id]
    message_id: Mapped[str] = mapped_column(Uuid(as_uuid=False), ForeignKey("assistance_messages.message_id"))
    sha256: Mapped[Words]
    filename: Mapped[Words]
    media_type: Mapped[Words]
    size: Mapped[int]
