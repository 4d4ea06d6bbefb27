"""For how long rows have waited: bands of whole days in which a queue is counted and filtered. Which bands, and why
those, is each service's to say."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select, true


@dataclass(frozen=True)
class AgeBand:
    """Whole days of waiting, both ends included; without `last_days` there is no end."""

    first_days: int
    last_days: int | None = None

    @property
    def code(self) -> str:
        """«0-2», «31-»: what an address says."""
        return f"{self.first_days}-{'' if self.last_days is None else self.last_days}"

    def began_between(self, now: datetime) -> tuple[datetime | None, datetime]:
        """Who is in the band began to wait after the first instant (None: whenever) and not after the second."""
        after = None if self.last_days is None else now - timedelta(days=self.last_days + 1)
        return after, now - timedelta(days=self.first_days)

    def holds(self, since: Any, now: datetime) -> ColumnElement[bool]:
        """Whether a row that has waited since the column's instant is in the band."""
        after, until = self.began_between(now)
        return and_(since <= until, since > after) if after else since <= until

    def shown(self) -> dict[str, Any]:
        return {"code": self.code, "first_days": self.first_days, "last_days": self.last_days}


class Ages:
    """Bands that follow on: `Ages(2, 7, 30)` is 0 to 2, 3 to 7, 8 to 30, 31 days and more."""

    def __init__(self, *last_days: int) -> None:
        ends: tuple[int | None, ...] = (*last_days, None)
        starts = (0, *(day + 1 for day in last_days))
        self.bands = tuple(AgeBand(*ends_of) for ends_of in zip(starts, ends, strict=True))

    @property
    def codes(self) -> list[str]:
        return [band.code for band in self.bands]

    def shown(self) -> list[dict[str, Any]]:
        """For a list's filter."""
        return [band.shown() for band in self.bands]

    def within(self, code: str | None, since: Any, now: datetime) -> ColumnElement[bool]:
        """The condition of a list that is filtered by a band; without a code, none."""
        if code is None:
            return true()
        return next(band for band in self.bands if band.code == code).holds(since, now)

    def waiting(
        self, execute: Callable[[Any], Any], since: Any, now: datetime, *conditions: ColumnElement[bool]
    ) -> dict[str, Any]:
        """{"count", "since": the oldest's instant, "ages": every band with its count} of the rows that meet all
        conditions. `execute`: a session's or a connection's."""
        counted = [func.count().filter(band.holds(since, now)) for band in self.bands]
        row = execute(select(func.count(), func.min(since), *counted).where(*conditions)).one()
        count, oldest, *by_band = row
        ages = [band.shown() | {"count": number} for band, number in zip(self.bands, by_band, strict=True)]
        return {"count": count, "since": oldest, "ages": ages}
