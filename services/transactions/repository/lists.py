"""Lists of transactions, newest first, paged by keyset.

No filter looks through what it doesn't show. What is rare by itself has an index (migration 0005). Persons, terminals,
places, and seasons beside something else have none, which every scan would have to write: the counted days say on which
days there is something, and only those are looked at.
"""

from typing import Any

from sqlalchemy import TIMESTAMP, Connection, Select, cast, func, select, true, tuple_, union_all

from services.chassis import clock
from services.transactions.models import Establishment, Partner, Season, Transaction
from services.transactions.repository.counted import Filters, days_for, fitting, of_seasons
from services.transactions.repository.cursors import ByTime
from services.transactions.repository.transactions import with_names

_EQUAL = ("structure_id", "establishment_id", "operator_id", "terminal_id", "number", "slip_number", "pass_id")
FEW = ("number", "slip_number", "pass_id")
_WITHOUT_INDEX = ("establishment_id", "operator_id", "terminal_id")
_NEWEST_FIRST = (Transaction.recorded_at.desc(), Transaction.transaction_id.desc())


def page(connection: Connection, filters: Filters, *, after: ByTime | None, limit: int) -> list[dict[str, Any]]:
    """At most ``limit`` transactions, newest first, from below ``after``."""
    slices = _slices(filters, after, limit)
    if not slices:
        return []
    chosen = slices[0].subquery("page") if len(slices) == 1 else _newest(union_all(*slices).subquery("slices"), limit)
    found = with_names(chosen.c).order_by(chosen.c.recorded_at.desc(), chosen.c.transaction_id.desc())
    return [dict(row) for row in connection.execute(found).mappings()]


def _slices(filters: Filters, after: ByTime | None, limit: int) -> list[Select[Any]]:
    """What the page is among; an index leads through each slice in the page's order."""
    if _needs_days(filters):
        counted = _on_counted_days(filters, after, limit)
        return [counted] if filters.get("state") else [counted, _slice({**filters, "state": "recorded"}, after, limit)]
    seasons = filters.get("season_ids")
    if seasons is None:
        return [_slice(filters, after, limit)]
    return [_slice({**filters, "season_ids": [one]}, after, limit) for one in seasons]


def _needs_days(filters: Filters) -> bool:
    """Whether no index leads to these alone."""
    if filters.get("state") in ("recorded", "contested") or any(filters.get(name) for name in FEW):
        return False
    season_and_more = filters.get("season_ids") and (filters.get("structure_id") or filters.get("state"))
    return bool(season_and_more) or any(filters.get(name) for name in _WITHOUT_INDEX)


def _newest(rows: Any, limit: int) -> Any:
    ordered = select(*rows.c).order_by(rows.c.recorded_at.desc(), rows.c.transaction_id.desc())
    return ordered.limit(limit).subquery("page")


def _slice(filters: Filters, after: ByTime | None, limit: int) -> Select[Any]:
    chosen = filtered(select(*Transaction.__table__.c), filters)
    if after:
        keyset = tuple_(Transaction.recorded_at, Transaction.transaction_id)
        chosen = chosen.where(keyset < tuple_(after.recorded_at, after.transaction_id))
    return chosen.order_by(*_NEWEST_FIRST).limit(limit)


def _on_counted_days(filters: Filters, after: ByTime | None, limit: int) -> Select[Any]:
    """What isn't recorded any more, day after day backwards until the page is full."""
    day = _counted_days(filters, after).c.recorded_on
    within = Transaction.recorded_at >= _begins(day), Transaction.recorded_at < _begins(day + 1)
    of_day = _slice(filters, after, limit).where(*within, Transaction.state != "recorded").lateral("of_day")
    joined = select(*of_day.c).select_from(day.table.join(of_day, true()))
    return joined.order_by(day.desc(), of_day.c.recorded_at.desc(), of_day.c.transaction_id.desc()).limit(limit)


def _counted_days(filters: Filters, after: ByTime | None) -> Any:
    """The days on which something like this was counted, newest first."""
    days, state = days_for(filters), filters.get("state")
    counts = {"cancelled": days.cancelled_count, None: days.count + days.cancelled_count}
    found = fitting(select(days.recorded_on).distinct(), days, filters).where(counts.get(state, days.count) > 0)
    if after:
        found = found.where(days.recorded_on <= clock.paris(after.recorded_at).date())
    return found.order_by(days.recorded_on.desc()).subquery("days")


def _begins(day: Any) -> Any:
    """The instant at which a Paris day begins."""
    return func.timezone("Europe/Paris", cast(day, TIMESTAMP))


def filtered(chosen: Select[Any], filters: Filters) -> Select[Any]:
    """Days are turned into instants, so that the indexes on ``recorded_at`` serve them."""
    chosen = of_seasons(chosen, Transaction, filters)
    for name in _EQUAL:
        if filters.get(name):
            chosen = chosen.where(getattr(Transaction, name) == filters[name])
    if filters.get("from_on"):
        chosen = chosen.where(Transaction.recorded_at >= clock.day_start(filters["from_on"]))
    if filters.get("before_on"):
        chosen = chosen.where(Transaction.recorded_at < clock.day_start(filters["before_on"]))
    if filters.get("state") == "contested":
        return chosen.where(Transaction.contested)
    if filters.get("state"):
        chosen = chosen.where(Transaction.state == filters["state"])
    if filters.get("state") == "recorded":
        chosen = chosen.where(Transaction.recorded_at >= _oldest_open_day(filters.get("structure_id")))
    return chosen


def _oldest_open_day(structure_id: str | None) -> Any:
    """Where the day begins from which on something isn't locked yet: nothing recorded lies before."""
    open_days = select(func.min(Transaction.recorded_on)).where(Transaction.state == "recorded")
    if structure_id:
        open_days = open_days.where(Transaction.structure_id == structure_id)
    return _begins(open_days.scalar_subquery())


def seasons_of(connection: Connection, scheme: str) -> list[str]:
    return list(connection.scalars(select(Season.season_id).where(Season.scheme == scheme)))


def structure_with_number(connection: Connection, partner_number: str) -> str | None:
    return connection.scalar(select(Partner.structure_id).where(Partner.partner_number == partner_number))


def structure_of_place(connection: Connection, establishment_id: str) -> str | None:
    found = select(Establishment.structure_id).where(Establishment.establishment_id == establishment_id)
    return connection.scalar(found)
