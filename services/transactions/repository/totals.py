"""How much was used: what the days hold (models.days), and what is recorded and not locked yet beside it.

Each figure is one statement, so that a day that is being locked meanwhile counts once.
"""

from typing import Any

from sqlalchemy import Connection, Integer, RowMapping, Select, func, literal_column, select, union_all

from services.transactions.models import Establishment, Partner, SeasonDay, StructureDay, Transaction
from services.transactions.models.days import NOBODY
from services.transactions.repository.counted import Filters, days_for, fitting
from services.transactions.repository.cursors import ByAmount
from services.transactions.repository.lists import FEW, filtered

_UNPAID = ("locked", "in_payout", "returned")
_FIGURES = ("count", "amount_cents", "cancelled_count")
_NONE = literal_column("0", Integer)


def totals(connection: Connection, filters: Filters) -> dict[str, int]:
    """Count and sum over all pages of a list; what was cancelled is counted apart."""
    parts = union_all(*_parts(filters)).subquery("parts")
    sums = (func.coalesce(one.element, _NONE).label(one.name) for one in _sums(parts))
    return _figures(connection.execute(select(*sums)).mappings().one())


def by_establishment(connection: Connection, filters: Filters) -> list[dict[str, Any]]:
    """The totals of each establishment, most used first; transactions without one have no name."""
    each, place = _each("establishment_id", filters), Establishment
    named = select(*each.c, place.name).outerjoin(place, place.establishment_id == each.c.establishment_id)
    return _rows(connection, named.order_by(each.c.amount_cents.desc(), each.c.establishment_id))


def by_partner(
    connection: Connection, filters: Filters, *, after: ByAmount | None, limit: int
) -> list[dict[str, Any]]:
    """The totals of at most ``limit`` partners, most used first, from below ``after``."""
    each = _each("structure_id", filters)
    names = Partner.name, Partner.partner_number
    named = select(*each.c, *names).outerjoin(Partner, Partner.structure_id == each.c.structure_id)
    if after:
        less, equal = each.c.amount_cents < after.amount_cents, each.c.amount_cents == after.amount_cents
        named = named.where(less | (equal & (each.c.structure_id > after.structure_id)))
    return _rows(connection, named.order_by(each.c.amount_cents.desc(), each.c.structure_id).limit(limit))


def _each(by: str, filters: Filters) -> Any:
    """The totals of each value of a column that has some."""
    parts = union_all(*_parts(filters, by)).subquery("parts")
    sums = _sums(parts)
    something = func.greatest(*(one.element for one in sums)) > 0
    return select(parts.c[by], *sums).group_by(parts.c[by]).having(something).subquery("each")


def _sums(parts: Any) -> list[Any]:
    return [func.sum(parts.c[name]).label(name) for name in _FIGURES]


def _rows(connection: Connection, found: Select[Any]) -> list[dict[str, Any]]:
    return [{**row, **_figures(row)} for row in connection.execute(found).mappings()]


def _figures(row: RowMapping) -> dict[str, int]:
    return {name: int(row[name]) for name in _FIGURES}


def _parts(filters: Filters, by: str | None = None) -> list[Select[Any]]:
    """What adds up to the totals. All that is paid is what the days hold, less what isn't paid yet."""
    state = filters.get("state")
    if state == "contested" or any(filters.get(name) for name in FEW):
        return [_counted(filters, by)]
    if state is None:
        return [_days(filters, by), _counted({**filters, "state": "recorded"}, by)]
    if state == "paid":
        unpaid = (_counted({**filters, "state": one}, by, sign=-1) for one in _UNPAID)
        return [_days(filters, by, cancelled=False), *unpaid]
    if state == "cancelled":
        return [_days(filters, by, standing=False)]
    return [_counted(filters, by)]


def _counted(filters: Filters, by: str | None, sign: int = 1) -> Select[Any]:
    """Transactions one by one: for what is few, or a day's work."""
    cancelled = Transaction.state == "cancelled"
    figures: Any = (
        (sign * func.count().filter(~cancelled)).label("count"),
        (sign * func.coalesce(func.sum(Transaction.amount_cents).filter(~cancelled), _NONE)).label("amount_cents"),
        func.count().filter(cancelled).label("cancelled_count"),
    )
    if by is None:
        return filtered(select(*figures), filters)
    value = func.coalesce(getattr(Transaction, by), NOBODY)
    return filtered(select(value.label(by), *figures).group_by(value), filters)


def _days(filters: Filters, by: str | None, *, standing: bool = True, cancelled: bool = True) -> Select[Any]:
    days = StructureDay if by else days_for(filters)
    wanted = {"count": standing, "amount_cents": standing, "cancelled_count": cancelled}
    sums = [(func.sum(getattr(days, name)) if wanted[name] else _NONE).label(name) for name in _FIGURES]
    if by is None:
        return fitting(select(*sums), days, filters)
    value = getattr(days, by)
    return fitting(select(value, *sums).group_by(value), days, filters)


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
