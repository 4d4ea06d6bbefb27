"""What the review of an application may know and correct of both accounts after «CONTINUER»."""

from typing import Any

from sqlalchemy.exc import IntegrityError

from services.chassis.database import UnitOfWork
from services.identity import personal, repository
from services.identity.domain.refusals import AccountUnknown, EmailAlreadyUsed
from services.identity.handlers.registrations import registration
from services.identity.models import Account, Structure


def registrant(uow: UnitOfWork, registration_id: str, structure_id: str) -> dict[str, Any]:
    """The legal representative: the draft until both accounts live, then the account itself."""
    present = repository.representative(uow.session, structure_id)
    if present is None:
        return registration(uow, registration_id)
    return {"account_id": present.account_id, "email": personal.email_of(present), **personal.details_of(present)}


def change_structure_email(uow: UnitOfWork, structure_id: str, email: str) -> dict[str, Any]:
    """The structure account gets another address. Refuses `email_already_used` {which}, `account_unknown`."""
    structure = uow.session.get(Structure, structure_id, with_for_update=True)
    account = structure and uow.session.get(Account, structure.structure_account_id, with_for_update=True)
    if account is None:
        raise AccountUnknown
    if account.email_fingerprint == personal.email_fingerprint(email):
        return {}
    try:
        with uow.session.begin_nested():
            personal.set_email(account, email)
            uow.session.flush()
    except IntegrityError:
        raise EmailAlreadyUsed(which="structure") from None
    uow.audit("account:change_email", account.account_id, structure_id=structure_id)
    return {}
