"""Files of the store that are there for a time: what came with families' names, and what is made to be fetched."""

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from services.transactions.models.base import Base, Instant, Words


class TransientFile(Base):  # type: ignore[misc, valid-type]
    """One file of the store and the instant after which it goes."""

    __tablename__ = "transient_files"
    __table_args__ = (Index(None, "kept_until"),)

    sha256: Mapped[Words] = mapped_column(primary_key=True)
    kept_until: Mapped[Instant]
