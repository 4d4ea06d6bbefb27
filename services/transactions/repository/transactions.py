"""One transaction, and the keys under which it was asked for."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, insert, select, text, update

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


def with_names(chosen: Any) -> Select[Any]:
    """The columns of transactions, or of some of them, with the names around them."""
    return (
        select(*chosen, *_NAMES)
        .join(Season, Season.season_id == chosen.season_id)
        .join(Beneficiary, Beneficiary.beneficiary_id == chosen.beneficiary_id)
        .outerjoin(Partner, Partner.structure_id == chosen.structure_id)
        .outerjoin(Establishment, Establishment.establishment_id == chosen.establishment_id)
        .outerjoin(Contestation, Contestation.transaction_id == chosen.transaction_id)
        .outerjoin(Correction, Correction.contestation_id == Contestation.contestation_id)
    )


_READ = with_names(Transaction.__table__.c)


def by_id(connection: Connection, transaction_id: str, *, lock: bool = False) -> dict[str, Any]:
    """One transaction with the names around it; ``lock`` holds the row until the end."""
    found = _READ.where(Transaction.transaction_id == transaction_id)
    if lock:
        found = found.with_for_update(of=Transaction, key_share=True)
    return dict(connection.execute(found).mappings().one())


def by_ids(connection: Connection, transaction_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Several at once, by id."""
    rows = connection.execute(_READ.where(Transaction.transaction_id.in_(set(transaction_ids)))).mappings()
    return {str(row["transaction_id"]): dict(row) for row in rows}


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
