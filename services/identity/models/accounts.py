"""Accounts, what proves who somebody is, and the draft of a representative before there is an account."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.identity.models.base import Base, Big, Day, Digest, Id, Instant, Ref, Sealed, Words


class Account(Base):
    """An account of any kind. `email_fingerprint` is a keyed hash of the normalised address: its one unique
    constraint holds over structures, persons and agents (guide, page 9). `details` is a sealed JSON document:
    civility, names, position, birth date, mobile."""

    __tablename__ = "accounts"
    __table_args__ = (
        UniqueConstraint("email_fingerprint", name="one_account_per_address"),
        CheckConstraint("kind in ('structure', 'person', 'agent')", name="kind"),
        CheckConstraint("state in ('reserved', 'provisional', 'active', 'suspended', 'erased')", name="state"),
        CheckConstraint("kind <> 'structure' or password_hash is null", name="structures_never_sign_in"),
        Index("ix_accounts_agents", "kind", postgresql_where=text("kind = 'agent'")),
        Index("ix_accounts_mobile", "mobile_fingerprint"),
    )

    account_id: Mapped[Id]
    kind: Mapped[Words]
    state: Mapped[Words]
    email: Mapped[Sealed | None]
    email_fingerprint: Mapped[Words | None]
    details: Mapped[Sealed | None]
    mobile_fingerprint: Mapped[Words | None]
    password_hash: Mapped[Words | None]
    password_set_at: Mapped[Instant | None]
    agent_roles: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}", default=list)
    totp_secret: Mapped[Sealed | None]
    totp_last_step: Mapped[Big | None]
    created_at: Mapped[Instant]
    last_signed_in_at: Mapped[Instant | None]
    erased_on: Mapped[Day | None]


class RecoveryCode(Base):
    """A single-use way in for somebody whose phone is lost. Kept as a keyed hash."""

    __tablename__ = "recovery_codes"

    account_id: Mapped[Ref] = mapped_column(ForeignKey("accounts.account_id"), primary_key=True)
    code_fingerprint: Mapped[str] = mapped_column(Text, primary_key=True)
    used_at: Mapped[Instant | None]


class Registration(Base):
    """The legal representative as filled in at step 4, sealed, before the application is submitted."""

    __tablename__ = "registrations"

    registration_id: Mapped[Id]
    details: Mapped[Sealed | None]
    saved_at: Mapped[Instant]
    closed_at: Mapped[Instant | None]


class Reservation(Base):
    """The two addresses that an application has taken, until it is submitted."""

    __tablename__ = "reservations"
    __table_args__ = (UniqueConstraint("application_id", name="one_reservation_per_application"),)

    registration_id: Mapped[Id]
    application_id: Mapped[Ref]
    structure_id: Mapped[Ref]
    structure_account_id: Mapped[Ref] = mapped_column(ForeignKey("accounts.account_id"))
    person_account_id: Mapped[Ref] = mapped_column(ForeignKey("accounts.account_id"))
    reserved_at: Mapped[Instant]
    activated_at: Mapped[Instant | None]


class Attempt(Base):
    """Failed tries in a row, by what was tried: a password, a code, a pairing. See `domain.attempts`."""

    __tablename__ = "attempts"
    __table_args__ = (Index("ix_attempts_last_at", "last_at"),)

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    count: Mapped[int]
    last_at: Mapped[Instant]


class Link(Base):
    """A mailed link, single-use. `subject_id` is what it is about, for those that change an address."""

    __tablename__ = "links"
    __table_args__ = (UniqueConstraint("token_hash"), Index("ix_links_account", "account_id", "purpose"))

    link_id: Mapped[Id]
    account_id: Mapped[Ref] = mapped_column(ForeignKey("accounts.account_id"))
    purpose: Mapped[Words]
    subject_id: Mapped[Ref | None]
    token_hash: Mapped[Digest]
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    used_at: Mapped[Instant | None]


class EmailChange(Base):
    """A new address waiting to be confirmed at both addresses."""

    __tablename__ = "email_changes"
    __table_args__ = (
        Index("uq_email_changes_open", "account_id", unique=True, postgresql_where=text("closed_at is null")),
    )

    email_change_id: Mapped[Id]
    account_id: Mapped[Ref] = mapped_column(ForeignKey("accounts.account_id"))
    email: Mapped[Sealed | None]
    asked_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    old_confirmed_at: Mapped[Instant | None]
    new_confirmed_at: Mapped[Instant | None]
    closed_at: Mapped[Instant | None]


class MobileCode(Base):
    """A code sent to a new mobile number. Kept as a keyed hash bound to its row."""

    __tablename__ = "mobile_codes"
    __table_args__ = (Index("ix_mobile_codes_account", "account_id", "sent_at"),)

    mobile_code_id: Mapped[Id]
    account_id: Mapped[Ref] = mapped_column(ForeignKey("accounts.account_id"))
    mobile: Mapped[Sealed | None]
    code_fingerprint: Mapped[Words]
    sent_at: Mapped[Instant]
    tries: Mapped[int] = mapped_column(default=0)
    closed_at: Mapped[Instant | None]
