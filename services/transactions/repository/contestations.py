"""Contestations and corrections."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, insert, select, update

from services.transactions.models import Contestation, Correction, Transaction

_READ: Select[Any] = select(*Contestation.__table__.c, Correction.amount_cents.label("correction_cents")).outerjoin(
    Correction, Correction.contestation_id == Contestation.contestation_id
)


def add(connection: Connection, row: dict[str, Any]) -> None:
    connection.execute(insert(Contestation).values(row))


def add_correction(connection: Connection, row: dict[str, Any]) -> None:
    connection.execute(insert(Correction).values(row))


def by_id(connection: Connection, contestation_id: str, *, lock: bool = False) -> dict[str, Any] | None:
    found = _READ.where(Contestation.contestation_id == contestation_id)
    row = connection.execute(found.with_for_update(of=Contestation) if lock else found).mappings().one_or_none()
    return dict(row) if row else None


def of_transaction(connection: Connection, transaction_id: str) -> dict[str, Any] | None:
    """The one of a transaction, open or decided."""
    row = connection.execute(_READ.where(Contestation.transaction_id == transaction_id)).mappings().one_or_none()
    return dict(row) if row else None


def page(
    connection: Connection, state: str | None, waited: ColumnElement[bool], after: str | None, limit: int
) -> list[dict[str, Any]]:
    """Oldest first; ids grow with time. `waited`: the condition of a band of age."""
    found = _READ.where(waited)
    if state:
        found = found.where(Contestation.state == state)
    if after:
        found = found.where(Contestation.contestation_id > after)
    ordered = found.order_by(Contestation.contestation_id).limit(limit)
    return [dict(row) for row in connection.execute(ordered).mappings()]


def change(connection: Connection, contestation_id: str, **values: Any) -> None:
    connection.execute(update(Contestation).where(Contestation.contestation_id == contestation_id).values(**values))


def mark(connection: Connection, transaction_id: str, *, contested: bool) -> None:
    """Put the mark on a transaction, or take it off."""
    connection.execute(
        update(Transaction).where(Transaction.transaction_id == transaction_id).values(contested=contested)
    )
