"""Changing the legal representative: the structure asks, the Caf decides."""

from typing import Any

from sqlalchemy.exc import IntegrityError

from services.chassis.ages import Ages
from services.chassis.database import BoundDatabase, UnitOfWork
from services.chassis.ids import new_id
from services.chassis.rpc import Call
from services.identity import personal, repository
from services.identity.domain import transfers
from services.identity.domain.accounts import SIGNS_IN, Kind, State, mask_phone
from services.identity.domain.delegations import Role
from services.identity.domain.refusals import (
    EmailAlreadyUsed,
    TransferPending,
    TransferUnknown,
    ValidationFailed,
)
from services.identity.domain.reminders import Waiting
from services.identity.domain.transfers import TransferState
from services.identity.domain.waiting import AGE_LIMITS_DAYS
from services.identity.handlers import letters, passwords, people, rights
from services.identity.handlers.delegates import own_structure
from services.identity.handlers.people import Provisional
from services.identity.handlers.waiting import wait_for
from services.identity.messages import RepresentativeChanged
from services.identity.models import Account, RepresentativeTransfer, Structure

_PLACE = ("representative_transfers", "person")
_PAGE = 50
AGES = Ages(*AGE_LIMITS_DAYS)


def request_transfer(
    database: BoundDatabase, call: Call, reason: str, password: str, code: str | None, **person: str
) -> dict[str, str]:
    """Ask the Caf to accept another legal representative. Nothing changes until it does."""
    passwords.confirm_identity(database, call, password, code)
    with database.unit_of_work(call) as uow:
        _check_person(uow, person["email"])
        transfer = RepresentativeTransfer(
            transfer_id=new_id(),
            structure_id=own_structure(uow),
            requested_by=uow.actor.account_id or "",
            reason=reason,
            state=TransferState.REQUESTED.value,
            requested_at=uow.now,
        )
        transfer.person = personal.seal_document(person, *_PLACE, transfer.transfer_id)
        uow.session.add(transfer)
        _flush_single(uow)
        letters.transfer_requested(uow, transfer.structure_id, person)
        uow.audit("representative:request_transfer", transfer.structure_id, transfer_id=transfer.transfer_id)
        return {"transfer_id": transfer.transfer_id}


def _flush_single(uow: UnitOfWork) -> None:
    """One open request per structure: the index decides between two at once."""
    try:
        uow.session.flush()
    except IntegrityError as fault:
        raise TransferPending from fault


def _check_person(uow: UnitOfWork, email: str) -> Account | None:
    """The account of the person to come, if there is one; the address may only be a person's."""
    holder = repository.account_by_fingerprint(uow.session, personal.email_fingerprint(email))
    if holder is not None and (holder.kind != Kind.PERSON or State(holder.state) not in SIGNS_IN):
        raise EmailAlreadyUsed(which="email")
    return holder


def own_transfer(uow: UnitOfWork) -> dict[str, Any]:
    """The latest request of the caller's structure."""
    found = repository.latest_transfer(uow.session, own_structure(uow))
    structure = found and uow.session.get(Structure, found.structure_id)
    return {"transfer": _dump(found, structure) if found and structure else None}


def _dump(transfer: RepresentativeTransfer, structure: Structure) -> dict[str, Any]:
    person = personal.open_document(transfer.person, *_PLACE, transfer.transfer_id)
    mobile = person.get("mobile", "")
    return {
        "transfer_id": transfer.transfer_id,
        "structure_id": transfer.structure_id,
        "structure_name": structure.name,
        "state": transfer.state,
        "requested_at": transfer.requested_at,
        "decided_at": transfer.decided_at,
        "decision_reason": transfer.decision_reason,
        "reason": transfer.reason,
        "mobile_masked": mask_phone(mobile) if mobile else "",
    } | {name: person.get(name, "") for name in ("civility", "first_name", "last_name", "position", "email")}


def withdraw_transfer(uow: UnitOfWork, transfer_id: str) -> dict[str, Any]:
    transfer = _locked(uow, transfer_id)
    if transfer.structure_id != own_structure(uow):
        raise TransferUnknown
    transfer.state = transfers.move(TransferState(transfer.state), TransferState.WITHDRAWN)
    transfer.decided_at, transfer.person = uow.now, None
    uow.audit("representative:withdraw_transfer", transfer.structure_id, transfer_id=transfer_id)
    return {}


