"""Growing delay after failures: slows a guesser down without ever locking the owner out for good.

Five free tries, then each further failure doubles the wait, up to a quarter of an hour. A try is counted
*before* the
password is looked at, so that a hundred guesses sent at once are still counted one by one; success forgets
the count.
Tries from a browser that has signed in before are counted apart: a stranger who fails on purpose doesn't
delay the
owner (OWASP, «device cookies»).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

FREE_TRIES = 5  # DOMAIN: «after 5 failures a growing delay»
FIRST_DELAY = timedelta(seconds=2)
LONGEST_DELAY = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=24)


@dataclass(frozen=True)
class Attempts:
    """How many tries failed in a row, and when the last one was made."""

    count: int = 0
    last_at: datetime | None = None
    free_tries: int = FREE_TRIES

    def delay(self) -> timedelta:
        """How long after the last try the next one must wait."""
        if self.count < self.free_tries:
            return timedelta(0)
        return min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(self.count - self.free_tries, 20))

    def retry_after_s(self, now: datetime) -> int:
        """Whole seconds to wait at `now`; 0 when a try is welcome."""
        if self.last_at is None:
            return 0
        left = (self.last_at + self.delay() - now).total_seconds()
        return max(0, int(-(-left // 1)))

    def next(self, now: datetime) -> "Attempts":
        """The count with one more try, made at `now`."""
        if self.last_at is not None and now - self.last_at >= FORGOTTEN_AFTER:
            return Attempts(1, now, self.free_tries)
        return Attempts(self.count + 1, now, self.free_tries)
