"""What was used on each day, counted by the database when a transaction is cancelled or locked (migration 0006).

A scan writes nothing here: what is recorded and not locked yet is added when somebody looks.
"""

from sqlalchemy.orm import Mapped, mapped_column

from services.transactions.models.base import Base, Cents, Day, Id

NOBODY = "00000000-0000-0000-0000-000000000000"
"""Stands for no establishment or no caller: a primary key takes no NULL."""


class SeasonDay(Base):  # type: ignore[misc, valid-type]
    """One day of one season, over all partners."""

    __tablename__ = "season_days"

    season_id: Mapped[Id] = mapped_column(primary_key=True)
    recorded_on: Mapped[Day] = mapped_column(primary_key=True)
    count: Mapped[int]  # locked, in a payout, paid or returned
    amount_cents: Mapped[Cents]  # of these
    cancelled_count: Mapped[int]


class StructureDay(Base):  # type: ignore[misc, valid-type]
    """The same of one partner: by season, establishment, and person or terminal."""

    __tablename__ = "structure_days"
    __table_args__ = ({"info": {"rows_of": "structure_id"}},)

    structure_id: Mapped[Id] = mapped_column(primary_key=True)
    recorded_on: Mapped[Day] = mapped_column(primary_key=True)
    season_id: Mapped[Id] = mapped_column(primary_key=True)
    establishment_id: Mapped[Id] = mapped_column(primary_key=True)
    caller_id: Mapped[Id] = mapped_column(primary_key=True)
    count: Mapped[int]
    amount_cents: Mapped[Cents]
    cancelled_count: Mapped[int]
