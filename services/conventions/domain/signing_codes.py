"""The one-time code that stands for the representative's hand (DOMAIN, «Convention»: 6 digits, 10 minutes, 5 tries,
3 sends per hour).

Wrong codes are counted per convention and **not** per code, so that asking for a new code buys no further guesses:
at the fifth one signing is blocked for a day. A guesser therefore has 5 chances in 1 000 000 per day.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.conventions.domain.refusals import (
    SigningBlocked,
    SigningCodeExpired,
    SigningCodeMissing,
    SigningCodeWrong,
    TooManyCodes,
)

DIGITS = 6
LIFETIME = timedelta(minutes=10)
MAX_TRIES = 5
MAX_SENDS = 3
SENDS_WINDOW = timedelta(hours=1)
BLOCKED_FOR = timedelta(hours=24)


def new_code() -> str:
    """Six digits from the system's generator of secrets."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"


@dataclass(frozen=True)
class Tries:
    """How often a convention's code was typed wrongly. ``failures``: since the last block ended."""

    failures: int = 0
    blocked_until: datetime | None = None

    def at(self, now: datetime) -> "Tries":
        """The same, after a block that is over."""
        if self.blocked_until is not None and self.blocked_until <= now:
            return Tries()
        return self

    def check(self, now: datetime) -> None:
        """Raises SigningBlocked."""
        if self.blocked_until is not None and now < self.blocked_until:
            raise SigningBlocked(blocked_until=self.blocked_until.isoformat())

    @property
    def left(self) -> int:
        return max(0, MAX_TRIES - self.failures)

    def after_wrong(self, now: datetime) -> "Tries":
        """One more failure; the fifth blocks."""
        failures = self.failures + 1
        return Tries(failures, now + BLOCKED_FOR if failures >= MAX_TRIES else None)

    def refusal(self) -> SigningCodeWrong | SigningBlocked:
        """What to tell after a wrong code."""
        if self.blocked_until is not None:
            return SigningBlocked(blocked_until=self.blocked_until.isoformat())
        return SigningCodeWrong(tries_left=self.left)


def next_send_at(sent: Sequence[datetime], now: datetime) -> datetime:
    """When the next code may be sent: now, or when the oldest of the last three is an hour old. ``sent`` in any
    order."""
    recent = sorted(at for at in sent if at > now - SENDS_WINDOW)
    return now if len(recent) < MAX_SENDS else recent[-MAX_SENDS] + SENDS_WINDOW


def sends_left(sent: Sequence[datetime], now: datetime) -> int:
    return max(0, MAX_SENDS - sum(1 for at in sent if at > now - SENDS_WINDOW))


def check_send(sent: Sequence[datetime], now: datetime) -> None:
    """Raises TooManyCodes."""
    at = next_send_at(sent, now)
    if at > now:
        raise TooManyCodes(next_send_at=at.isoformat())


def check_alive(expires_at: datetime | None, now: datetime) -> None:
    """``expires_at``: of the code sent last, None if there is none. Raises SigningCodeMissing, SigningCodeExpired."""
    if expires_at is None:
        raise SigningCodeMissing
    if now >= expires_at:
        raise SigningCodeExpired