def _locked(uow: UnitOfWork, transfer_id: str) -> RepresentativeTransfer:
    transfer = uow.session.get(RepresentativeTransfer, transfer_id, with_for_update=True)
    if transfer is None:
        raise TransferUnknown
    return transfer


def list_transfers(uow: UnitOfWork, state: str | None, age: str | None, cursor: str | None) -> dict[str, Any]:
    """Requests for the Caf, oldest first. `age`: the code of a band."""
    waited = AGES.within(age, RepresentativeTransfer.requested_at, uow.now)
    found = repository.transfers(uow.session, state, waited, cursor, _PAGE + 1)
    items = [_dump(transfer, structure) for transfer, structure in found[:_PAGE]]
    next_cursor = items[-1]["transfer_id"] if len(found) > _PAGE else None
    return {"items": items, "next_cursor": next_cursor, "ages": AGES.shown()}


def waiting(uow: UnitOfWork) -> dict[str, Any]:
    """For the back office's home: how many wait for a decision, since when, and by age."""
    requested = RepresentativeTransfer.state == TransferState.REQUESTED.value
    return AGES.waiting(uow.session.execute, RepresentativeTransfer.requested_at, uow.now, requested)


def decide_transfer(
    uow: UnitOfWork, provisional: Provisional, transfer_id: str, accepted: bool, reason: str
) -> dict[str, Any]:
    """The Caf accepts or refuses. Raises TransferUnknown, TransferDecided, EmailAlreadyUsed."""
    if not accepted and not reason.strip():
        raise ValidationFailed(reason=["Indiquez pourquoi la demande est refusée."])
    transfer = _locked(uow, transfer_id)
    to = TransferState.APPROVED if accepted else TransferState.REJECTED
    transfer.state = transfers.move(TransferState(transfer.state), to)
    transfer.decided_at, transfer.decided_by = uow.now, uow.actor.account_id
    transfer.decision_reason = reason.strip() or None
    structure = repository.lock_structure(uow.session, transfer.structure_id)
    assert structure is not None
    if accepted:
        _replace_representative(uow, provisional, transfer)
    else:
        letters.transfer_rejected(uow, transfer.structure_id, reason)
    answer = _dump(transfer, structure)
    transfer.person = None
    uow.audit("representative:decide_transfer", transfer.structure_id, transfer_id=transfer_id, accepted=accepted)
    return answer


def _replace_representative(uow: UnitOfWork, provisional: Provisional, transfer: RepresentativeTransfer) -> None:
    structure_id = transfer.structure_id
    details = personal.open_document(transfer.person, *_PLACE, transfer.transfer_id)
    account = _account_of(uow, provisional, structure_id, details)
    earlier = repository.representative(uow.session, structure_id)
    for delegation in repository.rights_on(uow.session, structure_id):
        if delegation.role == Role.LEGAL_REPRESENTATIVE or delegation.account_id == account.account_id:
            rights.end(uow, delegation)
    rights.grant(uow, structure_id=structure_id, account_id=account.account_id, role=Role.LEGAL_REPRESENTATIVE.value)
    uow.publish(RepresentativeChanged, structure_id=structure_id, account_id=account.account_id)
    letters.representative_changed(uow, structure_id, earlier, account)


def _account_of(uow: UnitOfWork, provisional: Provisional, structure_id: str, details: dict[str, str]) -> Account:
    """The person's account: the one that exists, completed with what is needed to sign, or a new one."""
    email = details.pop("email")
    account = _check_person(uow, email)
    if account is not None:
        known = personal.details_of(account)
        personal.set_details(account, **{name: known.get(name) or value for name, value in details.items()})
        return account
    account = people.insert_account(uow, Kind.PERSON, email, which="email", **details)
    provisional.give_to(uow, account)
    letters.activation(uow, account, provisional.password, structure_id)
    wait_for(uow, Waiting.ACTIVATION, account.account_id, structure_id)
    return account
