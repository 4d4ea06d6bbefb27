"""Rights of persons over their data: export, erasure, and what is erased by itself when its time is over."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update

from services.chassis.database import BoundDatabase, UnitOfWork
from services.chassis.rpc import Call
from services.identity import personal, repository
from services.identity.domain import delegations, retention
from services.identity.domain.accounts import Kind, State, move
from services.identity.handlers import passwords, people, registrations, rights, sessions
from services.identity.models import (
    Account,
    Attempt,
    Base,
    Delegation,
    EmailChange,
    KnownDevice,
    Link,
    Membership,
    MobileCode,
    Pairing,
    RecoveryCode,
    Registration,
    RepresentativeTransfer,
    SignInStep,
    Sms,
    Structure,
    UserSession,
    WaitingItem,
)

AT_ONCE = 200


def export_person(uow: UnitOfWork) -> dict[str, Any]:
    """All that is held about the caller, in the open (GDPR, article 15)."""
    account = people.own_account(uow)
    account_id = account.account_id
    held = uow.session.query(Delegation).filter_by(account_id=account_id).order_by(Delegation.granted_at)
    messages = uow.session.query(Sms).filter_by(account_id=account_id).order_by(Sms.sent_at)
    devices = uow.session.query(KnownDevice).filter_by(account_id=account_id)
    uow.audit("account:export", account_id)
    return {
        "account": people.person(uow) | {"state": account.state, "created_at": account.created_at},
        "details": personal.details_of(account),
        "sessions": sessions.list_sessions(uow)["items"],
        "delegations": [_facts(row, "structure_id", "role", "granted_at", "ends_on", "ended_at") for row in held],
        "sms": [_facts(row, "purpose", "provider", "masked_phone", "status", "sent_at") for row in messages],
        "known_devices": [_facts(row, "seen_at") for row in devices],
    }


def _facts(row: Base, *columns: str) -> dict[str, Any]:
    return {column: getattr(row, column) for column in columns}


def erase_person(database: BoundDatabase, call: Call, password: str, code: str | None) -> dict[str, Any]:
    """Close the caller's own account. Raises LastAdministrator while it alone administers a structure."""
    passwords.confirm_identity(database, call, password, code)
    with database.unit_of_work(call) as uow:
        account = people.own_account(uow, locked=True)
        for delegation in repository.rights_of(uow.session, account.account_id):
            held = [
                repository.right(d) for d in repository.rights_on(uow.session, delegation.structure_id, locked=True)
            ]
            delegations.check_administrator_remains(held, repository.right(delegation), uow.today)
            rights.end(uow, delegation)
        erase(uow, account)
        return {}


def erase(uow: UnitOfWork, account: Account) -> None:
    """Everything personal goes; the id stays, because the journal and signed conventions name it."""
    sessions.close_all(uow, account.account_id)
    account.state = move(State(account.state), State.ERASED)
    account.email = account.email_fingerprint = account.details = account.mobile_fingerprint = None
    account.password_hash = account.totp_secret = None
    account.erased_on = uow.today
    for table in (KnownDevice, Link, EmailChange, MobileCode, RecoveryCode, SignInStep, Membership):
        uow.session.execute(delete(table).where(table.account_id == account.account_id))
    erase_client = update(UserSession).where(UserSession.account_id == account.account_id).values(client=None)
    uow.session.execute(erase_client)
    uow.session.execute(delete(WaitingItem).where(WaitingItem.subject_id == account.account_id))
    uow.audit("account:erase", account.account_id)


def _old(uow: UnitOfWork) -> list[tuple[type[Base], ColumnElement[bool]]]:
    """What is simply deleted when it is old enough."""

    def before(age: Any) -> datetime:
        return uow.now - age

    return [
        (UserSession, UserSession.opened_at < before(retention.CLOSED_SESSIONS)),
        (Attempt, Attempt.last_at < before(retention.ATTEMPTS)),
        (Link, Link.expires_at < before(retention.USED_LINKS)),
        (SignInStep, SignInStep.expires_at < before(retention.ATTEMPTS)),
        (MobileCode, MobileCode.sent_at < before(retention.MOBILE_CODES)),
        (EmailChange, EmailChange.expires_at < before(retention.USED_LINKS)),
        (Sms, Sms.sent_at < before(retention.SMS)),
        (Pairing, Pairing.expires_at < before(retention.PAIRINGS)),
        (KnownDevice, KnownDevice.seen_at < before(retention.KNOWN_DEVICES)),
        (
            RepresentativeTransfer,
            (RepresentativeTransfer.decided_at < before(retention.REFUSED_TRANSFERS))
            & (RepresentativeTransfer.state != "approved"),
        ),
    ]


def purge(uow: UnitOfWork) -> dict[str, int]:
    """Erase what has had its time; returns how many rows of each kind went."""
    gone = {
        table.__tablename__: repository.changed(uow.session, delete(table).where(condition))
        for table, condition in _old(uow)
    }
    gone["registrations"] = _purge_drafts(uow)
    gone["persons"] = _purge_persons(uow)
    found = {name: count for name, count in gone.items() if count}
    if found:
        uow.audit("retention:purge", uow.service, **found)
    return found


def _purge_drafts(uow: UnitOfWork) -> int:
    """Drafts that were never submitted, with the addresses that they reserved."""
    limit = uow.now - retention.DRAFTS
    for reservation in repository.stale_reservations(uow.session, limit):
        registrations.release(uow, reservation)
    stale = delete(Registration).where(Registration.closed_at.is_(None), Registration.saved_at < limit)
    return repository.changed(uow.session, stale)


def _purge_persons(uow: UnitOfWork) -> int:
    """Persons who hold no right anywhere and haven't signed in for long."""
    last_seen = func.coalesce(Account.last_signed_in_at, Account.created_at)
    holding = select(Delegation.account_id).where(Delegation.ended_at.is_(None))
    idle = uow.session.scalars(
        select(Account)
        .where(
            Account.kind == Kind.PERSON,
            Account.state.in_(("provisional", "active")),
            last_seen < uow.now - retention.IDLE_PERSONS,
            Account.account_id.not_in(holding),
        )
        .with_for_update(skip_locked=True)
        .limit(AT_ONCE)
    ).all()
    for account in idle:
        erase(uow, account)
    return len(idle)


def same_contact(uow: UnitOfWork, structure_id: str) -> dict[str, list[dict[str, str]]]:
    """Other structures whose representative has the same mobile: a hint for the agent who reviews."""
    present = repository.representative(uow.session, structure_id)
    if present is None or present.mobile_fingerprint is None:
        return {"items": []}
    others = uow.session.execute(
        select(Structure.structure_id, Structure.name)
        .join(Delegation, Delegation.structure_id == Structure.structure_id)
        .join(Account, Account.account_id == Delegation.account_id)
        .where(
            Account.mobile_fingerprint == present.mobile_fingerprint,
            Delegation.ended_at.is_(None),
            Delegation.role == delegations.Role.LEGAL_REPRESENTATIVE,
            Structure.structure_id != structure_id,
        )
        .order_by(Structure.name)
        .limit(20)
    )
    return {"items": [{"structure_id": found, "name": name} for found, name in others]}
