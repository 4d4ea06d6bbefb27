"""«Mes délégués» (guide, page 15): adding somebody makes an account; granting a right is a second act."""

from datetime import date
from typing import Any

from services.chassis.database import UnitOfWork
from services.chassis.ids import new_id
from services.identity import personal, repository
from services.identity.domain import delegations
from services.identity.domain.accounts import SIGNS_IN, Kind, State
from services.identity.domain.delegations import Role
from services.identity.domain.refusals import (
    AlreadyDelegate,
    AlreadyDelegated,
    DelegateUnknown,
    DelegationUnknown,
    EmailAlreadyUsed,
    EstablishmentUnknown,
)
from services.identity.domain.reminders import Waiting
from services.identity.handlers import letters, people, rights
from services.identity.handlers.people import Provisional
from services.identity.handlers.waiting import wait_for
from services.identity.models import Account, Delegation, Establishment, Membership

_TYPED = ("memberships", "typed")


def own_structure(uow: UnitOfWork) -> str:
    """The structure that the caller administers; the token says it, never an argument."""
    return uow.actor.scope["structure_id"]


def list_delegates(uow: UnitOfWork) -> dict[str, list[dict[str, Any]]]:
    """The representative first, then those in the list, with the right each of them holds."""
    structure_id = own_structure(uow)
    held = {d.account_id: d for d in repository.rights_on(uow.session, structure_id)}
    members = repository.members(uow.session, structure_id)
    items = [_item(uow, account, _typed(membership), held.get(account.account_id)) for membership, account in members]
    representative = repository.representative(uow.session, structure_id)
    if representative is not None:
        items = [item for item in items if item["account_id"] != representative.account_id]
        own = people.name_of(representative) | {"email": personal.email_of(representative)}
        items.insert(0, _item(uow, representative, own, held.get(representative.account_id)))
    return {"items": items}


def open_establishments(uow: UnitOfWork) -> dict[str, list[dict[str, str]]]:
    """Where a right can be limited to, by name."""
    found = uow.session.query(Establishment).filter_by(structure_id=own_structure(uow), open=True)
    return {
        "items": [
            {"establishment_id": each.establishment_id, "name": each.name}
            for each in found.order_by(Establishment.name)
        ]
    }


def _typed(membership: Membership) -> dict[str, str]:
    return personal.open_document(membership.typed, *_TYPED, membership.membership_id)


def _item(uow: UnitOfWork, account: Account, shown: dict[str, str], delegation: Delegation | None) -> dict[str, Any]:
    in_force = delegation is not None and repository.right(delegation).holds(uow.today)
    return shown | {
        "account_id": account.account_id,
        "state": "active" if account.state == State.ACTIVE else "invited",
        "is_me": account.account_id == uow.actor.account_id,
        "delegation": _right(delegation) if delegation is not None and in_force else None,
    }


def _right(delegation: Delegation) -> dict[str, Any]:
    return {
        "delegation_id": delegation.delegation_id,
        "role": delegation.role,
        "establishment_id": delegation.establishment_id,
        "granted_at": delegation.granted_at,
        "ends_on": delegation.ends_on,
    }


def add_delegate(
    uow: UnitOfWork, provisional: Provisional, first_name: str, last_name: str, email: str
) -> dict[str, str]:
    """Put somebody in the list. Who has no account yet gets one, with the activation mail; nothing is
    granted.

    The list shows the name as it was typed: an address alone must not reveal whose it is.
    """
    structure_id = own_structure(uow)
    structure = repository.lock_structure(uow.session, structure_id)
    assert structure is not None  # a token's structure was read from this table
    holder = repository.account_by_fingerprint(uow.session, personal.email_fingerprint(email))
    if holder is None:
        account = _create(uow, provisional, structure_id, first_name, last_name, email)
    else:
        account = _welcome(uow, holder, structure_id)
    membership_id = new_id()
    typed = {"first_name": first_name, "last_name": last_name, "email": email}
    uow.session.add(
        Membership(
            membership_id=membership_id,
            structure_id=structure_id,
            account_id=account.account_id,
            typed=personal.seal_document(typed, *_TYPED, membership_id),
            added_at=uow.now,
            added_by=uow.actor.account_id or "",
        )
    )
    uow.audit("delegate:add", account.account_id, structure_id=structure_id)
    return {"account_id": account.account_id}


