"""«Mon profil»: what the structure tells the public of itself."""

from typing import Any

from services.chassis import uploads
from services.chassis.database import BoundDatabase, UnitOfWork
from services.chassis.files import FileStore
from services.partners import catalogue, checks, views
from services.partners.domain import profile as rules
from services.partners.domain.refusals import StaleVersion, StructureUnknown, ValidationFailed
from services.partners.handlers import directory, structures
from services.partners.models import Profile, Structure


def own_structure(uow: UnitOfWork, *, lock: bool = False) -> Structure:
    """The structure that the caller acts for. Refuses `structure_unknown`."""
    structure_id = uow.actor.scope.get("structure_id")
    found = uow.session.get(Structure, structure_id, with_for_update=lock or None) if structure_id else None
    if found is None:
        raise StructureUnknown()
    return found


def profile_of(uow: UnitOfWork, structure: Structure) -> Profile:
    """The profile, or an empty one that isn't stored yet."""
    return uow.session.get(Profile, structure.structure_id) or Profile(
        structure_id=structure.structure_id, version=0, description="", opening_hours=[], links=[], updated_at=uow.now
    )


def own_profile(uow: UnitOfWork) -> dict[str, Any]:
    """What the form shows: public facts of the structure and its profile."""
    structure = own_structure(uow)
    found = profile_of(uow, structure)
    return {**views.public_partner(structure), **profile_view(found), "version": found.version}


def profile_view(found: Profile) -> dict[str, Any]:
    return {
        "description": found.description,
        "age_min": found.age_min,
        "age_max": found.age_max,
        "opening_hours": found.opening_hours,
        "links": found.links,
        "logo": {"sha256": found.logo_sha256, "media_type": found.logo_media_type} if found.logo_sha256 else None,
    }


def save_profile(uow: UnitOfWork, version: int, **given: Any) -> dict[str, Any]:
    """Refuses `validation_failed`, and `stale_version` when it was saved elsewhere since the page was shown."""
    structure = own_structure(uow, lock=True)
    found = profile_of(uow, structure)
    if found.version != version:
        raise StaleVersion(version=found.version)
    checked = _checked(given)
    structure.phone, structure.website = checked["phone"], checked["website"]
    structure.activities = checked["activities"]
    structure.version, structure.updated_at = structure.version + 1, uow.now
    found.description = checked["description"].strip()
    found.age_min, found.age_max = checked["age_min"], checked["age_max"]
    found.opening_hours = rules.sorted_hours(checked["opening_hours"])
    found.links = checked["links"]
    _store(uow, structure, found)
    uow.audit("profile:save", structure.structure_id)
    structures.announce_structure(uow, structure)
    return {"version": found.version}


def _store(uow: UnitOfWork, structure: Structure, found: Profile) -> None:
    found.version, found.updated_at = found.version + 1, uow.now
    uow.session.add(found)
    uow.session.flush()
    directory.refresh(uow, structure.structure_id)


def _checked(given: dict[str, Any]) -> dict[str, Any]:
    """The answers in their normal form. Refuses `validation_failed` with all that is wrong."""
    errors = rules.age_errors(given["age_min"], given["age_max"]) | rules.hours_errors(given["opening_hours"])
    checked = dict(given)
    for name, check in (("phone", checks.french_phone), ("website", checks.website)):
        checked[name], wrong = _one(check, given[name])
        errors |= {name: [wrong]} if wrong else {}
    checked["links"], wrong = _links(given["links"])
    errors |= {"links": [wrong]} if wrong else {}
    checked["activities"] = [code for code in dict.fromkeys(given["activities"]) if code in catalogue.activities()]
    if not checked["activities"]:
        errors["activities"] = ["Cochez au moins une activité."]
    if errors:
        raise ValidationFailed(errors)
    return checked


def _one(check: Any, typed: str) -> tuple[str | None, str | None]:
    if not typed.strip():
        return None, None
    try:
        return check(typed), None
    except checks.Wrong as wrong:
        return None, str(wrong)


def _links(links: list[dict[str, str]]) -> tuple[list[dict[str, object]], str | None]:
    checked: list[dict[str, object]] = []
    for link in links:
        try:
            checked.append({"label": link["label"].strip(), "url": checks.website(link["url"])})
        except checks.Wrong as wrong:
            return [], f"{link['label']} : {wrong}"
    return checked, None


def set_logo(database: BoundDatabase, call: Any, store: FileStore) -> dict[str, Any]:
    """Keep a picture as the logo. Refuses what `services.chassis.uploads` refuses, and a file that is no picture."""
    with database.unit_of_work(call) as uow:
        own_structure(uow)
    checked = uploads.check(store, call.arguments["incoming_id"])
    if not checked.media_type.startswith("image/"):
        store.delete(checked.sha256)
        raise ValidationFailed({"logo": ["Le logo doit être une image PNG, JPEG ou GIF."]})
    with database.unit_of_work(call) as uow:
        structure = own_structure(uow, lock=True)
        found = profile_of(uow, structure)
        found.logo_sha256, found.logo_media_type = checked.sha256, checked.media_type
        _store(uow, structure, found)
        uow.audit("profile:set_logo", structure.structure_id)
        return {"version": found.version}


def remove_logo(uow: UnitOfWork) -> dict[str, Any]:
    structure = own_structure(uow, lock=True)
    found = profile_of(uow, structure)
    found.logo_sha256 = found.logo_media_type = None
    _store(uow, structure, found)
    uow.audit("profile:remove_logo", structure.structure_id)
    return {"version": found.version}
