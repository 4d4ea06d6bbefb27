"""What becomes owed: days locked by transactions, and accepted corrections."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from services.chassis.database import UnitOfWork
from services.chassis.ids import new_id
from services.payouts import bookkeeping
from services.payouts.domain import ledger
from services.payouts.handlers import partners
from services.payouts.models import AnnouncedChunk, AnnouncedDay, Line, OpenLine


class AnnouncementInconsistent(Exception):
    """Two chunks of a day announce different totals, or the chunks don't add up to them: a fault of the publisher.
    The event goes to the dead letters; the day stays incomplete, is not paid, and the reconciliation names it."""


def on_transactions_locked(
    uow: UnitOfWork,
    *,
    locked_on: date,
    structure_id: str,
    partner_number: str | None,
    chunk: int,
    chunks: int,
    total_cents: int,
    count: int,
    lines: list[dict[str, Any]],
) -> None:
    """Keep one chunk of a partner's day: its lines, its part of the announced total, the debt in the ledger."""
    place = {"structure_id": structure_id, "locked_on": locked_on}
    fresh = upsert(AnnouncedChunk).values(**place, chunk=chunk).on_conflict_do_nothing().returning(AnnouncedChunk.chunk)
    if uow.session.scalar(fresh) is None:
        return
    partners.remember_number(uow, structure_id, partner_number)
    chunk_cents = sum(line["amount_cents"] for line in lines)
    _add_to_day(uow, place, chunks, total_cents, count, chunk_cents, len(lines))
    _store(uow, [_transaction_row(structure_id, locked_on, line) for line in lines])
    bookkeeping.record(
        uow,
        ledger.MovementKind.LINES_LOCKED,
        reference=f"{structure_id}/{locked_on}/{chunk}",
        piece=f"{locked_on}",
        structure_id=structure_id,
        entries=ledger.owed(chunk_cents),
    )


def _add_to_day(
    uow: UnitOfWork, place: dict[str, Any], chunks: int, total_cents: int, count: int, got_cents: int, got_count: int
) -> None:
    announced = {"chunks": chunks, "total_cents": total_cents, "line_count": count}
    got = {"received_chunks": 1, "received_cents": got_cents, "received_count": got_count}
    sums = {name: getattr(AnnouncedDay, name) + value for name, value in got.items()}
    statement = (
        upsert(AnnouncedDay)
        .values(**place, **announced, **got)
        .on_conflict_do_update(index_elements=["structure_id", "locked_on"], set_=sums)
        .returning(AnnouncedDay)
    )
    day = uow.session.scalars(statement).one()
    if (day.chunks, day.total_cents, day.line_count) != (chunks, total_cents, count):
        raise AnnouncementInconsistent(f"{place} chunk announces other totals")
    if day.received_chunks == chunks and (day.received_cents, day.received_count) != (total_cents, count):
        raise AnnouncementInconsistent(f"{place} chunks don't add up to the announced total")


def _transaction_row(structure_id: str, locked_on: date, line: dict[str, Any]) -> dict[str, Any]:
    return {
        "line_id": new_id(),
        "kind": "transaction",
        "reference_id": line["transaction_id"],
        "transaction_id": line["transaction_id"],
        "structure_id": structure_id,
        "locked_on": locked_on,
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
