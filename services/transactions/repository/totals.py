"""How much was used: what the days hold (models.days), and what is recorded and not locked yet beside it.

Each figure is one statement, so that a day that is being locked meanwhile counts once.
"""

from typing import Any

from sqlalchemy import Connection, Integer, Select, func, literal_column, select, union_all

from services.transactions.models import Establishment, SeasonDay, StructureDay, Transaction
from services.transactions.models.days import NOBODY
from services.transactions.repository.counted import Filters, days_for, fitting
from services.transactions.repository.lists import FEW, filtered

_UNPAID = ("locked", "in_payout", "returned")
_FIGURES = ("count", "amount_cents", "cancelled_count")
_NONE = literal_column("0", Integer)


def totals(connection: Connection, filters: Filters) -> dict[str, int]:
    """Count and sum over all pages of a list; what was cancelled is counted apart."""
    parts = union_all(*_parts(filters)).subquery("parts")
    sums = (func.coalesce(func.sum(parts.c[name]), _NONE).label(name) for name in _FIGURES)
    return {name: int(value) for name, value in connection.execute(select(*sums)).mappings().one().items()}


def _parts(filters: Filters) -> list[Select[Any]]:
    """What adds up to the totals. All that is paid is what the days hold, less what isn't paid yet."""
    state = filters.get("state")
    if state == "contested" or any(filters.get(name) for name in FEW):
        return [_counted(filters)]
    if state is None:
        return [_days(filters), _counted({**filters, "state": "recorded"})]
    if state == "paid":
        return [_days(filters, cancelled=False), *(_counted({**filters, "state": one}, sign=-1) for one in _UNPAID)]
    if state == "cancelled":
        return [_days(filters, standing=False)]
    return [_counted(filters)]


def _counted(filters: Filters, sign: int = 1) -> Select[Any]:
    """Transactions one by one: for what is few, or a day's work."""
    cancelled = Transaction.state == "cancelled"
    chosen: Any = select(
        (sign * func.count().filter(~cancelled)).label("count"),
        (sign * func.coalesce(func.sum(Transaction.amount_cents).filter(~cancelled), _NONE)).label("amount_cents"),
        func.count().filter(cancelled).label("cancelled_count"),
    )
    return filtered(chosen, filters)


def _days(filters: Filters, *, standing: bool = True, cancelled: bool = True) -> Select[Any]:
    days = days_for(filters)
    wanted = {"count": standing, "amount_cents": standing, "cancelled_count": cancelled}
    sums = [(func.sum(getattr(days, name)) if wanted[name] else _NONE).label(name) for name in _FIGURES]
    return fitting(select(*sums), days, filters)


def by_establishment(connection: Connection, structure_id: str) -> list[dict[str, Any]]:
    """Each establishment of a partner that was used, with its totals, most used first. Without one: no name."""
    place = func.coalesce(Transaction.establishment_id, NOBODY)
    today = (
        select(
            place.label("establishment_id"),
            func.count().label("count"),
            func.sum(Transaction.amount_cents).label("amount_cents"),
            _NONE.label("cancelled_count"),
        )
        .where(Transaction.structure_id == structure_id, Transaction.state == "recorded")
        .group_by(place)
    )
    days = select(StructureDay.establishment_id, *(getattr(StructureDay, name) for name in _FIGURES))
    parts = union_all(days.where(StructureDay.structure_id == structure_id), today).subquery("parts")
    sums = [func.sum(parts.c[name]).label(name) for name in _FIGURES]
    found = (
        select(parts.c.establishment_id, Establishment.name, *sums)
        .outerjoin(Establishment, Establishment.establishment_id == parts.c.establishment_id)
        .group_by(parts.c.establishment_id, Establishment.name)
        .order_by(func.sum(parts.c.amount_cents).desc(), parts.c.establishment_id)
    )
    rows = (dict(row) for row in connection.execute(found).mappings())
    return [row | {name: int(row[name]) for name in _FIGURES} for row in rows]


def by_season(connection: Connection) -> dict[str, dict[str, int]]:
    """By season: debits that stand and their sum."""
    today = (
        select(Transaction.season_id, func.count().label("count"), func.sum(Transaction.amount_cents).label("cents"))
        .where(Transaction.state == "recorded")
        .group_by(Transaction.season_id)
    )
    parts = union_all(select(SeasonDay.season_id, SeasonDay.count, SeasonDay.amount_cents.label("cents")), today)
    each = parts.subquery("parts")
    sums = select(each.c.season_id, func.sum(each.c["count"]).label("count"), func.sum(each.c.cents).label("cents"))
    rows = connection.execute(sums.group_by(each.c.season_id))
    return {row.season_id: {"transaction_count": int(row[1]), "spent_cents": int(row[2])} for row in rows}
