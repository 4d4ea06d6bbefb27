"""The platform's clock: UTC instants, Europe/Paris business days, movable in tests and development.

Every rule that asks "when is it?" asks here. In development the file ``var/clock`` holds an offset
(``+0s``, ``+36h``, ``+1d``); every process follows it within half a second. In production the file is not read.
Technical times (deadlines, token expiry) use the machine's own clock, since moving the business day must not
make messages in flight look late.
"""

import re
import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from zoneinfo import ZoneInfo

from services.chassis.config import settings

PARIS = ZoneInfo("Europe/Paris")
_REREAD_AFTER_S = 0.5
_OFFSET = re.compile(r"^([+-]?)(\d+)([smhd])$")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class InvalidOffset(ValueError):
    """The clock's file holds something else than a sign, a whole number and one of s, m, h, d."""


def parse_offset(text: str) -> timedelta:
    """Read ``+36h`` as a duration. Raises InvalidOffset."""
    match = _OFFSET.match(text.strip())
    if match is None:
        raise InvalidOffset(text)
    sign, number, unit = match.groups()
    offset = timedelta(**{_UNITS[unit]: int(number)})
    return -offset if sign == "-" else offset


class _OffsetFile:
    """The offset last read from the file, read again at most twice a second."""

    def __init__(self) -> None:
        self._offset = timedelta(0)
        self._read_at = float("-inf")

    def offset(self) -> timedelta:
        if time.monotonic() - self._read_at >= _REREAD_AFTER_S:
            self._offset = self._read(settings().clock_file)
            self._read_at = time.monotonic()
        return self._offset

    def _read(self, path: Path | None) -> timedelta:
        if path is None:
            return timedelta(0)
        try:
            return parse_offset(path.read_text(encoding="ascii"))
        except FileNotFoundError:
            return timedelta(0)
        except (InvalidOffset, UnicodeDecodeError):
            return self._offset  # half-written: keep what was valid

    def forget(self) -> None:
        self._read_at = float("-inf")


_file = _OffsetFile()


def now() -> datetime:
    """The present instant, aware, UTC."""
    return datetime.now(UTC) + _file.offset()


def today() -> date:
    """The business day, in Europe/Paris."""
    return paris(now()).date()


def paris(instant: datetime) -> datetime:
    """The same instant on a Paris wall clock."""
    return instant.astimezone(PARIS)


def day_start(on: date) -> datetime:
    """The instant (UTC) at which the Paris day ``on`` begins: 22:00 or 23:00 UTC of the day before."""
    return datetime.combine(on, time_of_day.min, PARIS).astimezone(UTC)


def reread() -> None:
    """Read the offset file at the next question (tests move the clock and don't want to wait)."""
    _file.forget()
