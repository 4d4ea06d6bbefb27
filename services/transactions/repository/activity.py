"""How much passes are used: by month at one partner, by day and commune over all; cancelled ones don't count."""

from datetime import date
from typing import Any

from sqlalchemy import Connection, Date, cast, func, select

from services.chassis import clock
from services.transactions.models import Establishment, Transaction

_COUNT = func.count().label("count")
_SUM = func.sum(Transaction.amount_cents).label("amount_cents")


def by_month(connection: Connection, structure_id: str, from_on: date) -> list[dict[str, Any]]:
    month = cast(func.date_trunc("month", Transaction.recorded_on), Date).label("month")
    found = _since(select(month, _COUNT, _SUM), from_on).where(Transaction.structure_id == structure_id)
    return _rows(connection, found.group_by(month).order_by(month))


def by_day(connection: Connection, from_on: date) -> list[dict[str, Any]]:
    day = Transaction.recorded_on.label("day")
    return _rows(connection, _since(select(day, _COUNT, _SUM), from_on).group_by(day).order_by(day))


def by_commune(connection: Connection, from_on: date) -> list[dict[str, Any]]:
    """The commune of the establishment; transactions without one are left out. Most used first."""
    chosen = _since(select(Establishment.commune_name, _COUNT, _SUM), from_on)
    joined = chosen.join(Establishment, Establishment.establishment_id == Transaction.establishment_id)
    return _rows(connection, joined.group_by(Establishment.commune_name).order_by(_COUNT.desc()))


def _since(chosen: Any, from_on: date) -> Any:
    """By instants, so that the index on ``recorded_at`` serves it."""
    return chosen.where(Transaction.recorded_at >= clock.day_start(from_on), Transaction.state != "cancelled")


def _rows(connection: Connection, chosen: Any) -> list[dict[str, Any]]:
    return [dict(row) | {"amount_cents": int(row["amount_cents"])} for row in connection.execute(chosen).mappings()]
