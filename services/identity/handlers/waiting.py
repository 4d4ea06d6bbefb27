"""What waits for somebody's act is written down, so that it is recalled. See `domain.reminders`."""

from datetime import date
from functools import lru_cache
from typing import Any

from nameko.extensions import DependencyProvider
from sqlalchemy.dialects.postgresql import insert

from services.chassis.config import settings
from services.chassis.database import UnitOfWork
from services.identity.domain.reminders import Rule, Waiting, next_reminder, rules
from services.identity.models import WaitingItem


@lru_cache(maxsize=4)
def _table(written: str) -> dict[Waiting, Rule]:
    return rules(written)


def table() -> dict[Waiting, Rule]:
    """When to recall, as configured. Raises ValueError."""
    return _table(settings().reminders)


class RemindersReadable(DependencyProvider):
    """Reads the configured reminders when the process starts, so that a slip is found then."""

    def setup(self) -> None:
        try:
            table()
        except ValueError as fault:
            raise SystemExit(f"Refusing to start: PSL_REMINDERS: {fault}") from None

    def get_dependency(self, worker_ctx: Any) -> None:
        return None


def wait_for(
    uow: UnitOfWork, kind: Waiting, subject_id: str, structure_id: str | None, deadline_on: date | None = None
) -> None:
    """Remember that something waits, so that it is recalled."""
    row = {
        "kind": kind.value,
        "subject_id": subject_id,
        "structure_id": structure_id,
        "since": uow.now,
        "deadline_on": deadline_on,
        "reminded": 0,
        "due_at": next_reminder(kind, uow.now, 0, table()),
    }
    statement = insert(WaitingItem).values(row)
    uow.session.execute(statement.on_conflict_do_update(index_elements=["kind", "subject_id"], set_=row))


def done_waiting(uow: UnitOfWork, kind: Waiting, subject_id: str) -> None:
    """What was waited for has happened."""
    uow.session.query(WaitingItem).filter_by(kind=kind.value, subject_id=subject_id).delete()
