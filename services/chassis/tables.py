"""The chassis' own tables, present in every service's database (created by the chassis' migrations)."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = MetaData(naming_convention=NAMING)
_instant = DateTime(timezone=True)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("event_id", Uuid(as_uuid=False), nullable=False, unique=True),
    Column("type", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("unrouted", Text, nullable=False),  # "retry" or "accept": what to do when no queue takes it
    Column("body", Text, nullable=False),  # the CloudEvent, ready to send
    Column("headers", JSONB, nullable=False, server_default=text("'{}'")),
    Column("created_at", _instant, nullable=False, server_default=text("clock_timestamp()")),
    Column("sent_at", _instant),
    Index("ix_outbox_unsent", "id", postgresql_where=text("sent_at IS NULL")),
    Index("ix_outbox_sent_at", "sent_at", postgresql_where=text("sent_at IS NOT NULL")),
)

inbox = Table(
    "inbox",
    metadata,
    Column("event_id", Uuid(as_uuid=False), primary_key=True),
    Column("handler", Text, primary_key=True),
    Column("handled_at", _instant, nullable=False, server_default=text("clock_timestamp()")),
    Index("ix_inbox_handled_at", "handled_at"),
)

revocations = Table(
    "revocations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("revoked_at", _instant, nullable=False, server_default=text("clock_timestamp()")),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Uuid(as_uuid=False), primary_key=True),
    Column("at", _instant, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("roles", Text, nullable=False),
    Column("scope", JSONB, nullable=False),
    Column("details", JSONB, nullable=False),
    Column("trace_id", Text, nullable=False),
    Index("ix_audit_subject_at", "subject", "at"),
    Index("ix_audit_actor_at", "actor", "at", "id"),
    Index("ix_audit_action_at", "action", "at", "id"),
    Index("ix_audit_at_id", "at", "id"),
    info={"append_only": True},
)

audit_chain = Table(
    "audit_chain",
    metadata,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("entry_id", Uuid(as_uuid=False), nullable=False, unique=True),
    Column("hash", LargeBinary(32), nullable=False),
    Column("sealed_at", _instant, nullable=False, server_default=text("clock_timestamp()")),
    info={"append_only": True},
)

mail = Table(
    "mail",
    metadata,
    Column("id", Uuid(as_uuid=False), primary_key=True),
    Column("template", Text, nullable=False),
    Column("reference", Text),
    Column("sealed", Text),  # recipient, subject, text, html and attachments, sealed; erased once sent
    Column("created_at", _instant, nullable=False),
    Column("due_at", _instant, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("sent_at", _instant),
    Column("last_error", Text),
    Index("ix_mail_due", "due_at", postgresql_where=text("sent_at IS NULL")),
)
