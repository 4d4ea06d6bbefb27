"""When batches prepare themselves."""

from typing import Any

from sqlalchemy import insert, select

from services.chassis import clock
from services.chassis.database import UnitOfWork
from services.payouts import bank_days
from services.payouts.domain.calendar import Calendar, Frequency, next_run
from services.payouts.domain.refusals import NothingToPay
from services.payouts.handlers import batches, holds
from services.payouts.models import CalendarRun, CalendarSetting
from services.payouts.standing import standings


def current_calendar(uow: UnitOfWork) -> Calendar:
    """The calendar in force: the last one that was set, else every bank day."""
    setting = uow.session.scalar(select(CalendarSetting).order_by(CalendarSetting.setting_id.desc()).limit(1))
    if setting is None:
        return Calendar()
    return Calendar(
        Frequency(setting.frequency), frozenset(setting.weekdays), frozenset(setting.month_days), setting.hour
    )


def shown_calendar(uow: UnitOfWork) -> dict[str, Any]:
    """The calendar and the next day on which a batch prepares itself."""
    calendar = current_calendar(uow)
    return {
        "frequency": calendar.frequency,
        "weekdays": sorted(calendar.weekdays),
        "month_days": sorted(calendar.month_days),
        "hour": calendar.hour,
        "next_on": next_run(calendar, uow.today, bank_days.closed_around(uow.today)),
    }


def set_calendar(
    uow: UnitOfWork, frequency: str, weekdays: list[int], month_days: list[int], hour: int
) -> dict[str, Any]:
    """Set another calendar; the earlier ones stay on record."""
    setting = {
        "frequency": frequency,
        "weekdays": sorted(set(weekdays)),
        "month_days": sorted(set(month_days)),
        "hour": hour,
    }
    uow.session.execute(insert(CalendarSetting).values(**setting, set_at=uow.now, set_by=uow.actor.label))
    uow.audit("calendar:set", frequency, **setting)
    return shown_calendar(uow)


def is_due(uow: UnitOfWork) -> bool:
    """Whether the calendar wants a batch now that it hasn't had yet."""
    calendar = current_calendar(uow)
    if clock.paris(uow.now).hour < calendar.hour:
        return False
    if next_run(calendar, uow.today, bank_days.closed_around(uow.today)) != uow.today:
        return False
    return uow.session.get(CalendarRun, uow.today) is None


def prepare_by_calendar(uow: UnitOfWork) -> None:
    """Prepare the day's batch and remember it, also when there is nothing to pay."""
    try:
        batch_id: str | None = batches.prepare_by_calendar(uow)
    except NothingToPay:
        batch_id = None
        holds.tell(uow, standings(uow))
    uow.session.execute(insert(CalendarRun).values(run_on=uow.today, batch_id=batch_id))
