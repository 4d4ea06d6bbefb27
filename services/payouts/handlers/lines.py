"""What becomes owed: days locked by transactions, and accepted corrections."""

import hashlib
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from services.chassis.database import UnitOfWork
from services.chassis.ids import new_id
from services.payouts import bookkeeping
from services.payouts.domain import ledger
from services.payouts.handlers import partners
from services.payouts.models import AnnouncedChunk, AnnouncedDay, Line, OpenLine


class AnnouncementInconsistent(Exception):
    """Two chunks of an announcement tell different totals, or don't add up to them: a fault of the publisher. The event
    goes to the dead letters; the announcement stays incomplete, is not paid, and the reconciliation names it."""


def on_transactions_locked(
    uow: UnitOfWork,
    *,
    announcement_id: str | None,
    locked_on: date,
    structure_id: str,
    partner_number: str | None,
    chunk: int,
    chunks: int,
    total_cents: int,
    count: int,
    lines: list[dict[str, Any]],
) -> None:
    """Keep one chunk of an announcement about a partner's day: its lines, its part of the announced total, the debt in
    the ledger. Announcements of former versions, which had no id, were one for each day."""
    announcement_id = announcement_id or first_of_day(structure_id, locked_on)
    place: dict[str, Any] = {"announcement_id": announcement_id, "structure_id": structure_id}
    fresh = upsert(AnnouncedChunk).values(**place, chunk=chunk).on_conflict_do_nothing().returning(AnnouncedChunk.chunk)
    if uow.session.scalar(fresh) is None:
        return
    place["locked_on"] = locked_on
    partners.remember_number(uow, structure_id, partner_number)
    chunk_cents = sum(line["amount_cents"] for line in lines)
    _add_to_day(uow, place, chunks, total_cents, count, chunk_cents, len(lines))
    _store(uow, [_transaction_row(place, line) for line in lines])
    bookkeeping.record(
        uow,
        ledger.MovementKind.LINES_LOCKED,
        reference=f"{announcement_id}/{chunk}",
        piece=f"{locked_on}",
        structure_id=structure_id,
        entries=ledger.owed(chunk_cents),
    )


def first_of_day(structure_id: str, locked_on: date) -> str:
    """The id of the only announcement that a day had before announcements carried one."""
    return str(UUID(hashlib.md5(f"{structure_id}{locked_on}".encode(), usedforsecurity=False).hexdigest()))


def _add_to_day(
    uow: UnitOfWork, place: dict[str, Any], chunks: int, total_cents: int, count: int, got_cents: int, got_count: int
) -> None:
    announced = {"chunks": chunks, "total_cents": total_cents, "line_count": count}
    got = {"received_chunks": 1, "received_cents": got_cents, "received_count": got_count}
    sums = {name: getattr(AnnouncedDay, name) + value for name, value in got.items()}
    statement = (
        upsert(AnnouncedDay)
        .values(**place, **announced, **got)
        .on_conflict_do_update(index_elements=["announcement_id"], set_=sums)
        .returning(AnnouncedDay)
    )
    day = uow.session.scalars(statement).one()
    if (day.chunks, day.total_cents, day.line_count) != (chunks, total_cents, count):
        raise AnnouncementInconsistent(f"{place} chunk announces other totals")
    if day.received_chunks == chunks and (day.received_cents, day.received_count) != (total_cents, count):
        raise AnnouncementInconsistent(f"{place} chunks don't add up to the announced total")


def _transaction_row(place: dict[str, Any], line: dict[str, Any]) -> dict[str, Any]:
    return {
        **place,
        "line_id": new_id(),
        "kind": "transaction",
        "reference_id": line["transaction_id"],
        "transaction_id": line["transaction_id"],
        "number": line["number"],
        "establishment_name": line["establishment_name"] or "",
        "scheme": line["scheme"],
        "amount_cents": line["amount_cents"],
        "occurred_at": line["recorded_at"],
    }


def _store(uow: UnitOfWork, rows: list[dict[str, Any]]) -> None:
    uow.session.execute(insert(Line), rows)
    opened = [{"line_id": row["line_id"], "structure_id": row["structure_id"]} for row in rows]
    uow.session.execute(insert(OpenLine), opened)


def on_correction_accepted(
    uow: UnitOfWork,
    *,
    correction_id: str,
    transaction_id: str,
    number: str,
    structure_id: str,
    amount_cents: int,
    accepted_at: datetime,
) -> None:
    """Keep a correction as a signed line of the next payout. A correction of nothing is nothing."""
    if amount_cents == 0 or _known(uow, correction_id):
        return
    original = uow.session.scalar(select(Line).where(Line.kind == "transaction", Line.reference_id == transaction_id))
    row = {
        "line_id": new_id(),
        "kind": "correction",
        "reference_id": correction_id,
        "transaction_id": transaction_id,
        "structure_id": structure_id,
        "locked_on": None,
        "announcement_id": None,
        "number": number,
        "establishment_name": original.establishment_name if original else "",
        "scheme": original.scheme if original else "",
        "amount_cents": amount_cents,
        "occurred_at": accepted_at,
    }
    _store(uow, [row])
    bookkeeping.record(
        uow,
        ledger.MovementKind.CORRECTION,
        reference=correction_id,
        piece=number,
        structure_id=structure_id,
        entries=ledger.owed(amount_cents),
    )


def _known(uow: UnitOfWork, correction_id: str) -> bool:
    known = select(Line.line_id).where(Line.kind == "correction", Line.reference_id == correction_id)
    return uow.session.scalar(known) is not None
