"""Writing in the double-entry ledger: one movement for one fact, its entries in the same transaction."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, text

from services.chassis.database import UnitOfWork
from services.chassis.ids import new_id
from services.payouts.domain.ledger import Entry, MovementKind
from services.payouts.models import LedgerEntry, LedgerMovement


def record(
    uow: UnitOfWork,
    kind: MovementKind,
    *,
    reference: str,
    piece: str,
    structure_id: str,
    entries: Sequence[Entry],
    at: datetime | None = None,
) -> None:
    """Move money for the fact ``reference`` of this kind. The database refuses the same fact twice, and a movement
    that doesn't sum to zero at the commit."""
    movement_id = new_id()
    uow.session.execute(
        insert(LedgerMovement).values(
            movement_id=movement_id,
            kind=kind.value,
            reference=reference,
            piece=piece,
            structure_id=structure_id,
            moved_at=at or uow.now,
        )
    )
    rows = [
        {
            "movement_id": movement_id,
            "account": entry.account.value,
            "structure_id": structure_id,
            "amount_cents": entry.amount_cents,
        }
        for entry in entries
    ]
    uow.session.execute(insert(LedgerEntry), rows)


_RELEASE_MOVEMENTS = text(
    """
    INSERT INTO ledger_movements (movement_id, kind, reference, piece, structure_id, moved_at)
    SELECT gen_random_uuid(), 'payout_released', payout_id::text, slip_number, structure_id, :at
    FROM payouts WHERE batch_id = :batch_id
    """
)
_RELEASE_ENTRIES = text(
    """
    INSERT INTO ledger_entries (movement_id, account, structure_id, amount_cents)
    SELECT movement.movement_id, side.account, payout.structure_id, side.sign * payout.amount_cents
    FROM payouts AS payout
    JOIN ledger_movements AS movement
      ON movement.kind = 'payout_released' AND movement.reference = payout.payout_id::text
    CROSS JOIN (VALUES (:debit, 1), (:credit, -1)) AS side (account, sign)
    WHERE payout.batch_id = :batch_id
    """
)


def record_release(uow: UnitOfWork, batch_id: str, debit: str, credit: str) -> None:
    """One movement per payout of a batch, by two statements whatever their number."""
    uow.session.execute(_RELEASE_MOVEMENTS, {"batch_id": batch_id, "at": uow.now})
    uow.session.execute(_RELEASE_ENTRIES, {"batch_id": batch_id, "debit": debit, "credit": credit})
