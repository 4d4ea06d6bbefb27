"""How long conventions have waited for a signature: the bands in which the back office counts and filters them."""

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
"""Two days: signed yesterday or over a week-end. A week: signatories are reminded after five days. A month: a partner
who is approved and can't scan yet is kept from a twelfth of the convention's year; what is older comes first. The same
steps as for applications, so that an agent with both roles reads one scale."""

BANDS = {band.code: band for band in AGE_BANDS}
