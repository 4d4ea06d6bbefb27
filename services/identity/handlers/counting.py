"""Counts tries in the database, before their outcome is known. See `domain.attempts`."""

from sqlalchemy.dialects.postgresql import insert

from services.chassis.database import UnitOfWork
from services.identity import repository
from services.identity.domain.attempts import FREE_TRIES, Attempts
from services.identity.domain.refusals import TooManyAttempts
from services.identity.models import Attempt


def count_try(uow: UnitOfWork, key: str, *, free_tries: int = FREE_TRIES) -> None:
    """Count one more try of `key`. Raises TooManyAttempts {retry_after_s} without counting while it must
    wait.

    The row is locked until the commit: tries that arrive together are judged one after the other.
    """
    blank = {"key": key, "count": 0, "last_at": uow.now}
    uow.session.execute(insert(Attempt).values(blank).on_conflict_do_nothing())
    row = repository.attempt(uow.session, key)
    assert row is not None
    attempts = Attempts(row.count, row.last_at, free_tries)
    wait_s = attempts.retry_after_s(uow.now)
    if wait_s:
        raise TooManyAttempts(retry_after_s=wait_s)
    following = attempts.next(uow.now)
    row.count, row.last_at = following.count, uow.now


def forget(uow: UnitOfWork, *keys: str) -> None:
    """A try succeeded: the next failure is the first again."""
    repository.forget_attempts(uow.session, *keys)


def password_key(email_fingerprint: str, device_id: str | None) -> str:
    """Strangers share one count per identifier; a browser that has signed in before has its own."""
    return f"password:{email_fingerprint}:{device_id or 'stranger'}"


def confirmation_key(account_id: str) -> str:
    """Password asked again inside a session."""
    return f"confirm:{account_id}"


def totp_key(account_id: str) -> str:
    return f"totp:{account_id}"


def pairing_key(ip: str) -> str:
    return f"pairing:{ip}"
