"""Who is reminded of a convention that waits, and when."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

PARTNER, CAF = "partner", "caf"

Schedule = Mapping[str, Sequence[int]]
"""Days of waiting by who waits to act, ascending."""


def due(schedule: Schedule, waiting_for: str, waiting_since: datetime, sent: int, now: datetime) -> bool:
    """Whether the next reminder is due, ``sent`` of them having left."""
    days = schedule[waiting_for]
    return sent < len(days) and now >= waiting_since + timedelta(days=days[sent])


def earliest(schedule: Schedule, now: datetime) -> datetime:
    """What has waited since a later instant can't be due."""
    return now - timedelta(days=min((days[0] for days in schedule.values() if days), default=36_500))
