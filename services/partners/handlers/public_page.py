"""One partner's public page, and its preview for the structure's own people."""

from typing import Any

from sqlalchemy import select

from services.chassis.database import UnitOfWork
from services.partners import views
from services.partners.domain.refusals import PartnerUnknown
from services.partners.handlers import directory, establishments, profile
from services.partners.models import DirectoryEntry, Structure


def partner(uow: UnitOfWork, partner_number: str) -> dict[str, Any]:
    """An active partner. Refuses `partner_unknown`."""
    query = (
        select(Structure)
        .join(DirectoryEntry, DirectoryEntry.structure_id == Structure.structure_id)
        .where(Structure.partner_number == partner_number, directory.active(uow))
    )
    structure = uow.session.scalars(query).one_or_none()
    if structure is None:
        raise PartnerUnknown()
    return _page(uow, structure)


def preview(uow: UnitOfWork) -> dict[str, Any]:
    """The caller's own page as the public will see it, active or not."""
    return _page(uow, profile.own_structure(uow))


def _page(uow: UnitOfWork, structure: Structure) -> dict[str, Any]:
    found = profile.profile_of(uow, structure)
    places = [establishments.view(place) for place in establishments.of_structure(uow, structure.structure_id)]
    return {
        **views.public_partner(structure),
        **profile.profile_view(found),
        "establishments": [place for place in places if place["open"]],
        "active": structure.active_since is not None,
    }
