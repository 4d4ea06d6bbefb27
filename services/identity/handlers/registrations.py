"""From the draft of a legal representative to two accounts: kept at step 4, reserved and activated at
submission."""

from typing import Any

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from services.chassis.database import UnitOfWork
from services.chassis.ids import new_id
from services.identity import personal, repository
from services.identity.domain.accounts import Kind, State, move, normalise_email
from services.identity.domain.delegations import Role
from services.identity.domain.refusals import (
    EmailAlreadyUsed,
    EmailsMustDiffer,
    RegistrationClosed,
    RegistrationUnknown,
)
from services.identity.domain.reminders import Waiting
from services.identity.handlers import letters, rights
from services.identity.handlers.people import Provisional, insert_account
from services.identity.handlers.waiting import wait_for
from services.identity.models import Account, Registration, Reservation, Structure

_PLACE = ("registrations", "details")


def save_registration(uow: UnitOfWork, registration_id: str | None, **details: Any) -> dict[str, str]:
    """Keep (or replace) the draft. An address that is an account's already is told at once (DOMAIN,
    «Accounts»)."""
    registration = _open_draft(uow, registration_id)
    _check_address_free(uow, details["email"], registration.registration_id)
    details["birth_date"] = details["birth_date"] and details["birth_date"].isoformat()
    registration.details = personal.seal_document(details, *_PLACE, registration.registration_id)
    registration.saved_at = uow.now
    return {"registration_id": registration.registration_id}


def _open_draft(uow: UnitOfWork, registration_id: str | None) -> Registration:
    if registration_id is None:
        registration = Registration(registration_id=new_id(), saved_at=uow.now)
        uow.session.add(registration)
        return registration
    found = uow.session.get(Registration, registration_id, with_for_update=True)
    if found is None:
        raise RegistrationUnknown
    if found.closed_at is not None:
        raise RegistrationClosed
    return found


def _check_address_free(uow: UnitOfWork, email: str, registration_id: str) -> None:
    holder = repository.account_by_fingerprint(uow.session, personal.email_fingerprint(email))
    if holder is None:
        return
    mine = repository.reservation(uow.session, registration_id)
    if mine is None or holder.account_id not in (mine.person_account_id, mine.structure_account_id):
        raise EmailAlreadyUsed(which="person")


def registration(uow: UnitOfWork, registration_id: str) -> dict[str, Any]:
    """The draft's fields, for the application's own page."""
    found = uow.session.get(Registration, registration_id)
    if found is None or found.details is None:
        raise RegistrationUnknown
    details = personal.open_document(found.details, *_PLACE, registration_id)
    return {"registration_id": registration_id} | details


def reserve_accounts(
    uow: UnitOfWork,
    registration_id: str,
    application_id: str,
    structure_id: str,
    structure_name: str,
    structure_email: str,
) -> dict[str, str]:
    """Take both addresses, or neither. Repeating it for the same draft answers the same."""
    draft = uow.session.get(Registration, registration_id, with_for_update=True)
    if draft is None or draft.details is None:
        raise RegistrationUnknown
    if draft.closed_at is not None:
        return {}
    _release_earlier(uow, registration_id)
    details = personal.open_document(draft.details, *_PLACE, registration_id)
    person_email = details.pop("email")
    if normalise_email(person_email) == normalise_email(structure_email):
        raise EmailsMustDiffer
    made = _insert_both(uow, structure_email, person_email, details)
    _remember_structure(uow, structure_id, structure_name, made[Kind.STRUCTURE].account_id)
    uow.session.add(
        Reservation(
            registration_id=registration_id,
            application_id=application_id,
            structure_id=structure_id,
            structure_account_id=made[Kind.STRUCTURE].account_id,
            person_account_id=made[Kind.PERSON].account_id,
            reserved_at=uow.now,
        )
    )
    return {}


def _insert_both(
    uow: UnitOfWork, structure_email: str, person_email: str, details: dict[str, Any]
) -> dict[Kind, Account]:
    """Always in the order of their fingerprints, so that two applications that cross can't wait for each
    other."""
    wanted: list[tuple[Kind, str, dict[str, Any]]] = [
        (Kind.STRUCTURE, structure_email, {}),
        (Kind.PERSON, person_email, details),
    ]
    wanted.sort(key=lambda each: personal.email_fingerprint(each[1]))
    return {kind: insert_account(uow, kind, email, which=kind.value, **more) for kind, email, more in wanted}


def _release_earlier(uow: UnitOfWork, registration_id: str) -> None:
    """A repeated submission may bring other addresses: the earlier reservation makes room."""
    earlier = repository.reservation(uow.session, registration_id)
    if earlier is not None:
        release(uow, earlier)


def release(uow: UnitOfWork, reservation: Reservation) -> None:
    """Give both addresses back; nothing else exists of these accounts yet."""
    accounts = (reservation.structure_account_id, reservation.person_account_id)
    structure = uow.session.get(Structure, reservation.structure_id)
    uow.session.delete(reservation)
    if structure is not None and structure.structure_account_id in accounts:
        uow.session.delete(structure)  # it was never submitted: nobody else knows of it
    uow.session.flush()
    uow.session.execute(delete(Account).where(Account.account_id.in_(accounts)))


def _remember_structure(uow: UnitOfWork, structure_id: str, name: str, structure_account_id: str) -> None:
    row = {"structure_id": structure_id, "name": name, "structure_account_id": structure_account_id}
    statement = insert(Structure).values(row)
    keep = {"structure_account_id": structure_account_id}
    uow.session.execute(statement.on_conflict_do_update(index_elements=["structure_id"], set_=keep))


def on_application_submitted(
    uow: UnitOfWork, provisional: Provisional, application_id: str, structure_id: str, registration_id: str
) -> None:
    """Both accounts come to life and both mails of the guide (page 9) leave."""
    reserved = repository.reservation(uow.session, registration_id)
    if reserved is None:
        raise LookupError(f"no reservation for registration {registration_id}")
    if reserved.activated_at is not None:
        return
    reserved.activated_at = uow.now
    _close_draft(uow, registration_id)
    structure_account = uow.session.get_one(Account, reserved.structure_account_id)
    structure_account.state = move(State(structure_account.state), State.ACTIVE)
    person = uow.session.get_one(Account, reserved.person_account_id)
    provisional.give_to(uow, person)
    rights.grant(uow, structure_id=structure_id, account_id=person.account_id, role=Role.LEGAL_REPRESENTATIVE.value)
    letters.structure_information(uow, structure_account)
    letters.activation(uow, person, provisional.password, structure_id)
    wait_for(uow, Waiting.ACTIVATION, person.account_id, structure_id)
    wait_for(uow, Waiting.REVIEW, application_id, structure_id)
    uow.audit("account:create", person.account_id, structure_id=structure_id)


def _close_draft(uow: UnitOfWork, registration_id: str) -> None:
    """The account holds the data from now on; the draft keeps no copy."""
    draft = uow.session.get_one(Registration, registration_id, with_for_update=True)
    draft.closed_at, draft.details = uow.now, None
