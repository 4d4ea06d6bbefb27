"""«Ressources»: documents of the Caf, for everybody or for partners."""

from typing import Any

from sqlalchemy import select

from services.chassis import uploads
from services.chassis.database import BoundDatabase, UnitOfWork
from services.chassis.files import FileStore
from services.chassis.ids import new_id
from services.partners.domain.refusals import ResourceUnknown, StaleVersion, ValidationFailed
from services.partners.models import Resource

PARTNERS = ("legal_representative", "manager", "accountant", "cashier")
ADMINISTRATOR = "administrator"


def listed(uow: UnitOfWork) -> dict[str, Any]:
    """What the caller may read, by category: {"items": [...]} in the order that the Caf chose."""
    query = select(Resource).order_by(Resource.category, Resource.position, Resource.title)
    if not uow.actor.has(ADMINISTRATOR):
        query = query.where(Resource.withdrawn_at.is_(None), Resource.audience.in_(_audiences(uow)))
    return {"items": [_view(row) for row in uow.session.scalars(query)]}


def _audiences(uow: UnitOfWork) -> list[str]:
    return ["public", "partners"] if uow.actor.has(*PARTNERS, "agent", ADMINISTRATOR) else ["public"]


def _view(row: Resource) -> dict[str, Any]:
    return {
        "resource_id": row.resource_id,
        "version": row.version,
        "category": row.category,
        "title": row.title,
        "description": row.description,
        "audience": row.audience,
        "position": row.position,
        "filename": row.filename,
        "media_type": row.media_type,
        "size": row.size,
        "published_at": row.published_at,
        "withdrawn_at": row.withdrawn_at,
    }


def file(uow: UnitOfWork, resource_id: str) -> dict[str, Any]:
    """Where the gateway finds the file. Refuses `resource_unknown`, also for what isn't for the caller."""
    row = uow.session.get(Resource, resource_id)
    hidden = row is None or row.audience not in _audiences(uow) or row.withdrawn_at is not None
    if row is None or (hidden and not uow.actor.has(ADMINISTRATOR)):
        raise ResourceUnknown()
    return {"sha256": row.sha256, "filename": row.filename, "media_type": row.media_type}


def save(database: BoundDatabase, call: Any, store: FileStore) -> dict[str, Any]:
    """Publish a document or change one. Refuses `validation_failed`, `stale_version`, `resource_unknown`."""
    given = dict(call.arguments)
    incoming_id, filename = given.pop("incoming_id"), given.pop("filename")
    if incoming_id is None and given["resource_id"] is None:
        raise ValidationFailed({"file": ["Choisissez un fichier."]})
    checked = uploads.check(store, incoming_id) if incoming_id else None
    with database.unit_of_work(call) as uow:
        row = _open(uow, given.pop("resource_id"), given.pop("version"))
        for name, value in given.items():
            setattr(row, name, value)
        if checked is not None:
            row.sha256, row.media_type, row.size = checked.sha256, checked.media_type, checked.size
            row.filename = filename or "document"
        row.version = (row.version or 0) + 1
        uow.session.add(row)
        uow.session.flush()
        uow.audit("resource:save", row.resource_id, audience=row.audience)
        return _view(row)


def _open(uow: UnitOfWork, resource_id: str | None, version: int) -> Resource:
    if resource_id is None:
        return Resource(resource_id=new_id(), version=0, published_at=uow.now)
    row = _any(uow, resource_id)
    if row.version != version:
        raise StaleVersion(version=row.version)
    return row


def _any(uow: UnitOfWork, resource_id: str) -> Resource:
    row = uow.session.get(Resource, resource_id, with_for_update=True)
    if row is None:
        raise ResourceUnknown()
    return row


def withdraw(uow: UnitOfWork, resource_id: str) -> dict[str, Any]:
    """Take it off the page; it can be put back."""
    return _set_withdrawn(uow, resource_id, withdrawn=True)


def restore(uow: UnitOfWork, resource_id: str) -> dict[str, Any]:
    return _set_withdrawn(uow, resource_id, withdrawn=False)


def _set_withdrawn(uow: UnitOfWork, resource_id: str, *, withdrawn: bool) -> dict[str, Any]:
    row = _any(uow, resource_id)
    row.withdrawn_at = uow.now if withdrawn else None
    row.version += 1
    uow.audit("resource:withdraw" if withdrawn else "resource:restore", resource_id)
    uow.session.flush()
    return _view(row)
