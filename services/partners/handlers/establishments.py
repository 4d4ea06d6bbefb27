"""«Mes établissements»: the seat, and the other places where activities happen."""

from typing import Any

from sqlalchemy import select

from services.chassis.database import UnitOfWork
from services.chassis.ids import new_id
from services.partners import catalogue, views
from services.partners.domain import profile as rules
from services.partners.domain.identifiers import is_postcode
from services.partners.domain.refusals import EstablishmentUnknown, SeatStaysOpen, StaleVersion, ValidationFailed
from services.partners.handlers import directory, structures
from services.partners.handlers.profile import own_structure
from services.partners.models import Establishment

_FIELDS = ("name", "address_line1", "postcode", "age_min", "age_max", "accessible")


def own_establishments(uow: UnitOfWork) -> dict[str, Any]:
    """All places of the caller's structure, the seat first, closed ones last."""
    structure = own_structure(uow)
    return {"items": [view(place) for place in of_structure(uow, structure.structure_id)]}


def of_structure(uow: UnitOfWork, structure_id: str) -> list[Establishment]:
    query = select(Establishment).where(Establishment.structure_id == structure_id)
    order = (Establishment.open.desc(), Establishment.is_seat.desc(), Establishment.name)
    return list(uow.session.scalars(query.order_by(*order)))


def view(place: Establishment) -> dict[str, Any]:
    return {
        "establishment_id": place.establishment_id,
        "version": place.version,
        "name": place.name,
        "is_seat": place.is_seat,
        "open": place.open,
        "address_line1": place.address_line1,
        "address_line2": place.address_line2,
        "postcode": place.postcode,
        "commune_name": place.commune_name,
        "commune_code": place.commune_code,
        "activities": views.activities(place.activities),
        "age_min": place.age_min,
        "age_max": place.age_max,
        "accessible": place.accessible,
        "accessibility_note": place.accessibility_note,
    }


def save_establishment(uow: UnitOfWork, establishment_id: str | None, version: int, **given: Any) -> dict[str, Any]:
    """«Ajouter» (no id) or «Modifier». Refuses `validation_failed`, `stale_version`, `establishment_unknown`."""
    structure = own_structure(uow, lock=True)
    commune = _checked(given)
    place = _own(uow, establishment_id) if establishment_id else _new(uow, structure.structure_id)
    if establishment_id and place.version != version:
        raise StaleVersion(version=place.version)
    for name in _FIELDS:
        setattr(place, name, given[name])
    place.address_line2 = given["address_line2"] or None
    place.accessibility_note = given["accessibility_note"] or None
    place.activities = [code for code in dict.fromkeys(given["activities"]) if code in catalogue.activities()]
    place.commune_code = commune.code if commune else None
    place.commune_name = commune.name if commune else given["commune_name"]
    place.version, place.updated_at = (place.version or 0) + 1, uow.now
    uow.session.add(place)
    _saved(uow, place, "save")
    return view(place)


def _checked(given: dict[str, Any]) -> catalogue.Commune | None:
    """The commune if it is known. Refuses `validation_failed`."""
    errors = rules.age_errors(given["age_min"], given["age_max"])
    if not is_postcode(given["postcode"]):
        errors["postcode"] = ["Le code postal a cinq chiffres, par exemple 93000."]
    known = catalogue.communes_at(given["postcode"])
    commune = catalogue.commune_of(given["postcode"], given["commune_name"])
    if known and commune is None and not errors:
        names = ", ".join(one.name for one in known)
        errors["commune_name"] = [f"À ce code postal, la commune est : {names}."]
    if errors:
        raise ValidationFailed(errors)
    return commune


def _new(uow: UnitOfWork, structure_id: str) -> Establishment:
    return Establishment(
        establishment_id=new_id(),
        structure_id=structure_id,
        version=0,
        is_seat=False,
        open=True,
        created_at=uow.now,
    )


def _own(uow: UnitOfWork, establishment_id: str) -> Establishment:
    found = uow.session.get(Establishment, establishment_id, with_for_update=True)
    if found is None or found.structure_id != uow.actor.scope.get("structure_id"):
        raise EstablishmentUnknown()
    return found


def close_establishment(uow: UnitOfWork, establishment_id: str) -> dict[str, Any]:
    """It leaves the public page and can't be chosen any more; its history stays. Refuses `seat_stays_open`."""
    return _set_open(uow, establishment_id, opened=False)


def reopen_establishment(uow: UnitOfWork, establishment_id: str) -> dict[str, Any]:
    """Take back a closing."""
    return _set_open(uow, establishment_id, opened=True)


def _set_open(uow: UnitOfWork, establishment_id: str, *, opened: bool) -> dict[str, Any]:
    own_structure(uow, lock=True)
    place = _own(uow, establishment_id)
    if place.is_seat and not opened:
        raise SeatStaysOpen()
    place.open = opened
    place.version, place.updated_at = place.version + 1, uow.now
    _saved(uow, place, "reopen" if opened else "close")
    return view(place)


def _saved(uow: UnitOfWork, place: Establishment, verb: str) -> None:
    uow.session.flush()
    uow.audit(f"establishment:{verb}", place.establishment_id, structure_id=place.structure_id)
    structures.announce_establishment(uow, place)
    directory.refresh(uow, place.structure_id)
