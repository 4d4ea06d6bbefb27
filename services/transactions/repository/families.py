"""Families, and the mails that they are owed."""

from typing import Any

from sqlalchemy import Connection, delete, select, update

from services.transactions.models import Family, FamilyNotice


def by_id(connection: Connection, family_id: str) -> dict[str, Any] | None:
    found = select(*Family.__table__.c).where(Family.family_id == family_id)
    row = connection.execute(found).mappings().one_or_none()
    return dict(row) if row else None


def change(connection: Connection, family_id: str, **values: Any) -> None:
    connection.execute(update(Family).where(Family.family_id == family_id).values(**values))


def take_notices(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """Take some mails off the list; they come back if the transaction doesn't commit. Others take other ones."""
    next_ones = (
        select(FamilyNotice.notice_id).order_by(FamilyNotice.notice_id).limit(limit).with_for_update(skip_locked=True)
    )
    taken = (
        delete(FamilyNotice)
        .where(FamilyNotice.notice_id.in_(next_ones.scalar_subquery()))
        .returning(*FamilyNotice.__table__.c)
    )
    rows = [dict(row) for row in connection.execute(taken).mappings()]
    return sorted(rows, key=lambda row: row["notice_id"])
