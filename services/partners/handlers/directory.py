"""«Liste des partenaires»: active partners, found by words (accents and typing errors forgiven), activity, place, age
and access. Only what is public is ever put into the entries that are searched."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, func, literal, or_, select, text
from sqlalchemy.dialects.postgresql import insert

from services.chassis.database import UnitOfWork
from services.partners import catalogue, views
from services.partners.domain import directory as rules
from services.partners.domain.identifiers import plain
from services.partners.domain.profile import MAX_AGE
from services.partners.models import DirectoryEntry, Establishment, Profile, Structure

SIMILAR_ENOUGH = 0.45
"""pg_trgm's word similarity: «fotball» finds «football» (0.5), «judo» doesn't find «jura» (0.4)."""

EXPORT_PAGE = 500


def refresh(uow: UnitOfWork, structure_id: str) -> None:
    """Write the structure's entry anew from what is public of it; an inactive structure has none."""
    structure = uow.session.get(Structure, structure_id)
    if structure is None or structure.active_since is None:
        return
    profile = uow.session.get(Profile, structure_id)
    query = select(Establishment).where(Establishment.structure_id == structure_id, Establishment.open)
    places = list(uow.session.scalars(query.order_by(Establishment.is_seat.desc(), Establishment.name)))
    values = entry(structure, profile, places)
    stored = insert(DirectoryEntry).values(structure_id=structure_id, **values)
    uow.session.execute(stored.on_conflict_do_update(index_elements=["structure_id"], set_=values))


def entry(structure: Structure, profile: Profile | None, places: list[Establishment]) -> dict[str, Any]:
    activities = list(dict.fromkeys([*structure.activities, *(code for place in places for code in place.activities)]))
    labels = [activity["label"] for activity in views.activities(activities)]
    communes = list(dict.fromkeys(place.commune_name for place in places))
    tellers: list[Profile | Establishment] = [*places, *([profile] if profile else [])]
    mins = [one.age_min for one in tellers if one.age_min is not None]
    maxs = [one.age_max for one in tellers if one.age_max is not None]
    words = " ".join([structure.name, *labels, *communes, profile.description if profile else ""])
    return {
        "sort_name": plain(structure.name),
        "searchable": plain(words),
        "activities": activities,
        "commune_codes": sorted({place.commune_code for place in places if place.commune_code}),
        "age_min": min(mins, default=0),
        "age_max": max(maxs, default=MAX_AGE),
        "accessible": any(place.accessible for place in places),
        "card": {
            "structure_id": structure.structure_id,
            "partner_number": structure.partner_number,
            "name": structure.name,
            "structure_type_label": views.structure_type_label(structure.structure_type),
            "activities": labels,
            "communes": communes,
            "postcode": structure.postcode,
            "address_line1": structure.address_line1,
            "phone": structure.phone,
            "email": structure.email,
            "website": structure.website,
            "accessible": any(place.accessible for place in places),
        },
        "active_since": structure.active_since,
        "ended_at": structure.ended_at,
    }


def active(uow: UnitOfWork) -> ColumnElement[bool]:
    return and_(
        DirectoryEntry.active_since <= uow.now,
        or_(DirectoryEntry.ended_at.is_(None), DirectoryEntry.ended_at > uow.now),
    )


def search(
    uow: UnitOfWork,
    words: str | None,
    activity: str | None,
    commune: str | None,
    within_km: int | None,
    age: int | None,
    accessible: bool,
    page: int,
) -> dict[str, Any]:
    """One page of results with their number: {"items", "total", "page", "pages"}; items carry `distance_km` when a
    commune is the centre of the search."""
    asked = rules.Search(rules.understood(words), activity, commune, within_km, age, accessible, page)
    uow.session.execute(text(f"SET LOCAL pg_trgm.word_similarity_threshold = {SIMILAR_ENOUGH}"))
    total, found = _found(uow, asked)
    return {
        "items": [_result(card, codes, asked) for card, codes, *_ in found],
        "total": total,
        "page": page,
        "pages": rules.pages_of(total),
    }


