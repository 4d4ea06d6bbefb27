"""How much passes are used: by month at one partner, by day and commune over all; cancelled ones don't count.

Days that are over come from what was counted (models.days), today from what is recorded; communes, which nobody counts,
from the transactions of the period.
"""

from datetime import date
from typing import Any

from sqlalchemy import Connection, Date, Select, cast, func, select, union_all

from services.chassis import clock
from services.transactions.models import Establishment, SeasonDay, StructureDay, Transaction

_COUNT = func.count().label("count")
_SUM = func.sum(Transaction.amount_cents).label("amount_cents")


def by_month(connection: Connection, structure_id: str, from_on: date) -> list[dict[str, Any]]:
    counted = _counted(StructureDay, from_on).where(StructureDay.structure_id == structure_id)
    today = _recorded(from_on).where(Transaction.structure_id == structure_id)
    days = union_all(counted, today).subquery("days")
    month = cast(func.date_trunc("month", days.c.day), Date).label("month")
    return _rows(connection, select(month, *_sums(days)).group_by(month).order_by(month))


def by_day(connection: Connection, from_on: date) -> list[dict[str, Any]]:
    days = union_all(_counted(SeasonDay, from_on), _recorded(from_on)).subquery("days")
    return _rows(connection, select(days.c.day, *_sums(days)).group_by(days.c.day).order_by(days.c.day))


def _counted(table: Any, from_on: date) -> Select[Any]:
    columns = table.recorded_on.label("day"), table.count, table.amount_cents
    return select(*columns).where(table.recorded_on >= from_on)


def _recorded(from_on: date) -> Any:
    chosen = select(Transaction.recorded_on, _COUNT, _SUM).group_by(Transaction.recorded_on)
    return chosen.where(Transaction.state == "recorded", Transaction.recorded_on >= from_on)


def _sums(days: Any) -> list[Any]:
    return [func.sum(days.c[name]).label(name) for name in ("count", "amount_cents")]


def by_commune(connection: Connection, from_on: date) -> list[dict[str, Any]]:
    """The commune of the establishment; transactions without one are left out. Most used first."""
    joined = (
        select(Establishment.commune_name, _COUNT, _SUM)
        .join(Establishment, Establishment.establishment_id == Transaction.establishment_id)
        .where(Transaction.recorded_at >= clock.day_start(from_on), Transaction.state != "cancelled")
    )
    return _rows(connection, joined.group_by(Establishment.commune_name).order_by(_COUNT.desc()))


def _rows(connection: Connection, chosen: Any) -> list[dict[str, Any]]:
    rows = connection.execute(chosen).mappings()
    return [dict(row) | {name: int(row[name]) for name in ("count", "amount_cents")} for row in rows]
