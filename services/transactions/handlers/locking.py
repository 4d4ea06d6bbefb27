"""When a Paris day is over, its transactions are locked and announced, structure by structure."""

from datetime import date, timedelta
from typing import Any

from services.chassis import clock
from services.chassis.database import BoundDatabase, UnitOfWork
from services.chassis.ids import new_id
from services.transactions import messages
from services.transactions.repository import days

GRACE = timedelta(seconds=20)
"""After midnight, calls that began before it may still be under way; they last a few seconds at most."""
STRUCTURES_AT_ONCE = 50


def lock_days(database: BoundDatabase) -> int:
    """Lock everything that was recorded on days that are over; returns how many transactions. A transaction whose
    call ended late is taken by a later run, in an announcement of its own."""
    last_day = clock.paris(clock.now() - GRACE).date() - timedelta(days=1)
    locked = 0
    while True:
        with database.alone("lock-days") as uow:
            waiting = days.open_structures(uow.connection, last_day, STRUCTURES_AT_ONCE)
            for day, structure_id in waiting:
                locked += lock_day(uow, day, structure_id)
        if not waiting:
            return locked


def lock_day(uow: UnitOfWork, day: date, structure_id: str) -> int:
    """Lock one day of one structure and announce its lines, at most 500 per event."""
    lines = days.lock(uow.connection, day, structure_id)
    if not lines:
        return 0
    size = messages.CHUNK_LINES
    chunks = [lines[start : start + size] for start in range(0, len(lines), size)]
    partner_number = days.partner_number(uow.connection, structure_id)
    total_cents = sum(line["amount_cents"] for line in lines)
    announcement_id = new_id()
    for position, chunk in enumerate(chunks, start=1):
        uow.publish(
            messages.TransactionsLocked,
            announcement_id=announcement_id,
            locked_on=day.isoformat(),
            structure_id=structure_id,
            partner_number=partner_number,
            chunk=position,
            chunks=len(chunks),
            total_cents=total_cents,
            count=len(lines),
            lines=[_line(line) for line in chunk],
        )
    uow.audit("day:lock", structure_id, day=day.isoformat(), count=len(lines), total_cents=total_cents)
    return len(lines)


def _line(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"recorded_at": row["recorded_at"].isoformat()}
