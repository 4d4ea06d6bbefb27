"""Sessions of persons and agents. Tokens are kept as SHA-256: they carry 256 random bits, no salt is
needed."""

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.identity.models.base import Base, Digest, Id, Instant, Ref, Sealed


class UserSession(Base):
    """One signed-in browser. `client` is sealed JSON: address and browser, for the list of one's sessions.
    A token
    that was just replaced is good for a moment longer, for requests already on their way."""

    __tablename__ = "sessions"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index(
            "ix_sessions_earlier_token",
            "earlier_token_hash",
            postgresql_where=text("earlier_token_hash is not null"),
        ),
        Index("ix_sessions_open", "account_id", postgresql_where=text("closed_at is null")),
    )

    session_id: Mapped[Id]
    account_id: Mapped[Ref] = mapped_column(ForeignKey("accounts.account_id"))
    token_hash: Mapped[Digest]
    earlier_token_hash: Mapped[Digest | None]
    earlier_until: Mapped[Instant | None]
    structure_id: Mapped[Ref | None]
    opened_at: Mapped[Instant]
    last_seen_at: Mapped[Instant]
    closed_at: Mapped[Instant | None]
    client: Mapped[Sealed | None]


class SignInStep(Base):
    """Somebody between password and code, or about to enrol: then `totp_secret` is there."""

    __tablename__ = "sign_in_steps"

    step_id: Mapped[Id]
    token_hash: Mapped[Digest] = mapped_column(unique=True)
    account_id: Mapped[Ref] = mapped_column(ForeignKey("accounts.account_id"))
    totp_secret: Mapped[Sealed | None]
    client: Mapped[dict[str, str]] = mapped_column(JSONB)
    expires_at: Mapped[Instant]
    used_at: Mapped[Instant | None]


class KnownDevice(Base):
    """A browser that has signed in before: its failures are counted apart from strangers'."""

    __tablename__ = "known_devices"
    __table_args__ = (UniqueConstraint("token_hash"), Index("ix_known_devices_account", "account_id"))

    device_id: Mapped[Id]
    account_id: Mapped[Ref] = mapped_column(ForeignKey("accounts.account_id"))
    token_hash: Mapped[Digest]
    seen_at: Mapped[Instant]
