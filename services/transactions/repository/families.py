"""Families, and the mails that they are owed."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, select, update

from services.transactions.models import Family, FamilyNotice


def by_id(connection: Connection, family_id: str) -> dict[str, Any] | None:
    found = select(*Family.__table__.c).where(Family.family_id == family_id)
    row = connection.execute(found).mappings().one_or_none()
    return dict(row) if row else None


def change(connection: Connection, family_id: str, **values: Any) -> None:
    connection.execute(update(Family).where(Family.family_id == family_id).values(**values))


def next_notices(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """The mails that have waited longest."""
    found = select(*FamilyNotice.__table__.c).order_by(FamilyNotice.notice_id).limit(limit)
    return [dict(row) for row in connection.execute(found).mappings()]


def take_notices(connection: Connection, notice_ids: Sequence[int]) -> set[int]:
    """Take mails off the list; returns those that nobody else has taken meanwhile."""
    taken = delete(FamilyNotice).where(FamilyNotice.notice_id.in_(notice_ids)).returning(FamilyNotice.notice_id)
    return set(connection.scalars(taken))
