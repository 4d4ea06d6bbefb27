"""Signing in: identifier and password, then the authenticator for agents and for partners who have one.

Known and unknown identifiers take the same path: the same queries, one count, one argon2 hash. The try is
counted
before the hash is computed, outside of any transaction.
"""

import logging
from typing import Any

from services.chassis.database import BoundDatabase, UnitOfWork
from services.chassis.ids import new_id
from services.chassis.rpc import Call
from services.identity import hashing, personal, repository, totp
from services.identity.domain import accounts, sessions
from services.identity.domain.accounts import Kind, State
from services.identity.domain.refusals import (
    ProvisionalPasswordExpired,
    Refusal,
    SignInFailed,
    StepExpired,
    TotpWrong,
)
from services.identity.handlers import counting, letters
from services.identity.handlers import sessions as sessions_of
from services.identity.handlers.sessions import open_session
from services.identity.models import Account, KnownDevice, RecoveryCode, SignInStep

_log = logging.getLogger(__name__)

_KINDS = {"partner": Kind.PERSON, "agent": Kind.AGENT}


def sign_in(
    database: BoundDatabase,
    call: Call,
    kind: str,
    login: str,
    password: str,
    ip: str,
    user_agent: str,
    device_token: str | None,
) -> dict[str, Any]:
    """Check the password; then a second step for who has an authenticator or, as an agent, needs one, else a session.
    Raises SignInFailed, TooManyAttempts, ProvisionalPasswordExpired."""
    fingerprint = personal.email_fingerprint(login)
    try:
        return _sign_in(database, call, kind, fingerprint, password, device_token, {"ip": ip, "user_agent": user_agent})
    except Refusal as refusal:
        _log_refused("password", fingerprint[:16], refusal)
        raise


def _log_refused(factor: str, whom: str, refusal: Refusal) -> None:
    """For the operators: a keyed hash of the identifier or an account's id, never an address."""
    _log.warning("sign-in refused", extra={"factor": factor, "whom": whom, "code": refusal.code})


def _sign_in(
    database: BoundDatabase,
    call: Call,
    kind: str,
    fingerprint: str,
    password: str,
    device_token: str | None,
    client: dict[str, str],
) -> dict[str, Any]:
    with database.unit_of_work(call) as uow:
        account = _who(uow, fingerprint, _KINDS[kind])
        device = _device(uow, device_token, account)
        key = counting.password_key(fingerprint, device and device.device_id)
        counting.count_try(uow, key)
        account_id, known_hash = (account.account_id, account.password_hash) if account else (None, None)
    if not hashing.verify(known_hash, password) or account_id is None:
        raise SignInFailed
    fresh_hash = hashing.hash_password(password) if hashing.is_outdated(known_hash or "") else None
    with database.unit_of_work(call) as uow:
        account = uow.session.get_one(Account, account_id, with_for_update=True)
        _check_usable(uow, account, known_hash)
        account.password_hash = fresh_hash or account.password_hash
        counting.forget(uow, key)
        client["user_agent"] = client["user_agent"][:400]
        return _next_step(uow, account, device_token, client)


def _who(uow: UnitOfWork, fingerprint: str, kind: Kind) -> Account | None:
    account = repository.account_by_fingerprint(uow.session, fingerprint)
    usable = account is not None and account.kind == kind and State(account.state) in accounts.SIGNS_IN
    return account if usable else None


def _check_usable(uow: UnitOfWork, account: Account, verified_hash: str | None) -> None:
    """What may have changed while the hash was computed, and the age of a provisional password."""
    if account.password_hash != verified_hash or State(account.state) not in accounts.SIGNS_IN:
        raise SignInFailed
    provisional_since = account.password_set_at if account.state == State.PROVISIONAL else None
    if provisional_since is not None and accounts.provisional_expired(provisional_since, uow.now):
        raise ProvisionalPasswordExpired


def _next_step(uow: UnitOfWork, account: Account, device_token: str | None, client: dict[str, str]) -> dict[str, Any]:
    answer: dict[str, Any] = {"session_token": None, "session_expires_at": None, "step_token": None}
    answer["must_personalise"] = account.state == State.PROVISIONAL
    enrolled = account.totp_secret is not None
    if enrolled or account.kind == Kind.AGENT:
        return answer | {
            "next": "totp" if enrolled else "enrol",
            "step_token": begin_step(uow, account, client),
            "device_token": None,
        }
    opened = open_session(uow, account, client)
    return answer | opened | {"next": "session", "device_token": remember_device(uow, account, device_token)}


def begin_step(uow: UnitOfWork, account: Account, client: dict[str, str]) -> str:
    """The secret between a password that was right and a code."""
    token = accounts.link_token()
    uow.session.add(
        SignInStep(
            step_id=new_id(),
            token_hash=personal.digest(token),
            account_id=account.account_id,
            client=client,
            expires_at=uow.now + sessions.STEP_LIFETIME,
        )
    )
    return token


