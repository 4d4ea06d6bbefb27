"""«Liste des partenaires»: active structures, public facts, found by words, activity and commune."""

from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, tuple_

from services.chassis.database import UnitOfWork
from services.partners import views
from services.partners.domain.refusals import PartnerUnknown
from services.partners.models import Structure

PAGE = 20


def directory(
    uow: UnitOfWork, words: str | None, activity: str | None, commune: str | None, cursor: str | None
) -> dict[str, Any]:
    """One page of the list in alphabetical order, and how many there are in all."""
    found = [*_active(uow), *_matching(words, activity, commune)]
    order = (func.lower(Structure.name), Structure.structure_id)
    query = select(Structure).where(*found)
    if cursor:
        name, _, structure_id = cursor.rpartition("|")
        query = query.where(tuple_(*order) > tuple_(name, structure_id))
    rows = list(uow.session.scalars(query.order_by(*order).limit(PAGE + 1)))
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    return {
        "items": [views.public_partner(row) for row in rows],
        "next_cursor": f"{rows[-1].name.lower()}|{rows[-1].structure_id}" if more else None,
        "total": uow.session.scalar(select(func.count()).select_from(Structure).where(*found)) or 0,
    }


def partner(uow: UnitOfWork, partner_number: str) -> dict[str, Any]:
    """One active partner. Refuses `partner_unknown`."""
    query = select(Structure).where(*_active(uow), Structure.partner_number == partner_number)
    row = uow.session.scalars(query).one_or_none()
    if row is None:
        raise PartnerUnknown()
    return views.public_partner(row)


def _active(uow: UnitOfWork) -> list[ColumnElement[bool]]:
    return [
        Structure.active_since.is_not(None),
        Structure.active_since <= uow.now,
        or_(Structure.ended_at.is_(None), Structure.ended_at > uow.now),
    ]


def _matching(words: str | None, activity: str | None, commune: str | None) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for word in (words or "").split()[:8]:
        escaped = word.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        like = f"%{escaped}%"
        found.append(or_(func.lower(Structure.name).like(like), func.lower(Structure.commune_name).like(like)))
    if activity:
        found.append(Structure.activities.contains([activity]))
    if commune:
        found.append(Structure.commune_code == commune)
    return found
