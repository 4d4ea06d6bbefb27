"""Passwords: personalising the provisional one, changing, resetting by mail, confirming an act."""

import threading
import time
from datetime import timedelta
from typing import Any

from services.chassis import actor as actors
from services.chassis.database import BoundDatabase, UnitOfWork
from services.chassis.ids import new_id
from services.chassis.rpc import Call
from services.identity import hashing, personal, repository
from services.identity.domain import accounts
from services.identity.domain.accounts import Kind, State
from services.identity.domain.refusals import AlreadyPersonalised, LinkInvalid, StepUpFailed, ValidationFailed
from services.identity.domain.reminders import Waiting
from services.identity.handlers import counting, letters, people, sessions, sign_in
from services.identity.handlers.waiting import done_waiting
from services.identity.messages import AccountActivated
from services.identity.models import Account, Link

RESET = "reset_password"
PROOF_LIFETIME_S = 300
ANSWERED_AFTER_S = 0.25  # well above the time that writing a mail takes: the clock tells nothing


def _own_words(account: Account) -> list[str]:
    details = personal.details_of(account)
    email = personal.email_of(account)
    return [details.get("first_name", ""), details.get("last_name", ""), email, email.partition("@")[0]]


def _checked_hash(account_words: list[str], password: str) -> str:
    """The hash of a password that passes the rule. Raises ValidationFailed."""
    hashing.check(password, *account_words)
    return hashing.hash_password(password)


def _set_password(uow: UnitOfWork, account: Account, password_hash: str) -> None:
    account.password_hash, account.password_set_at = password_hash, uow.now
    if account.state == State.PROVISIONAL:
        _activate(uow, account)


def _activate(uow: UnitOfWork, account: Account) -> None:
    account.state = accounts.move(State(account.state), State.ACTIVE)
    done_waiting(uow, Waiting.ACTIVATION, account.account_id)
    for structure_id in people.structures_of(uow, account.account_id):
        uow.publish(AccountActivated, account_id=account.account_id, structure_id=structure_id)
    uow.audit("account:activate", account.account_id)


def personalise_password(
    database: BoundDatabase, call: Call, password: str, ip: str, user_agent: str
) -> dict[str, Any]:
    """Replace the provisional password; the session is replaced too. Raises ValidationFailed."""
    with database.unit_of_work(call) as uow:
        account = people.own_account(uow)
        words, provisional = _own_words(account), account.password_hash
    if hashing.verify(provisional, password):
        raise ValidationFailed(password=["Choisissez un autre mot de passe que le mot de passe provisoire."])
    fresh = _checked_hash(words, password)
    with database.unit_of_work(call) as uow:
        account = people.own_account(uow, locked=True)
        if account.state != State.PROVISIONAL:
            raise AlreadyPersonalised
        _set_password(uow, account, fresh)
        sessions.close_all(uow, account.account_id)
        return sessions.open_session(uow, account, {"ip": ip, "user_agent": user_agent[:400]})


def confirm_identity(database: BoundDatabase, call: Call, password: str, code: str | None) -> None:
    """The signed-in person shows the password again and, who has a second factor, a fresh code of it too. Raises
    StepUpFailed, TotpWrong, TooManyAttempts."""
    with database.unit_of_work(call) as uow:
        account = people.own_account(uow)
        key, known_hash = counting.confirmation_key(account.account_id), account.password_hash
        counting.count_try(uow, key)
    if not hashing.verify(known_hash, password):
        raise StepUpFailed
    with database.unit_of_work(call) as uow:
        counting.forget(uow, key)
        account = people.own_account(uow, locked=True)
        if account.kind == Kind.PERSON and account.totp_secret is not None:
            sign_in.check_second_factor(uow, account, code or "")


