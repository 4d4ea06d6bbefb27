"""Structures: made from a submitted application, kept in step with its corrections, shown to those who ask."""

from datetime import datetime
from typing import Any

from services.chassis import clock
from services.chassis.database import UnitOfWork
from services.chassis.ids import new_id
from services.partners import messages, repository, secrets, views
from services.partners.domain.refusals import StructureUnknown
from services.partners.handlers import directory
from services.partners.models import Application, BankAccount, Establishment, Structure

SEAT_NAME = "Siège"
_PLACE = ("address_line1", "address_line2", "postcode", "commune_name", "commune_code")


def create(uow: UnitOfWork, found: Application) -> None:
    """The structure, its seat and the first version of its bank account, as submitted."""
    structure = Structure(
        structure_id=found.structure_id,
        structure_type=found.structure_type,
        activities=found.activities,
        federation=found.federation,
        created_at=uow.now,
        updated_at=uow.now,
        **{name: found.structure.get(name) for name in views.STRUCTURE_FIELDS},
    )
    uow.session.add(structure)
    uow.session.flush()
    uow.session.add(
        Establishment(
            establishment_id=new_id(),
            structure_id=found.structure_id,
            name=SEAT_NAME,
            is_seat=True,
            created_at=uow.now,
            updated_at=uow.now,
            **{name: found.structure.get(name) for name in _PLACE},
        )
    )
    add_bank_account(uow, found)
    uow.session.flush()


def add_bank_account(uow: UnitOfWork, found: Application) -> None:
    """The application's account as the structure's next version; one that was only submitted gives way."""
    earlier = repository.bank_accounts(uow.session, found.structure_id)
    for row in earlier:
        if row.state == "submitted":
            row.state = "replaced"
    bank_account_id = new_id()
    iban = secrets.open_iban(found.iban_sealed or "", "applications", found.application_id)
    uow.session.add(
        BankAccount(
            bank_account_id=bank_account_id,
            structure_id=found.structure_id,
            version=earlier[0].version + 1 if earlier else 1,
            state="submitted",
            iban_sealed=secrets.seal_iban(iban, "bank_accounts", bank_account_id),
            iban_fingerprint=found.iban_fingerprint,
            iban_masked=found.iban_masked,
            bic=found.bic,
            bank_name=found.bank_name,
            holder=found.holder,
            submitted_at=uow.now,
        )
    )


def apply_corrections(uow: UnitOfWork, found: Application, groups: set[str]) -> None:
    """Bring to the structure what the partner corrected in this round, and nothing else."""
    structure = uow.session.get_one(Structure, found.structure_id)
    if "structure_type" in groups:
        structure.structure_type = found.structure_type or structure.structure_type
    if "structure" in groups:
        _set(structure, found.structure, views.STRUCTURE_FIELDS)
        seat = repository.seat(uow.session, found.structure_id)
        if seat is not None:
            _set(seat, found.structure, _PLACE)
            seat.version, seat.updated_at = seat.version + 1, uow.now
    if "activities" in groups:
        structure.activities, structure.federation = found.activities, found.federation
    if "bank_account" in groups:
        add_bank_account(uow, found)
    structure.version, structure.updated_at = structure.version + 1, uow.now
    uow.session.flush()


def _set(row: Any, values: dict[str, Any], names: tuple[str, ...]) -> None:
    for name in names:
        setattr(row, name, values.get(name))


def announce(uow: UnitOfWork, structure_id: str) -> None:
    """Tell the others what everybody may know of the structure and of its seat."""
    announce_structure(uow, uow.session.get_one(Structure, structure_id))
    seat = repository.seat(uow.session, structure_id)
    if seat is not None:
        announce_establishment(uow, seat)


def announce_structure(uow: UnitOfWork, structure: Structure) -> None:
    uow.publish(
        messages.StructureUpdated,
        structure_id=structure.structure_id,
        name=structure.name,
        partner_number=structure.partner_number,
        structure_type=structure.structure_type,
        commune_code=structure.commune_code,
        commune_name=structure.commune_name,
        postcode=structure.postcode,
        activities=structure.activities,
    )


def announce_establishment(uow: UnitOfWork, place: Establishment) -> None:
    uow.publish(
        messages.EstablishmentSaved,
        structure_id=place.structure_id,
        establishment_id=place.establishment_id,
        name=place.name,
        commune_name=place.commune_name,
        is_seat=place.is_seat,
        open=place.open,
    )


def structure_for_convention(uow: UnitOfWork) -> dict[str, Any]:
    """The caller's own structure. Refuses `structure_unknown`."""
    structure_id = uow.actor.scope.get("structure_id")
    structure = uow.session.get(Structure, structure_id) if structure_id else None
    application = repository.application_of_structure(uow.session, structure_id) if structure_id else None
    if structure is None or application is None:
        raise StructureUnknown()
    return views.structure_for_convention(structure, application.application_id)


def structures(uow: UnitOfWork, structure_ids: list[str]) -> dict[str, Any]:
    """Public facts about several structures, by id; unknown ones are left out."""
    return {
        row.structure_id: {
            "name": row.name,
            "partner_number": row.partner_number,
            "structure_type": row.structure_type,
            "structure_type_label": views.structure_type_label(row.structure_type),
            "commune_name": row.commune_name,
            "commune_code": row.commune_code,
            "postcode": row.postcode,
            "active": is_active(row, uow),
        }
        for row in repository.structures(uow.session, structure_ids)
    }


def named(uow: UnitOfWork, words: str) -> dict[str, Any]:
    """Structures by partner number, or by a part of the name: ``{"items": [{structure_id, name,
    partner_number}]}``, at most ten."""
    return {
        "items": [
            {"structure_id": row.structure_id, "name": row.name, "partner_number": row.partner_number}
            for row in repository.named(uow.session, words.strip(), 10)
        ]
    }


def is_active(structure: Structure, uow: UnitOfWork) -> bool:
    """Shown in the list and allowed to record transactions."""
    ended = structure.ended_at is not None and structure.ended_at <= uow.now
    return structure.active_since is not None and not ended


def on_convention_activated(uow: UnitOfWork, told_at: datetime, structure_id: str, activated_at: Any) -> None:
    """Both have signed: the structure appears in «Liste des partenaires», for the first time or again."""
    structure = uow.session.get_one(Structure, structure_id, with_for_update=True)
    structure.active_since = structure.active_since or activated_at
    _ends(uow, told_at, structure_id, None)


def on_convention_terminated(uow: UnitOfWork, told_at: datetime, structure_id: str, effective_on: Any) -> None:
    """The structure leaves the list when the termination takes effect, at the start of that day in Paris."""
    _ends(uow, told_at, structure_id, clock.day_start(effective_on))


def on_convention_termination_withdrawn(uow: UnitOfWork, told_at: datetime, structure_id: str) -> None:
    """The termination will not take effect: the structure stays in the list."""
    _ends(uow, told_at, structure_id, None)


def _ends(uow: UnitOfWork, told_at: datetime, structure_id: str, ended_at: datetime | None) -> None:
    """The newest word on the end counts, whatever the order of arrival."""
    structure = uow.session.get_one(Structure, structure_id, with_for_update=True)
    if structure.end_told_at is None or told_at >= structure.end_told_at:
        structure.ended_at, structure.end_told_at = ended_at, told_at
    structure.updated_at = uow.now
    uow.session.flush()
    directory.refresh(uow, structure_id)
