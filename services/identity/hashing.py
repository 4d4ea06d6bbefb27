"""Password hashes: argon2id, off the event loop.

Parameters are OWASP's second choice for argon2id (19 MiB, two passes, one lane): about 20 ms on the
machines we
measured. Under eventlet the hash runs in a native thread, else each sign-in would stall every other call
of the
process; a semaphore keeps a burst of sign-ins from taking all threads and memory.
"""

import secrets
from collections.abc import Callable
from functools import cache
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from eventlet import tpool
from eventlet.patcher import is_monkey_patched
from eventlet.semaphore import Semaphore
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from services.identity.domain import passwords
from services.identity.domain.refusals import ValidationFailed

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_AT_ONCE = 4
_turns = Semaphore(_AT_ONCE)

AnswerT = TypeVar("AnswerT")


def _off_the_loop(work: Callable[..., AnswerT], *arguments: str) -> AnswerT:
    if not is_monkey_patched("socket"):
        return work(*arguments)
    with _turns:
        return tpool.execute(work, *arguments)


def hash_password(password: str) -> str:
    """The argon2id hash, with its own salt and parameters."""
    return _off_the_loop(_hasher.hash, passwords.normalise(password))


@cache
def _nobodys_hash() -> str:
    """A hash that no password matches, so that an unknown identifier takes as long as a known one."""
    return _hasher.hash(secrets.token_urlsafe(24))


def verify(password_hash: str | None, password: str) -> bool:
    """Whether the password is the one. Takes the same time when there is no hash; then it never is."""
    if len(password) > passwords.MAX_LENGTH:
        password = password[: passwords.MAX_LENGTH] + "\0"
    return _off_the_loop(_matches, password_hash or _nobodys_hash(), passwords.normalise(password))


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)


@cache
def _common() -> frozenset[str]:
    """30 000 passwords seen most often in leaks (zxcvbn's list)."""
    return frozenset(FREQUENCY_LISTS["passwords"])


def is_common(word: str) -> bool:
    return word in _common()


def check(password: str, *own_words: str) -> None:
    """Raises ValidationFailed with what is wrong with a new password."""
    found = passwords.problems(password, is_listed=is_common, own_words=[word for word in own_words if word])
    if found:
        raise ValidationFailed(password=found)
