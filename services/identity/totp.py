"""The authenticator of agents, and of partners who want one (RFC 6238, SHA-1, 30 s, six digits: what every application
understands).

Codes follow the machine's clock, as the phone does, not the platform's movable one.
"""

import hmac
import time

import pyotp
from sqlalchemy import delete

from services.chassis.config import settings
from services.chassis.database import UnitOfWork
from services.identity import personal
from services.identity.domain import authenticator
from services.identity.models import Account, RecoveryCode

_PLACE = ("accounts", "totp_secret")


def fresh_secret() -> str:
    """160 random bits in base32."""
    return pyotp.random_base32()


def uri(secret: str, login: str) -> str:
    """What the QR code carries."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=settings().platform_name)


def secret_of(account: Account) -> str | None:
    return personal.unseal(account.totp_secret, *_PLACE, account.account_id) if account.totp_secret else None


def accepted_step(secret: str | None, code: str, *, after: int | None, at: float | None = None) -> int | None:
    """The time step whose code this is, if it is near enough and later than the last accepted one: a code
    passes
    once. None otherwise."""
    typed = authenticator.normalise_code(code)
    if secret is None or not authenticator.is_totp(typed):
        return None
    generator = pyotp.TOTP(secret)
    present = int(at if at is not None else time.time()) // authenticator.TOTP_STEP_S
    for step in range(present - authenticator.TOTP_DRIFT, present + authenticator.TOTP_DRIFT + 1):
        fresh = after is None or step > after
        if fresh and hmac.compare_digest(generator.at(step * authenticator.TOTP_STEP_S), typed):
            return step
    return None


def recovery_fingerprint(account_id: str, code: str) -> str:
    return personal.code_fingerprint(authenticator.normalise_code(code), account_id)


def enrol(uow: UnitOfWork, account: Account, secret: str, step: int | None) -> list[str]:
    """Keep the secret and make recovery codes, which replace earlier ones and are shown this once."""
    account.totp_secret = personal.seal(secret, *_PLACE, account.account_id)
    account.totp_last_step = step
    uow.audit("account:enrol_totp", account.account_id)
    return fresh_recovery_codes(uow, account)


def fresh_recovery_codes(uow: UnitOfWork, account: Account) -> list[str]:
    """New recovery codes instead of all earlier ones; shown this once, kept as keyed hashes."""
    codes = authenticator.recovery_codes()
    _drop_recovery_codes(uow, account)
    uow.session.add_all(
        RecoveryCode(account_id=account.account_id, code_fingerprint=recovery_fingerprint(account.account_id, code))
        for code in codes
    )
    return codes


def recovery_codes_left(uow: UnitOfWork, account: Account) -> int:
    """How many of them weren't used yet."""
    return uow.session.query(RecoveryCode).filter_by(account_id=account.account_id, used_at=None).count()


def drop(uow: UnitOfWork, account: Account) -> None:
    """Without a second factor from now on: secret and recovery codes are gone."""
    account.totp_secret, account.totp_last_step = None, None
    _drop_recovery_codes(uow, account)


def _drop_recovery_codes(uow: UnitOfWork, account: Account) -> None:
    uow.session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account.account_id))
