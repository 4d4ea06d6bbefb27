"""The days on which French banks execute no transfer: TARGET closing days and public holidays."""

from datetime import date
from functools import lru_cache

import holidays


@lru_cache(maxsize=32)
def _closed_in(year: int) -> frozenset[date]:
    return frozenset(holidays.France(years=year)) | frozenset(holidays.financial_holidays("ECB", years=year))


def closed_around(on: date) -> frozenset[date]:
    """The closed days of the year before, of that year and of the two that follow."""
    return frozenset().union(*(_closed_in(year) for year in range(on.year - 1, on.year + 3)))
