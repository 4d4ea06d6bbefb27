"""Rate limits of the API, per process: they soften load. What protects codes is counted in identity's database."""

import threading
import time
from collections.abc import Callable

from gateway.terminal.v1.problems import Problem

PER_TERMINAL = (50.0, 200.0)
"""Requests per second, and how many at once after a pause (INTERFACES)."""
PAIRING = (10 / 60, 10.0)
"""Ten per minute and address (INTERFACES)."""
_FORGET_ABOVE = 20_000


class Buckets:
    """A token bucket per key: `rate` tokens a second up to `burst`; each request takes one."""

    def __init__(self, rate: float, burst: float, now: Callable[[], float] = time.monotonic):
        self._rate, self._burst, self._now = rate, burst, now
        self._levels: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def take(self, key: str) -> float:
        """Seconds until there is one: 0 if it was taken."""
        now = self._now()
        with self._lock:
            if len(self._levels) > _FORGET_ABOVE:
                self._levels.clear()
            level, seen_at = self._levels.get(key, (self._burst, now))
            level = min(self._burst, level + (now - seen_at) * self._rate)
            if level < 1:
                self._levels[key] = (level, now)
                return (1 - level) / self._rate
            self._levels[key] = (level - 1, now)
        return 0.0


terminals = Buckets(*PER_TERMINAL)
pairings = Buckets(*PAIRING)


def check(buckets: Buckets, key: str) -> None:
    """Raises the problem `rate_limited`."""
    wait_s = buckets.take(key)
    if wait_s:
        raise Problem("rate_limited", retry_after_s=max(1, round(wait_s + 0.5)))