def _found(uow: UnitOfWork, asked: rules.Search) -> tuple[int, Sequence[Any]]:
    """How many there are, and those of the page. With conditions, both are one question, or all would be looked for
    twice; without, the page is read in the order of the names, and only the number looks at all of them."""
    matching = _matching(uow, asked)
    number = select(func.count()).select_from(DirectoryEntry).where(matching)
    page = _page(asked, matching)
    if not asked.selective:
        return uow.session.scalar(number) or 0, uow.session.execute(page).all()
    rows = uow.session.execute(page.add_columns(func.count().over())).all()
    if not rows and asked.offset:  # a page beyond the last
        return uow.session.scalar(number) or 0, rows
    return (rows[0][-1] if rows else 0), rows


def _page(asked: rules.Search, matching: ColumnElement[bool]) -> Any:
    query: Any = select(DirectoryEntry.card, DirectoryEntry.commune_codes).where(matching)
    order: list[Any] = [DirectoryEntry.sort_name, DirectoryEntry.structure_id]
    if asked.words:
        order.insert(0, _relevance(asked.words).desc())
    return query.order_by(*order).limit(rules.PAGE_SIZE).offset(asked.offset)


def _relevance(words: tuple[str, ...]) -> ColumnElement[Any]:
    """How well the words fit: 2 for one that the name itself has, 1 for one that is elsewhere, less for one that is
    only like it. Likeness is dear, and not computed for the thousands that have a common word as it stands."""
    total: ColumnElement[Any] = literal(0.0)
    for word in words:
        has = [(column.contains(word, autoescape=True), worth) for column, worth in _WHERE]
        total = total + case(*has, else_=func.word_similarity(word, DirectoryEntry.searchable))
    return total


_WHERE = ((DirectoryEntry.sort_name, 2.0), (DirectoryEntry.searchable, 1.0))


def _matching(uow: UnitOfWork, asked: rules.Search) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [active(uow)]
    for word in asked.words:
        exact = DirectoryEntry.searchable.contains(word, autoescape=True)
        conditions.append(or_(exact, DirectoryEntry.searchable.bool_op("%>")(word)))
    if asked.activity:
        conditions.append(DirectoryEntry.activities.contains([asked.activity]))
    if asked.commune:
        conditions.append(_near(asked.commune, asked.within_km))
    if asked.age is not None:
        conditions.append(and_(DirectoryEntry.age_min <= asked.age, DirectoryEntry.age_max >= asked.age))
    if asked.accessible:
        conditions.append(DirectoryEntry.accessible.is_(True))
    return and_(*conditions)


def _near(commune: str, within_km: int | None) -> ColumnElement[bool]:
    codes = catalogue.communes_within(commune, within_km) if within_km else (commune,)
    return DirectoryEntry.commune_codes.overlap(list(codes)) if codes else false()


def _result(card: dict[str, Any], codes: list[str], asked: rules.Search) -> dict[str, Any]:
    known = catalogue.communes()
    centre = known.get(asked.commune or "")
    if centre is None or centre.centre is None:
        return {**card, "distance_km": None}
    places = [known[code].centre for code in codes if code in known]
    away = [rules.distance_km(centre.centre, place) for place in places if place]
    return {**card, "distance_km": round(min(away), 1) if away else None}


def export(uow: UnitOfWork, cursor: str | None) -> dict[str, Any]:
    """All active partners in pages of 500, in the order of their ids: the same facts as open data."""
    query = select(DirectoryEntry.structure_id, DirectoryEntry.card).where(active(uow))
    if cursor:
        query = query.where(DirectoryEntry.structure_id > cursor)
    rows = uow.session.execute(query.order_by(DirectoryEntry.structure_id).limit(EXPORT_PAGE)).all()
    return {
        "items": [card for _, card in rows],
        "next_cursor": rows[-1][0] if len(rows) == EXPORT_PAGE else None,
    }
