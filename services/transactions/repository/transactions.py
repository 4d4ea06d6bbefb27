"""Reading transactions: one by one, and lists paged by keyset (newest first)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, literal_column, select, text, tuple_, update

from services.chassis import clock
from services.chassis.keys import decode, encode
from services.transactions.models import (
    Beneficiary,
    Contestation,
    Correction,
    Establishment,
    IdempotencyKey,
    Partner,
    Season,
    Transaction,
)

_NAMES = (
    Season.scheme,
    Season.name.label("season"),
    Beneficiary.identity_sealed,
    Partner.name.label("structure_name"),
    Partner.partner_number,
    Establishment.name.label("establishment_name"),
    Contestation.state.label("contestation"),
    Correction.amount_cents.label("correction_cents"),
)
_READ = (
    select(*Transaction.__table__.c, *_NAMES)
    .join(Season, Season.season_id == Transaction.season_id)
    .join(Beneficiary, Beneficiary.beneficiary_id == Transaction.beneficiary_id)
    .outerjoin(Partner, Partner.structure_id == Transaction.structure_id)
    .outerjoin(Establishment, Establishment.establishment_id == Transaction.establishment_id)
    .outerjoin(Contestation, Contestation.transaction_id == Transaction.transaction_id)
    .outerjoin(Correction, Correction.contestation_id == Contestation.contestation_id)
)


def by_id(connection: Connection, transaction_id: str, *, lock: bool = False) -> dict[str, Any]:
    """One transaction with the names around it; ``lock`` holds the row until the end."""
    found = _READ.where(Transaction.transaction_id == transaction_id)
    if lock:
        found = found.with_for_update(of=Transaction, key_share=True)
    return dict(connection.execute(found).mappings().one())


def by_number(
    connection: Connection, number: str, *, structure_id: str | None = None, lock: bool = False
) -> dict[str, Any] | None:
    """One transaction by its number, of one structure if given; ``lock`` holds the row until the end."""
    found = _READ.where(Transaction.number == number)
    if structure_id:
        found = found.where(Transaction.structure_id == structure_id)
    if lock:
        found = found.with_for_update(of=Transaction, key_share=True)
    row = connection.execute(found).mappings().one_or_none()
    return dict(row) if row else None


def stored_key(connection: Connection, structure_id: str, caller: str, key: str) -> dict[str, Any] | None:
    """What a key came to."""
    row = connection.execute(
        select(*IdempotencyKey.__table__.c).where(
            IdempotencyKey.structure_id == structure_id, IdempotencyKey.caller == caller, IdempotencyKey.key == key
        )
    )
    found = row.mappings().one_or_none()
    return dict(found) if found else None


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


def page(
    connection: Connection, filters: Mapping[str, Any], *, after: Cursor | None, limit: int
) -> list[dict[str, Any]]:
    """At most ``limit`` transactions, newest first, from below ``after``."""
    keyset = (Transaction.recorded_at, Transaction.transaction_id)
    chosen = _filtered(select(*(column.label(column.key) for column in Transaction.__table__.c)), filters)
    if after:
        chosen = chosen.where(tuple_(*keyset) < tuple_(after.recorded_at, after.transaction_id))
    inner = chosen.order_by(*(column.desc() for column in keyset)).limit(limit).subquery("page")
    found = (
        select(*inner.c, *_NAMES)
        .join(Season, Season.season_id == inner.c.season_id)
        .join(Beneficiary, Beneficiary.beneficiary_id == inner.c.beneficiary_id)
        .outerjoin(Partner, Partner.structure_id == inner.c.structure_id)
        .outerjoin(Establishment, Establishment.establishment_id == inner.c.establishment_id)
        .outerjoin(Contestation, Contestation.transaction_id == inner.c.transaction_id)
        .outerjoin(Correction, Correction.contestation_id == Contestation.contestation_id)
        .order_by(inner.c.recorded_at.desc(), inner.c.transaction_id.desc())
    )
    return [dict(row) for row in connection.execute(found).mappings()]


def totals(connection: Connection, filters: Mapping[str, Any]) -> dict[str, int]:
    """Count and sum over all pages; what was cancelled is counted apart."""
    cancelled = Transaction.state == "cancelled"
    found = _filtered(
        select(
            func.count().filter(~cancelled).label("count"),
            func.coalesce(func.sum(Transaction.amount_cents).filter(~cancelled), literal_column("0")).label(
                "amount_cents"
            ),
            func.count().filter(cancelled).label("cancelled_count"),
        ),
        filters,
    )
    row = connection.execute(found).mappings().one()
    return {name: int(value) for name, value in row.items()}


_EQUAL = ("structure_id", "establishment_id", "operator_id", "terminal_id", "number", "slip_number", "pass_id")


def _filtered(chosen: Any, filters: Mapping[str, Any]) -> Any:
    """Days are turned into instants, so that the index on ``recorded_at`` serves them."""
    for name in _EQUAL:
        if filters.get(name):
            chosen = chosen.where(getattr(Transaction, name) == filters[name])
    if filters.get("from_on"):
        chosen = chosen.where(Transaction.recorded_at >= clock.day_start(filters["from_on"]))
    if filters.get("before_on"):
        chosen = chosen.where(Transaction.recorded_at < clock.day_start(filters["before_on"]))
    if filters.get("state") == "contested":
        chosen = chosen.where(Transaction.contested)
    elif filters.get("state"):
        chosen = chosen.where(Transaction.state == filters["state"])
    if filters.get("partner_number"):
        of_number = select(Partner.structure_id).where(Partner.partner_number == filters["partner_number"])
        chosen = chosen.where(Transaction.structure_id.in_(of_number))
    if filters.get("scheme"):
        of_scheme = select(Season.season_id).where(Season.scheme == filters["scheme"])
        chosen = chosen.where(Transaction.season_id.in_(of_scheme))
    return chosen


_LOCK_KEY = text(
    "SELECT pg_try_advisory_xact_lock(hashtextextended(:structure_id || ' ' || :caller || ' ' || :key, 0))"
)


def take_key(connection: Connection, structure_id: str, caller: str, key: str) -> bool:
    """Whether nobody else works under this key now; it stays ours until the end of the transaction."""
    return bool(connection.scalar(_LOCK_KEY, {"structure_id": structure_id, "caller": caller, "key": key}))


def store_key(connection: Connection, row: dict[str, Any]) -> None:
    connection.execute(insert(IdempotencyKey).values(row))


def mark_cancelled(connection: Connection, transaction_id: str, at: datetime) -> None:
    connection.execute(
        update(Transaction)
        .where(Transaction.transaction_id == transaction_id)
        .values(state="cancelled", cancelled_at=at)
    )
