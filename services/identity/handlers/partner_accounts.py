"""Partners' accounts as the Caf's administrators see them: found, looked at, signed out everywhere, helped when the
phone is lost. Never a password, never an address of a connection."""

from collections.abc import Iterable
from typing import Any

from services.chassis.database import UnitOfWork
from services.identity import personal, repository, totp
from services.identity.domain import accounts
from services.identity.domain.accounts import Kind, State
from services.identity.domain.refusals import AccountUnknown, SecondFactorAbsent
from services.identity.handlers import letters, people, sessions, sign_in
from services.identity.models import Account

_SIGNS_IN = {Kind.PERSON, Kind.AGENT}


def find(uow: UnitOfWork, structure_id: str | None, email: str | None) -> dict[str, list[dict[str, Any]]]:
    """The persons of a structure, or the one behind an address typed in full."""
    uow.audit("account:find", uow.actor.account_id or "", by="structure" if structure_id else "email")
    found: Iterable[Account | None] = []
    if structure_id:
        found = repository.accounts(uow.session, repository.people_of(uow.session, structure_id))
    elif email:
        found = [repository.account_by_fingerprint(uow.session, personal.email_fingerprint(email))]
    items = [_item(account) for account in found if account is not None and _is_persons(account)]
    return {"items": sorted(items, key=lambda item: (item["last_name"], item["first_name"], item["account_id"]))}


def _is_persons(account: Account) -> bool:
    return account.kind == Kind.PERSON and State(account.state) in accounts.SIGNS_IN


def _item(account: Account) -> dict[str, Any]:
    return people.name_of(account) | {
        "account_id": account.account_id,
        "email": personal.email_of(account),
        "state": account.state,
        "second_factor": account.totp_secret is not None,
        "last_signed_in_at": account.last_signed_in_at,
    }


def _persons_account(uow: UnitOfWork, account_id: str, *, locked: bool = False) -> Account:
    account = repository.account(uow.session, account_id, locked=locked)
    if account is None or not _is_persons(account):
        raise AccountUnknown
    return account


def show(uow: UnitOfWork, account_id: str) -> dict[str, Any]:
    """One person's account: what they may do where, and how many browsers are signed in. Raises AccountUnknown."""
    account = _persons_account(uow, account_id)
    uow.audit("account:look", account_id)
    alive = sessions.alive(uow, account)
    return _item(account) | {
        "rights": [_right(uow, each) for each in repository.rights_of(uow.session, account_id)],
        "sessions": [{name: each[name] for name in ("opened_at", "last_seen_at", "device")} for each in alive],
        "recovery_codes_left": totp.recovery_codes_left(uow, account),
    }


def _right(uow: UnitOfWork, delegation: Any) -> dict[str, Any]:
    structure_id = delegation.structure_id
    return {
        "structure_id": structure_id,
        "structure_name": letters.structure_name(uow, structure_id),
        "role": delegation.role,
        "ends_on": delegation.ends_on,
    }


def end_sessions(uow: UnitOfWork, account_id: str) -> dict[str, int]:
    """Sign a person or an agent out everywhere, at once; they are told. Raises AccountUnknown."""
    account = repository.account(uow.session, account_id, locked=True)
    if account is None or account.kind not in _SIGNS_IN or State(account.state) not in accounts.SIGNS_IN:
        raise AccountUnknown
    closed = sessions.close_all(uow, account_id)
    if closed:
        letters.sessions_ended(uow, account)
    uow.audit("account:end_sessions", account_id, closed=closed)
    return {"closed": closed}


def reset_second_factor(uow: UnitOfWork, account_id: str, checked: str, code: str) -> dict[str, Any]:
    """Take a person's second factor away after a check of who asks; the administrator shows a code of their own. The
    person's sessions end and they are told. Raises TotpWrong, AccountUnknown, SecondFactorAbsent."""
    sign_in.check_second_factor(uow, people.own_account(uow, locked=True), code)
    account = _persons_account(uow, account_id, locked=True)
    if account.totp_secret is None:
        raise SecondFactorAbsent
    totp.drop(uow, account)
    sessions.close_all(uow, account_id)
    letters.second_factor_reset(uow, account)
    uow.audit("account:reset_totp", account_id, checked=checked)
    return {}
