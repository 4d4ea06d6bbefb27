"""How long applications have waited for the Caf: the bands in which the back office counts and filters them."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class AgeBand:
    """Whole days of waiting, both ends included; without `last_days` there is no end."""

    first_days: int
    last_days: int | None = None

    @property
    def code(self) -> str:
        """«0-2», «31-»: what an address says."""
        return f"{self.first_days}-{self.last_days or ''}"

    def began_between(self, now: datetime) -> tuple[datetime | None, datetime]:
        """Who is in the band began to wait after the first instant (None: whenever) and not after the second."""
        after = None if self.last_days is None else now - timedelta(days=self.last_days + 1)
        return after, now - timedelta(days=self.first_days)


AGE_BANDS = (AgeBand(0, 2), AgeBand(3, 7), AgeBand(8, 30), AgeBand(31))
"""Two days: what has just come in, a week-end between. A week: the pace at which an instructor's queue is worked off,
before the reminder after ten days. A month: half of the two months after which the silence of an administration counts
as its decision (Code des relations entre le public et l'administration, L231-1); what is older comes first."""

BANDS = {band.code: band for band in AGE_BANDS}
