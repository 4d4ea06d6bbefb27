"""What a scan needs to know of partners: a read model that events keep (owners: partners, conventions)."""

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from services.transactions.models.base import Base, Day, Id, Instant, Words


class Partner(Base):  # type: ignore[misc, valid-type]
    """A structure. It may record from ``active_from`` to ``active_until`` (excluded)."""

    __tablename__ = "partners"
    __table_args__ = (Index(None, "partner_number"),)

    structure_id: Mapped[Id] = mapped_column(primary_key=True)
    name: Mapped[Words | None]
    partner_number: Mapped[Words | None]
    active_from: Mapped[Day | None]
    active_until: Mapped[Day | None]
    ended_at: Mapped[Instant | None]  # of the newest word on whether it holds: an older one doesn’t undo it
    named_at: Mapped[Instant | None]  # of the newest event that named it: an older one changes nothing


class Establishment(Base):  # type: ignore[misc, valid-type]
    """A place of a structure."""

    __tablename__ = "establishments"
    __table_args__ = (Index(None, "structure_id"),)

    establishment_id: Mapped[Id] = mapped_column(primary_key=True)
    structure_id: Mapped[Id]
    name: Mapped[Words]
    commune_name: Mapped[Words]
    is_seat: Mapped[bool]
    open: Mapped[bool]
    saved_at: Mapped[Instant]
