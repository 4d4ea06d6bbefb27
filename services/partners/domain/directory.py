"""«Liste des partenaires»: how a search is understood. Standard library only."""

from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt

from services.partners.domain.identifiers import plain

EARTH_RADIUS_KM = 6371.0088  # mean radius (IUGG)
PAGE_SIZE = 20
MAX_WORDS = 8
MAX_DISTANCE_KM = 50


@dataclass(frozen=True)
class Search:
    """What somebody looks for. `commune` is an INSEE code; with `within_km` it is a centre, without it a filter."""

    words: tuple[str, ...] = ()
    activity: str | None = None
    commune: str | None = None
    within_km: int | None = None
    age: int | None = None
    accessible: bool = False
    page: int = 1

    @property
    def selective(self) -> bool:
        """Whether it asks for some of the partners, and not for all."""
        return bool(self.words or self.activity or self.commune or self.age is not None or self.accessible)

    @property
    def offset(self) -> int:
        return (max(self.page, 1) - 1) * PAGE_SIZE


def understood(words: str | None) -> tuple[str, ...]:
    """The words of a search without accents, case and punctuation; at most eight."""
    return tuple(plain(words or "").split())[:MAX_WORDS]


def distance_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Great-circle distance between two points given as (latitude, longitude) in degrees (haversine formula)."""
    (lat1, lon1), (lat2, lon2) = ((radians(lat), radians(lon)) for lat, lon in (one, other))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(sqrt(half))


def pages_of(total: int) -> int:
    """How many pages so many results take; one even for none."""
    return max(1, -(-total // PAGE_SIZE))