def _device(uow: UnitOfWork, device_token: str | None, account: Account | None) -> KnownDevice | None:
    """The known device, if the token belongs to this account; looked up even when nobody is known."""
    token_hash = personal.digest(device_token or "")
    found = uow.session.query(KnownDevice).filter_by(token_hash=token_hash).one_or_none()
    return found if found and account and found.account_id == account.account_id else None


def remember_device(uow: UnitOfWork, account: Account, device_token: str | None) -> str:
    """Mark the browser as one that has signed in to this account."""
    known = _device(uow, device_token, account)
    if known is not None and device_token:
        known.seen_at = uow.now
        return device_token
    token = accounts.link_token()
    uow.session.add(
        KnownDevice(
            device_id=new_id(),
            account_id=account.account_id,
            token_hash=personal.digest(token),
            seen_at=uow.now,
        )
    )
    return token


def _step(uow: UnitOfWork, step_token: str) -> tuple[SignInStep, Account]:
    step = repository.sign_in_step(uow.session, personal.digest(step_token))
    if step is None or step.used_at is not None or uow.now >= step.expires_at:
        raise StepExpired
    account = uow.session.get_one(Account, step.account_id, with_for_update=True)
    if State(account.state) not in accounts.SIGNS_IN:
        raise StepExpired
    return step, account


def confirm_totp(uow: UnitOfWork, step_token: str, code: str) -> dict[str, Any]:
    """The second step. A refused code stays counted."""
    step, account = _step(uow, step_token)
    check_second_factor(uow, account, code)
    step.used_at = uow.now
    return open_session(uow, account, step.client) | {"device_token": remember_device(uow, account, None)}


def check_second_factor(uow: UnitOfWork, account: Account, code: str) -> None:
    """Accept a fresh code of the authenticator, or an unused recovery code. Raises TotpWrong,
    TooManyAttempts."""
    key = counting.totp_key(account.account_id)
    counting.count_try(uow, key)
    if not (_accept_totp(account, code) or _accept_recovery_code(uow, account, code)):
        wrong = TotpWrong()
        _log_refused("totp", account.account_id, wrong)
        raise uow.keep(wrong)
    counting.forget(uow, key)


def _accept_totp(account: Account, code: str) -> bool:
    step = totp.accepted_step(totp.secret_of(account), code, after=account.totp_last_step)
    if step is None:
        return False
    account.totp_last_step = step
    return True


def _accept_recovery_code(uow: UnitOfWork, account: Account, code: str) -> bool:
    fingerprint = totp.recovery_fingerprint(account.account_id, code)
    found = uow.session.get(RecoveryCode, (account.account_id, fingerprint), with_for_update=True)
    if found is None or found.used_at is not None:
        return False
    found.used_at = uow.now
    uow.audit("account:recovery_code", account.account_id)
    return True


def _enrolment_step(uow: UnitOfWork, step_token: str) -> tuple[SignInStep, Account]:
    """An agent enrols while signing in; a partner is signed in already, and nobody else may go on in that browser."""
    step, account = _step(uow, step_token)
    somebody_else = account.kind == Kind.PERSON and uow.actor.account_id != account.account_id
    if account.totp_secret is not None or somebody_else:
        raise StepExpired
    return step, account


def totp_enrolment(uow: UnitOfWork, step_token: str) -> dict[str, str]:
    """The secret to scan; asking again during the same step shows the same."""
    step, account = _enrolment_step(uow, step_token)
    if step.totp_secret is None:
        step.totp_secret = personal.seal(totp.fresh_secret(), "sign_in_steps", "totp_secret", step.step_id)
    secret = personal.unseal(step.totp_secret, "sign_in_steps", "totp_secret", step.step_id)
    return {"secret": secret, "uri": totp.uri(secret, personal.email_of(account))}


def confirm_enrolment(uow: UnitOfWork, step_token: str, code: str) -> dict[str, Any]:
    """The authenticator shows the right code: keep its secret, hand out recovery codes, open the session (or go on)."""
    step, account = _enrolment_step(uow, step_token)
    if step.totp_secret is None:
        raise StepExpired
    key = counting.totp_key(account.account_id)
    counting.count_try(uow, key)
    secret = personal.unseal(step.totp_secret, "sign_in_steps", "totp_secret", step.step_id)
    accepted = totp.accepted_step(secret, code, after=None)
    if accepted is None:
        raise uow.keep(TotpWrong())
    counting.forget(uow, key)
    codes = totp.enrol(uow, account, secret, accepted)
    step.used_at, step.totp_secret = uow.now, None
    opened = _go_on(uow, account) if account.kind == Kind.PERSON else open_session(uow, account, step.client)
    return opened | {"recovery_codes": codes}


def _go_on(uow: UnitOfWork, account: Account) -> dict[str, Any]:
    """A partner's session in use gets a new token; those that were opened with the password alone end."""
    session = sessions_of.current(uow)
    sessions_of.close_all(uow, account.account_id, but=session.session_id)
    letters.second_factor_on(uow, account)
    return sessions_of.rotate(uow, session, account)
