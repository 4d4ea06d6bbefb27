"""«Mes transactions», and the same across partners for the Caf."""

from datetime import date, timedelta
from typing import Any

from services.chassis import clock
from services.chassis.database import UnitOfWork
from services.transactions import seals
from services.transactions.domain import refusals
from services.transactions.handlers import receipts
from services.transactions.handlers.batches import problem
from services.transactions.handlers.contestations import decision_of
from services.transactions.handlers.desk import Desk, desk_of
from services.transactions.handlers.scans import replay
from services.transactions.repository import lists, partners, totals, transactions
from services.transactions.repository.lists import Cursor
from services.transactions.repository.scans import active_on

_NOTHING = {"count": 0, "amount_cents": 0, "cancelled_count": 0}


def own_transactions(uow: UnitOfWork, *, cursor: str | None, limit: int, **filters: Any) -> dict[str, Any]:
    """One page of the structure's transactions; a cashier and a terminal see today's."""
    return _page(uow, _own(uow, filters), cursor, limit)


def own_totals(uow: UnitOfWork, **filters: Any) -> dict[str, Any]:
    return _totals(uow, _own(uow, filters))


def all_transactions(uow: UnitOfWork, *, cursor: str | None, limit: int, **filters: Any) -> dict[str, Any]:
    """One page over all partners."""
    return _page(uow, _of_all(uow, filters), cursor, limit)


def all_totals(uow: UnitOfWork, **filters: Any) -> dict[str, Any]:
    return _totals(uow, _of_all(uow, filters))


def totals_by_establishment(uow: UnitOfWork, structure_id: str) -> list[dict[str, Any]]:
    """What was used at each place of a partner."""
    return totals.by_establishment(uow.connection, structure_id)


def _totals(uow: UnitOfWork, filters: dict[str, Any] | None) -> dict[str, int]:
    return totals.totals(uow.connection, filters) if filters is not None else dict(_NOTHING)


def _own(uow: UnitOfWork, filters: dict[str, Any]) -> dict[str, Any]:
    """The filters, narrowed to what the caller may see."""
    desk = desk_of(uow.actor)
    narrowed = _resolved(uow, filters) | {"structure_id": desk.structure_id}
    if desk.establishment_id:
        narrowed["establishment_id"] = desk.establishment_id
    if desk.today_only:
        narrowed["from_on"] = max(filters.get("from_on") or uow.today, uow.today)
    return narrowed


def _of_all(uow: UnitOfWork, filters: dict[str, Any]) -> dict[str, Any] | None:
    """The filters, with the structure that a partner number or an establishment stands for; None if no structure fits
    them all."""
    structures = {filters["structure_id"]} if filters.get("structure_id") else set()
    if filters.get("partner_number"):
        structures.add(lists.structure_with_number(uow.connection, filters["partner_number"]))
    if filters.get("establishment_id"):
        structures.add(lists.structure_of_place(uow.connection, filters["establishment_id"]))
    if len(structures) > 1 or None in structures:
        return None
    return _resolved(uow, filters) | {"structure_id": next(iter(structures), None)}


def _resolved(uow: UnitOfWork, filters: dict[str, Any]) -> dict[str, Any]:
    """``to_on`` is the last day shown: the list ends where the next day begins. A scheme is its seasons."""
    to_on: date | None = filters.get("to_on")
    scheme: str | None = filters.get("scheme")
    return filters | {
        "before_on": to_on + timedelta(days=1) if to_on else None,
        "season_ids": lists.seasons_of(uow.connection, scheme) if scheme else None,
    }


def _page(uow: UnitOfWork, filters: dict[str, Any] | None, cursor: str | None, limit: int) -> dict[str, Any]:
    after = _cursor(cursor)
    rows = lists.page(uow.connection, filters, after=after, limit=limit + 1) if filters is not None else []
    items = [receipts.transaction(row, uow.today) for row in rows[:limit]]
    last = rows[limit - 1] if len(rows) > limit else None
    return {
        "items": items,
        "next_cursor": Cursor(last["recorded_at"], last["transaction_id"]).text() if last else None,
    }


def _cursor(cursor: str | None) -> Cursor | None:
    if not cursor:
        return None
    try:
        return Cursor.read(cursor)
    except ValueError:
        raise refusals.ValidationFailed(cursor=["Cette suite de liste n’est plus valable."]) from None


def own_transaction(uow: UnitOfWork, *, number: str) -> dict[str, Any]:
    """One transaction of the caller's structure. Raises TransactionUnknown."""
    desk = desk_of(uow.actor)
    row = transactions.by_number(uow.connection, number, structure_id=desk.structure_id)
    if row is None or not _visible(desk, row, uow.today):
        raise refusals.TransactionUnknown
    return receipts.transaction(row, uow.today) | {"decision": decision_of(uow, row["transaction_id"])}


def _visible(desk: Desk, row: dict[str, Any], today: date) -> bool:
    here = desk.establishment_id in (None, row["establishment_id"])
    return here and (not desk.today_only or row["recorded_on"] == today)


def transaction_by_key(uow: UnitOfWork, *, idempotency_key: str) -> dict[str, Any]:
    """What became of the caller's own call under a key. Raises IdempotencyInProgress while it runs, and
    TransactionUnknown if it never arrived."""
    desk = desk_of(uow.actor)
    if not transactions.take_key(uow.connection, desk.structure_id, desk.caller, idempotency_key):
        raise refusals.IdempotencyInProgress
    stored = transactions.stored_key(uow.connection, desk.structure_id, desk.caller, idempotency_key)
    if stored is None:
        raise refusals.TransactionUnknown
    outcome = replay(uow, stored, None)
    return {"transaction": outcome.transaction, "problem": problem(outcome.refusal)}


def partner(uow: UnitOfWork) -> dict[str, Any]:
    """The caller's structure as the desk needs it."""
    desk = desk_of(uow.actor)
    row = partners.by_id(uow.connection, desk.structure_id) or {}
    places = partners.establishments(uow.connection, desk.structure_id)
    return {
        "structure_id": desk.structure_id,
        "name": row.get("name") or "",
        "partner_number": row.get("partner_number"),
        "active": active_on(row.get("active_from"), row.get("active_until"), clock.today()),
        "establishments": [place for place in places if desk.establishment_id in (None, place["establishment_id"])],
    }


def verification_keys() -> list[dict[str, str]]:
    return seals.verification_keys()
