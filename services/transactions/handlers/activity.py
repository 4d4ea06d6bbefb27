"""Figures to look at rather than to read: the partner's last six months, the Caf's last thirty days."""

from datetime import date, timedelta
from typing import Any

from services.chassis.database import UnitOfWork
from services.transactions.handlers.desk import desk_of
from services.transactions.repository import activity

MONTHS = 6
DAYS = 30


def own_activity(uow: UnitOfWork) -> dict[str, Any]:
    """{"months": [{month, count, amount_cents}]}, this month last, none missing."""
    first = _months_before(uow.today, MONTHS - 1)
    found = {row["month"]: row for row in activity.by_month(uow.connection, desk_of(uow.actor).structure_id, first)}
    months = [_months_before(uow.today, ago) for ago in reversed(range(MONTHS))]
    return {"months": [found.get(month, {"month": month, "count": 0, "amount_cents": 0}) for month in months]}


def all_activity(uow: UnitOfWork) -> dict[str, Any]:
    """{"days": [{day, count, amount_cents}], "communes": [{commune_name, count, amount_cents}]} of thirty days."""
    first = uow.today - timedelta(days=DAYS - 1)
    found = {row["day"]: row for row in activity.by_day(uow.connection, first)}
    days = [first + timedelta(days=number) for number in range(DAYS)]
    return {
        "days": [found.get(day, {"day": day, "count": 0, "amount_cents": 0}) for day in days],
        "communes": activity.by_commune(uow.connection, first),
    }


def _months_before(today: date, ago: int) -> date:
    """The first day of the month `ago` months before today's."""
    months = today.year * 12 + today.month - 1 - ago
    return date(months // 12, months % 12 + 1, 1)
