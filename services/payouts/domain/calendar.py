"""Bank days, and the days on which batches are prepared by themselves."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

SATURDAY = 5
LOOK_AHEAD_DAYS = 400


class Frequency(StrEnum):
    """How often a batch is prepared without anybody asking."""

    OFF = "off"
    DAILY = "daily"  # every bank day
    WEEKLY = "weekly"  # on given days of the week
    MONTHLY = "monthly"  # on given days of the month


@dataclass(frozen=True)
class Calendar:
    """When batches are prepared. ``weekdays``: 0 is Monday. ``month_days``: 1 to 31, the last day of a shorter
    month standing for those it lacks. ``hour``: Paris hour from which the day's batch is prepared."""

    frequency: Frequency = Frequency.DAILY
    weekdays: frozenset[int] = frozenset()
    month_days: frozenset[int] = frozenset()
    hour: int = 6


def is_bank_day(on: date, closed: Collection[date]) -> bool:
    """Whether banks execute transfers that day: neither a weekend nor one of the ``closed`` days."""
    return on.weekday() < SATURDAY and on not in closed


def bank_day_from(on: date, closed: Collection[date]) -> date:
    """The day itself if it is a bank day, else the next one."""
    while not is_bank_day(on, closed):
        on += timedelta(days=1)
    return on


def execution_day(released_on: date, closed: Collection[date]) -> date:
    """When the bank executes what is released that day: the next bank day, so that the file arrives in time."""
    return bank_day_from(released_on + timedelta(days=1), closed)


def _wanted(calendar: Calendar, on: date) -> bool:
    if calendar.frequency is Frequency.WEEKLY:
        return on.weekday() in calendar.weekdays
    if calendar.frequency is Frequency.MONTHLY:
        is_last = (on + timedelta(days=1)).day == 1
        return on.day in calendar.month_days or (is_last and any(day > on.day for day in calendar.month_days))
    return calendar.frequency is Frequency.DAILY


def next_run(calendar: Calendar, from_on: date, closed: Collection[date]) -> date | None:
    """The first day, ``from_on`` included, on which a batch is prepared; None if never.

    A wanted day on which banks are closed moves to the next bank day.
    """
    if calendar.frequency is Frequency.OFF:
        return None
    for back in range(7, 0, -1):  # a wanted day just before may have moved into the window
        earlier = from_on - timedelta(days=back)
        if _wanted(calendar, earlier) and bank_day_from(earlier, closed) >= from_on:
            return bank_day_from(earlier, closed)
    for ahead in range(LOOK_AHEAD_DAYS):
        on = from_on + timedelta(days=ahead)
        if _wanted(calendar, on):
            return bank_day_from(on, closed)
    return None