def change_password(
    database: BoundDatabase, call: Call, current: str, password: str, code: str | None, ip: str, user_agent: str
) -> dict[str, Any]:
    """A new password, every other session closed, this one replaced, the person told."""
    confirm_identity(database, call, current, code)
    with database.unit_of_work(call) as uow:
        words = _own_words(people.own_account(uow))
    fresh = _checked_hash(words, password)
    with database.unit_of_work(call) as uow:
        account = people.own_account(uow, locked=True)
        _set_password(uow, account, fresh)
        sessions.close_all(uow, account.account_id)
        letters.password_changed(uow, account)
        uow.audit("account:change_password", account.account_id)
        return sessions.open_session(uow, account, {"ip": ip, "user_agent": user_agent[:400]})


def request_password_reset(database: BoundDatabase, call: Call, email: str) -> dict[str, Any]:
    """Mail a link if somebody signs in with that address. The answer is the same if nobody does, and takes as long."""
    began = time.monotonic()
    with database.unit_of_work(call) as uow:
        account = repository.account_by_fingerprint(uow.session, personal.email_fingerprint(email))
        if account is not None and account.kind != Kind.STRUCTURE and State(account.state) in accounts.SIGNS_IN:
            _mail_reset_link(uow, account)
    threading.Event().wait(max(0.0, ANSWERED_AFTER_S - (time.monotonic() - began)))
    return {}


def _mail_reset_link(uow: UnitOfWork, account: Account) -> None:
    token = accounts.link_token()
    repository.close_links(uow.session, account.account_id, RESET, uow.now)
    uow.session.add(
        Link(
            link_id=new_id(),
            account_id=account.account_id,
            purpose=RESET,
            token_hash=personal.digest(token),
            created_at=uow.now,
            expires_at=uow.now + accounts.RESET_LINK_LIFETIME,
        )
    )
    letters.password_reset(uow, account, token)
    uow.audit("account:request_reset", account.account_id)


def usable_link(uow: UnitOfWork, token: str, *purposes: str) -> Link:
    """The link behind a token, held. Raises LinkInvalid."""
    found = repository.link(uow.session, personal.digest(token))
    if found is None or found.used_at is not None or uow.now >= found.expires_at or found.purpose not in purposes:
        raise LinkInvalid
    return found


def reset_password(database: BoundDatabase, call: Call, link_token: str, password: str) -> dict[str, Any]:
    """A new password by the mailed link. The authenticator stays as it is. A wrong password
    doesn't use
    the link up."""
    with database.unit_of_work(call) as uow:
        account = uow.session.get_one(Account, usable_link(uow, link_token, RESET).account_id)
        words = _own_words(account)
    fresh = _checked_hash(words, password)
    with database.unit_of_work(call) as uow:
        link = usable_link(uow, link_token, RESET)
        link.used_at = uow.now
        account = uow.session.get_one(Account, link.account_id, with_for_update=True)
        if State(account.state) not in accounts.SIGNS_IN:
            raise LinkInvalid
        _set_password(uow, account, fresh)
        sessions.close_all(uow, account.account_id)
        counting.forget(uow, counting.password_key(account.email_fingerprint or "", None))
        letters.password_changed(uow, account)
        uow.audit("account:reset_password", account.account_id)
        return {"kind": account.kind}


def step_up(database: BoundDatabase, call: Call, act: str, password: str | None, totp: str | None) -> dict[str, Any]:
    """A proof for one kind of act: partners show the password, and a fresh code of the authenticator if they have one;
    agents a fresh code."""
    if call.actor.has("agent"):
        with database.unit_of_work(call) as uow:
            sign_in.check_second_factor(uow, people.own_account(uow, locked=True), totp or "")
    else:
        confirm_identity(database, call, password or "", totp)
    account_id = call.actor.account_id or ""
    with database.unit_of_work(call) as uow:
        uow.audit("account:step_up", account_id, act=act)
    proof = actors.issue_proof(account_id, act, lifetime_s=PROOF_LIFETIME_S)
    return {"proof": proof, "expires_at": sessions.machine_now() + timedelta(seconds=PROOF_LIFETIME_S)}
