"""Lists of transactions, newest first, paged by keyset. No filter reads more than an index leads to (migration 0005).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import TIMESTAMP, Connection, Select, cast, func, select, tuple_, union_all

from services.chassis import clock
from services.chassis.keys import decode, encode
from services.transactions.models import Establishment, Partner, Season, Transaction
from services.transactions.repository.transactions import with_names

Filters = Mapping[str, Any]
_EQUAL = (
    "structure_id",
    "establishment_id",
    "operator_id",
    "terminal_id",
    "season_id",
    "number",
    "slip_number",
    "pass_id",
)


@dataclass(frozen=True)
class Cursor:
    """Where a page ended: the next one begins below."""

    recorded_at: datetime
    transaction_id: str

    def text(self) -> str:
        return encode(f"{self.recorded_at.isoformat()} {self.transaction_id}".encode())

    @classmethod
    def read(cls, cursor: str) -> "Cursor":
        """Raises ValueError for anything that isn't a cursor of ours."""
        instant, _, transaction_id = decode(cursor).decode("ascii").partition(" ")
        return cls(datetime.fromisoformat(instant), transaction_id)


def page(connection: Connection, filters: Filters, *, after: Cursor | None, limit: int) -> list[dict[str, Any]]:
    """At most ``limit`` transactions, newest first, from below ``after``. ``season_ids`` are looked through one by
    one, because only so the index gives each in its order."""
    seasons = filters.get("season_ids")
    each = [_slice({**filters, "season_id": one}, after, limit) for one in ([None] if seasons is None else seasons)]
    if not each:
        return []
    chosen = each[0].subquery("page") if len(each) == 1 else _newest(union_all(*each).subquery("seasons"), limit)
    found = with_names(chosen.c).order_by(chosen.c.recorded_at.desc(), chosen.c.transaction_id.desc())
    return [dict(row) for row in connection.execute(found).mappings()]


def _newest(rows: Any, limit: int) -> Any:
    ordered = select(*rows.c).order_by(rows.c.recorded_at.desc(), rows.c.transaction_id.desc())
    return ordered.limit(limit).subquery("page")


def _slice(filters: Filters, after: Cursor | None, limit: int) -> Select[Any]:
    keyset = (Transaction.recorded_at, Transaction.transaction_id)
    chosen = filtered(select(*Transaction.__table__.c), filters)
    if after:
        chosen = chosen.where(tuple_(*keyset) < tuple_(after.recorded_at, after.transaction_id))
    return chosen.order_by(*(column.desc() for column in keyset)).limit(limit)


def filtered(chosen: Select[Any], filters: Filters) -> Select[Any]:
    """Days are turned into instants, so that the indexes on ``recorded_at`` serve them."""
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
    return func.timezone("Europe/Paris", cast(open_days.scalar_subquery(), TIMESTAMP))


def seasons_of(connection: Connection, scheme: str) -> list[str]:
    return list(connection.scalars(select(Season.season_id).where(Season.scheme == scheme)))


def structure_with_number(connection: Connection, partner_number: str) -> str | None:
    return connection.scalar(select(Partner.structure_id).where(Partner.partner_number == partner_number))


def structure_of_place(connection: Connection, establishment_id: str) -> str | None:
    found = select(Establishment.structure_id).where(Establishment.establishment_id == establishment_id)
    return connection.scalar(found)