def _create(
    uow: UnitOfWork, provisional: Provisional, structure_id: str, first_name: str, last_name: str, email: str
) -> Account:
    account = people.insert_account(uow, Kind.PERSON, email, which="email", first_name=first_name, last_name=last_name)
    provisional.give_to(uow, account)
    letters.activation(uow, account, provisional.password, structure_id)
    wait_for(uow, Waiting.ACTIVATION, account.account_id, structure_id)
    return account


def _welcome(uow: UnitOfWork, holder: Account, structure_id: str) -> Account:
    """Somebody who has an account already: one person, one account, several structures."""
    if holder.kind != Kind.PERSON or State(holder.state) not in SIGNS_IN:
        raise EmailAlreadyUsed(which="email")
    listed = repository.membership(uow.session, structure_id, holder.account_id)
    if listed or holder.account_id in {d.account_id for d in repository.rights_on(uow.session, structure_id)}:
        raise AlreadyDelegate
    letters.invitation(uow, holder, structure_id)
    return holder


def remove_delegate(uow: UnitOfWork, account_id: str) -> dict[str, Any]:
    """Take somebody out of the list, with the right held. The account itself stays the person's own."""
    structure_id = own_structure(uow)
    repository.lock_structure(uow.session, structure_id)
    membership = repository.membership(uow.session, structure_id, account_id)
    if membership is None:
        raise DelegateUnknown
    for delegation in repository.rights_on(uow.session, structure_id):
        if delegation.account_id == account_id:
            _end_checked(uow, structure_id, delegation)
    uow.session.delete(membership)
    uow.audit("delegate:remove", account_id, structure_id=structure_id)
    return {}


def grant_delegation(
    uow: UnitOfWork, account_id: str, role: str, establishment_id: str | None, ends_on: date | None
) -> dict[str, str]:
    """Let somebody of the list act for the structure, from now on."""
    structure_id = own_structure(uow)
    repository.lock_structure(uow.session, structure_id)
    if repository.membership(uow.session, structure_id, account_id) is None:
        raise DelegateUnknown
    delegations.check_grant(Role(role), ends_on, uow.today)
    if establishment_id and not repository.open_establishment(uow.session, structure_id, establishment_id):
        raise EstablishmentUnknown
    _check_none_in_force(uow, structure_id, account_id)
    granted = rights.grant(
        uow,
        structure_id=structure_id,
        account_id=account_id,
        role=role,
        establishment_id=establishment_id,
        ends_on=ends_on,
    )
    person = uow.session.get_one(Account, account_id)
    letters.delegation_granted(uow, person, structure_id, role, ends_on)
    uow.audit("delegation:grant", granted.delegation_id, structure_id=structure_id, role=role)
    return {"delegation_id": granted.delegation_id}


def _check_none_in_force(uow: UnitOfWork, structure_id: str, account_id: str) -> None:
    """One right per person and structure; one that is past its last day makes room."""
    for delegation in repository.rights_on(uow.session, structure_id):
        if delegation.account_id != account_id:
            continue
        if repository.right(delegation).holds(uow.today):
            raise AlreadyDelegated
        rights.end(uow, delegation)


def revoke_delegation(uow: UnitOfWork, delegation_id: str) -> dict[str, Any]:
    """End a right at once, on the web and on terminals that the person uses."""
    structure_id = own_structure(uow)
    repository.lock_structure(uow.session, structure_id)
    found = [d for d in repository.rights_on(uow.session, structure_id) if d.delegation_id == delegation_id]
    if not found:
        raise DelegationUnknown
    _end_checked(uow, structure_id, found[0])
    return {}


def _end_checked(uow: UnitOfWork, structure_id: str, delegation: Delegation) -> None:
    held = [repository.right(d) for d in repository.rights_on(uow.session, structure_id)]
    delegations.check_administrator_remains(held, repository.right(delegation), uow.today)
    rights.end(uow, delegation)
    letters.delegation_ended(uow, repository.account(uow.session, delegation.account_id), structure_id)
    uow.audit("delegation:revoke", delegation.delegation_id, structure_id=structure_id)


def end_expired(uow: UnitOfWork) -> int:
    """End the rights whose last day is over; returns how many."""
    over = uow.session.query(Delegation).filter(Delegation.ended_at.is_(None), Delegation.ends_on < uow.today)
    ended = over.with_for_update(skip_locked=True).limit(500).all()
    for delegation in ended:
        rights.end(uow, delegation)
        uow.audit("delegation:expire", delegation.delegation_id, structure_id=delegation.structure_id)
    return len(ended)
