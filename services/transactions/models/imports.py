"""Files of beneficiaries on their way in."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.transactions.models.base import Base, Cents, Id, Instant, Words

_RUNNING = "state IN ('checking', 'checked', 'running')"


class Import(Base):  # type: ignore[misc, valid-type]
    """One file: dry run (checking → checked), then, when confirmed, running → done."""

    __tablename__ = "imports"
    __table_args__ = (
        CheckConstraint("state IN ('checking', 'checked', 'running', 'done', 'failed', 'abandoned')", name="state"),
        Index("uq_imports_one_at_a_time", "season_id", unique=True, postgresql_where=text(_RUNNING)),
        Index(None, "season_id", "started_at"),
    )

    import_id: Mapped[Id] = mapped_column(primary_key=True)
    season_id: Mapped[Id] = mapped_column(ForeignKey("seasons.season_id"))
    filename: Mapped[Words]
    sha256: Mapped[Words]
    state: Mapped[Words]
    failure: Mapped[Words | None]
    started_at: Mapped[Instant]
    finished_at: Mapped[Instant | None]
    encoding: Mapped[Words] = mapped_column(server_default="")
    delimiter: Mapped[Words] = mapped_column(server_default="")
    rows: Mapped[int] = mapped_column(server_default=text("0"))
    rows_done: Mapped[int] = mapped_column(server_default=text("0"))
    created: Mapped[int] = mapped_column(server_default=text("0"))
    updated: Mapped[int] = mapped_column(server_default=text("0"))
    unchanged: Mapped[int] = mapped_column(server_default=text("0"))
    refused: Mapped[int] = mapped_column(server_default=text("0"))
    amount_cents: Mapped[Cents] = mapped_column(server_default=text("0"))


class ImportRefusal(Base):  # type: ignore[misc, valid-type]
    """One line that couldn't be used, and why. The cells themselves aren't kept."""

    __tablename__ = "import_refusals"

    import_id: Mapped[Id] = mapped_column(ForeignKey("imports.import_id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    reasons: Mapped[list[Any]] = mapped_column(JSONB)
