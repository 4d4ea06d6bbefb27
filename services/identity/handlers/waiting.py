"""What waits for somebody's act is written down, so that it is recalled. See `domain.reminders`."""

from sqlalchemy.dialects.postgresql import insert

from services.chassis.database import UnitOfWork
from services.identity.domain.reminders import Waiting, next_reminder
from services.identity.models import WaitingItem


def wait_for(uow: UnitOfWork, kind: Waiting, subject_id: str, structure_id: str | None) -> None:
    """Remember that something waits, so that it is recalled."""
    row = {
        "kind": kind.value,
        "subject_id": subject_id,
        "structure_id": structure_id,
        "since": uow.now,
        "reminded": 0,
        "due_at": next_reminder(kind, uow.now, 0),
    }
    statement = insert(WaitingItem).values(row)
    uow.session.execute(statement.on_conflict_do_update(index_elements=["kind", "subject_id"], set_=row))


def done_waiting(uow: UnitOfWork, kind: Waiting, subject_id: str) -> None:
    """What was waited for has happened."""
    uow.session.query(WaitingItem).filter_by(kind=kind.value, subject_id=subject_id).delete()
