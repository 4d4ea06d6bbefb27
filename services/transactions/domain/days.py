"""Business days are Paris days, whatever the clock of the machine or of the phone says."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


def paris_day(instant: datetime) -> date:
    """The day that the Paris wall clock shows at ``instant``."""
    return instant.astimezone(PARIS).date()


def day_end(on: date) -> datetime:
    """The instant (UTC) of the midnight that ends the Paris day ``on``: the day lasts 23, 24 or 25 hours."""
    return datetime.combine(on + timedelta(days=1), time.min, PARIS).astimezone(UTC)


def age_on(birth_on: date, day: date) -> int:
    """Whole years on ``day``. Someone born on 29 February turns a year older on 1 March of common years
    (article 641 of the code of civil procedure counts a missing day as the last one: we take the later one)."""
    return day.year - birth_on.year - ((day.month, day.day) < (birth_on.month, birth_on.day))
