"""«Mes transactions», and the same across partners for the Caf."""

from datetime import date, timedelta
from typing import Any

from services.chassis import clock
from services.chassis.database import UnitOfWork
from services.transactions import seals
from services.transactions.domain import refusals
from services.transactions.handlers import pages, receipts
from services.transactions.handlers.batches import problem
from services.transactions.handlers.contestations import decision_of
from services.transactions.handlers.desk import Desk, desk_of
from services.transactions.handlers.scans import replay
from services.transactions.repository import lists, partners, totals, transactions
from services.transactions.repository.cursors import ByAmount, ByTime
from services.transactions.repository.scans import active_on

_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)
"""Beyond them a day asked for is as good as none; instants end a little further out."""
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


def own_totals_by_establishment(uow: UnitOfWork, **filters: Any) -> list[dict[str, Any]]:
    """What was used at each place of the caller's structure."""
    return totals.by_establishment(uow.connection, _own(uow, filters))


def all_totals_by_establishment(uow: UnitOfWork, **filters: Any) -> list[dict[str, Any]]:
    """What was used at each place of the partner that the filters lead to; nothing if they lead to none."""
    narrowed = _of_all(uow, filters)
    return totals.by_establishment(uow.connection, narrowed) if narrowed and narrowed["structure_id"] else []


def all_totals_by_partner(uow: UnitOfWork, *, cursor: str | None, limit: int, **filters: Any) -> dict[str, Any]:
    """What was used at each partner, most used first, one page."""
    narrowed, after = _of_all(uow, filters), pages.place(ByAmount, cursor)
    rows = totals.by_partner(uow.connection, narrowed, after=after, limit=limit + 1) if narrowed is not None else []
    return {
        "items": rows[:limit],
        "next_cursor": pages.following(rows, limit, lambda row: ByAmount(row["amount_cents"], row["structure_id"])),
    }


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
    from_on, to_on = (filters.get(name) for name in ("from_on", "to_on"))
    scheme: str | None = filters.get("scheme")
    return filters | {
        "from_on": max(from_on, _FIRST_DAY) if from_on else None,
        "before_on": min(to_on, _LAST_DAY) + timedelta(days=1) if to_on else None,
        "season_ids": lists.seasons_of(uow.connection, scheme) if scheme else None,
    }


def _page(uow: UnitOfWork, filters: dict[str, Any] | None, cursor: str | None, limit: int) -> dict[str, Any]:
    after = pages.place(ByTime, cursor)
    rows = lists.page(uow.connection, filters, after=after, limit=limit + 1) if filters is not None else []
    return {
        "items": [receipts.transaction(row, uow.today) for row in rows[:limit]],
        "next_cursor": pages.following(rows, limit, lambda row: ByTime(row["recorded_at"], row["transaction_id"])),
    }


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
