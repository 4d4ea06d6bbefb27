"""Every mail that the service sends, one function each. Texts live in `mails/`; the guide's are word for
word.

Names come from the accounts, links from the configuration. A provisional password appears in the
activation mails and
nowhere else.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from services.chassis.config import settings
from services.chassis.database import UnitOfWork
from services.identity import personal, repository
from services.identity.domain.accounts import PROVISIONAL_PASSWORD_LIFETIME, Kind, State, mask_phone
from services.identity.domain.agents import AgentRole
from services.identity.models import Account, Structure


def link(path: str) -> str:
    """An absolute address on the platform."""
    return f"{settings().base_url}{path}"


def send(uow: UnitOfWork, account: Account | None, template: str, reference: str | None = None, **context: Any) -> None:
    """Mail one account, unless it has no address any more."""
    address = personal.email_of(account) if account else ""
    if address:
        send_to(uow, address, template, reference, **context)


def send_to(uow: UnitOfWork, address: str, template: str, reference: str | None = None, **context: Any) -> None:
    """Mail an address; the chassis adds the platform's and the Caf's names."""
    common = {
        "login_url": link("/login/partner"),
        "assistance_url": link("/assistance"),
    }
    uow.mail(to=address, template=template, context=common | context, reference=reference)


def structure_name(uow: UnitOfWork, structure_id: str) -> str:
    structure = uow.session.get(Structure, structure_id)
    return structure.name if structure else ""


def to_representative(uow: UnitOfWork, structure_id: str, template: str, **context: Any) -> None:
    """Mail the legal representative of a structure."""
    found = repository.representative(uow.session, structure_id)
    send(uow, found, template, structure_name=structure_name(uow, structure_id), **context)


def to_both_addresses(uow: UnitOfWork, structure_id: str, template: str, **context: Any) -> None:
    """Mail the representative and the structure's own address (DOMAIN, «Review»: both are told of a new
    IBAN)."""
    structure = uow.session.get(Structure, structure_id)
    if structure is not None and structure.structure_account_id:
        own = repository.account(uow.session, structure.structure_account_id)
        send(uow, own, template, structure_name=structure.name, **context)
    to_representative(uow, structure_id, template, **context)


def to_agents(uow: UnitOfWork, role: AgentRole, template: str, **context: Any) -> None:
    """Mail every agent who holds a role."""
    everybody(uow, repository.agents_with_role(uow.session, role), template, **context)


def everybody(uow: UnitOfWork, accounts: Iterable[Account], template: str, **context: Any) -> None:
    for account in accounts:
        send(uow, account, template, **context)


def structure_information(uow: UnitOfWork, structure_account: Account) -> None:
    """Guide, page 9: the information mail to the generic address."""
    send(uow, structure_account, "structure_information")


def activation(uow: UnitOfWork, person: Account, password: str, structure_id: str) -> None:
    """Guide, page 9: identifier and provisional password to the personal address."""
    send(
        uow,
        person,
        "activation",
        structure_name=structure_name(uow, structure_id),
        identifier=personal.email_of(person),
        password=password,
        valid_until=uow.now + PROVISIONAL_PASSWORD_LIFETIME,
    )


def agent_activation(uow: UnitOfWork, agent: Account, password: str) -> None:
    send(
        uow,
        agent,
        "agent_activation",
        identifier=personal.email_of(agent),
        password=password,
        valid_until=uow.now + PROVISIONAL_PASSWORD_LIFETIME,
        login_url=link("/login/agent"),
    )


def invitation(uow: UnitOfWork, person: Account, structure_id: str) -> None:
    """Somebody who has an account already was added to a structure's list."""
    send(uow, person, "delegate_added", structure_name=structure_name(uow, structure_id))


def delegation_granted(uow: UnitOfWork, person: Account, structure_id: str, role: str, ends_on: date | None) -> None:
    send(
        uow,
        person,
        "delegation_granted",
        structure_name=structure_name(uow, structure_id),
        role=ROLE_LABELS[role],
        ends_on=ends_on,
    )


