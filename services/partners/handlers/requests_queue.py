"""«Assistance» as the Caf works through it: the requests that wait for an answer, for whom and since when."""

from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select

from services.chassis.ages import Ages
from services.chassis.database import UnitOfWork
from services.partners.domain.assistance import AssistanceState
from services.partners.domain.waiting import AGE_LIMITS_DAYS
from services.partners.handlers.assistance import summary
from services.partners.models import AssistanceRequest

PAGE_SIZE = 50
AGES = Ages(*AGE_LIMITS_DAYS)


def queue(
    uow: UnitOfWork,
    state: str | None,
    category: str | None,
    assigned_to: str | None,
    age: str | None,
    cursor: str | None,
) -> dict[str, Any]:
    """What waits for the Caf, the longest waiting first. `assigned_to`: an account id, "me", "nobody" or
    "me_or_nobody": what waits for the caller. `age`: the code of a band."""
    query = select(AssistanceRequest).where(
        AssistanceRequest.state != AssistanceState.UNCONFIRMED.value,
        AGES.within(age, AssistanceRequest.updated_at, uow.now),
    )
    if state:
        query = query.where(AssistanceRequest.state == state)
    if category:
        query = query.where(AssistanceRequest.category == category)
    query = _assigned(query, assigned_to, uow)
    if cursor:
        at, _, request_id = cursor.partition("/")
        later = (AssistanceRequest.updated_at, AssistanceRequest.request_id)
        query = query.where(func.row(*later) > func.row(at, request_id))
    order = (AssistanceRequest.updated_at, AssistanceRequest.request_id)
    rows = uow.session.scalars(query.order_by(*order).limit(PAGE_SIZE)).all()
    last = rows[-1] if len(rows) == PAGE_SIZE else None
    return {
        "items": [summary(row) for row in rows],
        "next_cursor": f"{last.updated_at.isoformat()}/{last.request_id}" if last else None,
        "waiting": _count_open(uow),
        "ages": AGES.shown(),
    }


def waiting(uow: UnitOfWork) -> dict[str, Any]:
    """For the back office's home: how many wait for the caller's answer, since when, and by age."""
    is_open = AssistanceRequest.state == AssistanceState.OPEN.value
    since = AssistanceRequest.updated_at
    return AGES.waiting(uow.session.execute, since, uow.now, is_open, _for_the_caller(uow))


def _for_the_caller(uow: UnitOfWork) -> ColumnElement[bool]:
    """In the caller's hands or in nobody's."""
    holder = AssistanceRequest.assigned_to
    return or_(holder.is_(None), holder == uow.actor.account_id)


def _assigned(query: Select[Any], assigned_to: str | None, uow: UnitOfWork) -> Select[Any]:
    if assigned_to == "nobody":
        return query.where(AssistanceRequest.assigned_to.is_(None))
    if assigned_to == "me_or_nobody":
        return query.where(_for_the_caller(uow))
    if assigned_to:
        account_id = uow.actor.account_id if assigned_to == "me" else assigned_to
        return query.where(AssistanceRequest.assigned_to == account_id)
    return query


def _count_open(uow: UnitOfWork) -> int:
    query = select(func.count()).select_from(AssistanceRequest)
    return uow.session.scalar(query.where(AssistanceRequest.state == AssistanceState.OPEN.value)) or 0