def delegation_ended(uow: UnitOfWork, person: Account | None, structure_id: str) -> None:
    send(uow, person, "delegation_ended", structure_name=structure_name(uow, structure_id))


ROLE_LABELS = {
    "legal_representative": "représentant légal",
    "manager": "gestionnaire",
    "accountant": "comptable",
    "cashier": "encaisseur",
}


def password_reset(uow: UnitOfWork, account: Account, token: str) -> None:
    send(uow, account, "password_reset", reset_url=link(f"/mot-de-passe/nouveau/{token}"))


def password_changed(uow: UnitOfWork, account: Account) -> None:
    """Told after each change, so that a thief's change is noticed."""
    if account.state != State.RESERVED:
        send(uow, account, "password_changed", changed_at=uow.now, forgotten_url=link("/mot-de-passe"))


def second_factor_on(uow: UnitOfWork, account: Account) -> None:
    send(uow, account, "second_factor_on", changed_at=uow.now, forgotten_url=link("/mot-de-passe"))


def second_factor_off(uow: UnitOfWork, account: Account) -> None:
    send(uow, account, "second_factor_off", changed_at=uow.now, forgotten_url=link("/mot-de-passe"))


def second_factor_reset(uow: UnitOfWork, account: Account) -> None:
    """An administrator took it away: told to the person, who may not have been the one who asked."""
    send(uow, account, "second_factor_reset", changed_at=uow.now)


def sessions_ended(uow: UnitOfWork, account: Account) -> None:
    """An administrator signed them out everywhere."""
    login_url = link("/login/agent" if account.kind == Kind.AGENT else "/login/partner")
    send(uow, account, "sessions_ended", ended_at=uow.now, login_url=login_url, forgotten_url=link("/mot-de-passe"))


def email_change(uow: UnitOfWork, old: str, new: str, *, old_token: str, new_token: str) -> None:
    """Both addresses must agree to the change."""
    for address, token in ((old, old_token), (new, new_token)):
        confirm_url = link(f"/compte/adresse/{token}")
        send_to(uow, address, "email_change", confirm_url=confirm_url, new_email=new)


def email_changed(uow: UnitOfWork, old: str, new: str) -> None:
    for address in (old, new):
        send_to(uow, address, "email_changed", new_email=new)


def mobile_changed(uow: UnitOfWork, account: Account) -> None:
    mobile = personal.details_of(account)["mobile"]
    send(uow, account, "mobile_changed", masked_phone=mask_phone(mobile), changed_at=uow.now)


def _full_name(details: dict[str, Any]) -> str:
    return f"{details.get('first_name', '')} {details.get('last_name', '')}".strip()


def transfer_requested(uow: UnitOfWork, structure_id: str, person: dict[str, str]) -> None:
    """The Caf has to decide; the structure's own address is told, in case nobody there knows."""
    to_both_addresses(uow, structure_id, "transfer_requested", new_name=_full_name(person))
    to_agents(
        uow,
        AgentRole.INSTRUCTOR,
        "transfer_to_decide",
        structure_name=structure_name(uow, structure_id),
        caf_url=link("/caf/representants"),
    )


def transfer_rejected(uow: UnitOfWork, structure_id: str, reason: str) -> None:
    to_representative(uow, structure_id, "transfer_rejected", reason=reason)


def representative_changed(uow: UnitOfWork, structure_id: str, earlier: Account | None, present: Account) -> None:
    """Told to the one who leaves, the one who comes, and the structure."""
    name = _full_name(personal.details_of(present))
    to_both_addresses(uow, structure_id, "representative_changed", new_name=name)
    send(
        uow,
        earlier,
        "representative_changed",
        new_name=name,
        structure_name=structure_name(uow, structure_id),
    )
