"""Preparing, cancelling and releasing a batch."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from services.chassis.actor import verify_proof
from services.chassis.database import BoundDatabase, UnitOfWork
from services.chassis.ids import new_id
from services.chassis.rpc import Call
from services.payouts import bank_days, bookkeeping
from services.payouts.domain import batches as rules
from services.payouts.domain.calendar import execution_day
from services.payouts.domain.ledger import AccountKey
from services.payouts.domain.refusals import (
    BatchAlreadyReleased,
    BatchChanged,
    BatchInPreparation,
    BatchOutdated,
    BatchUnknown,
    NothingToPay,
    ProofAlreadyUsed,
)
from services.payouts.domain.states import BATCH_TRANSITIONS, BatchState, PayoutState, check_transition
from services.payouts.handlers import holds
from services.payouts.models import Batch, LeftBehind, Payout, PayoutLine, UsedProof
from services.payouts.models import Sequence as Counter
from services.payouts.standing import READY, Standing, grouped_holds, standings

BY_CALENDAR = "service:payouts"
"""Who prepared a batch that no agent asked for."""
RELEASE_ACT = "batch:release"
"""What the step-up proof must have been made for."""

_ASSIGN = text(
    f"""
    INSERT INTO payout_lines (payout_id, line_id, structure_id, amount_cents)
    SELECT payout.payout_id, line.line_id, line.structure_id, line.amount_cents
    FROM payouts AS payout
    JOIN open_lines AS open USING (structure_id)
    JOIN lines AS line USING (line_id)
    LEFT JOIN announced_days AS day USING (announcement_id)
    WHERE payout.batch_id = :batch_id AND {READY}
    """  # noqa: S608 -- a constant, nobody's input
)
_CLOSE = text(
    """
    DELETE FROM open_lines USING payout_lines, payouts
    WHERE open_lines.line_id = payout_lines.line_id AND payout_lines.payout_id = payouts.payout_id
      AND payouts.batch_id = :batch_id
    """
)
_REOPEN = text(
    """
    INSERT INTO open_lines (line_id, structure_id)
    SELECT line_id, structure_id FROM payout_lines JOIN payouts USING (payout_id, structure_id)
    WHERE batch_id = :batch_id
    """
)
_ASSIGNED = text(
    """
    SELECT count(*), coalesce(sum(payout_lines.amount_cents), 0) FROM payout_lines JOIN payouts USING (payout_id)
    WHERE batch_id = :batch_id
    """
)
_CHANGED_ACCOUNTS = text(
    """
    SELECT count(*) FROM payouts AS payout
    JOIN LATERAL (
        SELECT bank_account_id, suspended_at FROM bank_accounts
        WHERE bank_accounts.structure_id = payout.structure_id ORDER BY version DESC LIMIT 1
    ) AS latest ON true
    WHERE payout.batch_id = :batch_id
      AND (latest.bank_account_id <> payout.bank_account_id OR latest.suspended_at IS NOT NULL)
    """
)


def preview(uow: UnitOfWork) -> dict[str, Any]:
    """What a batch prepared now by an agent would hold; nothing is changed."""
    trial = uow.session.begin_nested()
    dissolve_calendar_batches(uow)
    found = standings(uow)
    trial.rollback()
    payable = [standing for standing in found if standing.hold is None]
    return {**_totals(payable), "left_behind": grouped_holds(found)}


def _totals(payable: Sequence[Standing]) -> dict[str, int]:
    return {
        "payout_count": len(payable),
        "amount_cents": sum(standing.total_cents for standing in payable),
        "transaction_count": sum(standing.transaction_count for standing in payable),
        "correction_count": sum(standing.correction_count for standing in payable),
    }


def begin_snapshot(uow: UnitOfWork) -> None:
    """Let every statement of this transaction see the same lines, and only one preparation run at a time.
    Raises BatchInPreparation."""
    uow.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    if not uow.session.scalar(text("SELECT pg_try_advisory_xact_lock(hashtextextended('prepare-batch', 0))")):
        raise BatchInPreparation


def prepare_by_agent(uow: UnitOfWork) -> str:
    """«Préparer le lot»: an agent's batch takes in those that the calendar has prepared and nobody has released.
    Raises NothingToPay, BatchInPreparation."""
    begin_snapshot(uow)
    dissolve_calendar_batches(uow)
    return _prepare(uow)


def dissolve_calendar_batches(uow: UnitOfWork) -> None:
    """Cancel what the calendar has prepared and nobody has released."""
    nobody_s = select(Batch.batch_id).where(Batch.state == BatchState.PREPARED, Batch.prepared_by == BY_CALENDAR)
    for batch_id in uow.session.scalars(nobody_s).all():
        cancel(uow, batch_id)
        uow.session.flush()


def prepare_by_calendar(uow: UnitOfWork) -> str:
    """The calendar's batch: nobody's until an agent releases it. Raises NothingToPay, BatchInPreparation."""
    begin_snapshot(uow)
    return _prepare(uow)


def _prepare(uow: UnitOfWork) -> str:
    """Group every payable line into one payout per partner; returns the batch's id. Raises NothingToPay."""
    found = standings(uow)
    payable = [standing for standing in found if standing.hold is None]
    if not payable:
        raise NothingToPay
    batch_id = new_id()
    totals = _totals(payable)
    uow.session.execute(insert(Batch).values(_batch_row(uow, batch_id, totals)))
    uow.session.execute(insert(Payout), _payout_rows(uow, batch_id, payable))
    _take_lines(uow, batch_id, totals)
    _leave_behind(uow, batch_id, [standing for standing in found if standing.hold is not None])
    holds.tell(uow, found)
    uow.audit("batch:prepare", batch_id, **totals)
    return batch_id


def _batch_row(uow: UnitOfWork, batch_id: str, totals: dict[str, int]) -> dict[str, Any]:
    return {
        "batch_id": batch_id,
        "number": rules.batch_number(uow.today.year, _reserve(uow, f"batch-{uow.today.year}", 1)),
        "state": BatchState.PREPARED.value,
        "prepared_at": uow.now,
        "prepared_by": uow.actor.label,
        **totals,
    }


def _payout_rows(uow: UnitOfWork, batch_id: str, payable: Sequence[Standing]) -> list[dict[str, Any]]:
    year = uow.today.year
    first = _reserve(uow, f"slip-{year}", len(payable))
    slips = [rules.slip_number(year, first + position) for position in range(len(payable))]
    return [
        {
            "payout_id": new_id(),
            "batch_id": batch_id,
            "structure_id": standing.structure_id,
            "partner_number": standing.partner_number,
            "partner_name": standing.name,
            "bank_account_id": standing.bank_account_id,
            "slip_number": slip,
            "end_to_end_id": rules.end_to_end_id(slip),
            "state": PayoutState.PREPARED.value,
            "amount_cents": standing.total_cents,
            "transaction_count": standing.transaction_count,
            "correction_count": standing.correction_count,
        }
        for standing, slip in zip(payable, slips, strict=True)
    ]


def _reserve(uow: UnitOfWork, name: str, how_many: int) -> int:
    """The first of ``how_many`` numbers in a row, used by nobody else; a rollback gives them back."""
    statement = upsert(Counter).values(name=name, last=how_many)
    last = uow.session.scalars(
        statement.on_conflict_do_update(index_elements=["name"], set_={"last": Counter.last + how_many}).returning(
            Counter.last
        )
    ).one()
    return last - how_many + 1


def _take_lines(uow: UnitOfWork, batch_id: str, totals: dict[str, int]) -> None:
    uow.session.execute(_ASSIGN, {"batch_id": batch_id})
    uow.session.execute(_CLOSE, {"batch_id": batch_id})
    count, cents = uow.session.execute(_ASSIGNED, {"batch_id": batch_id}).one()
    expected = totals["transaction_count"] + totals["correction_count"], totals["amount_cents"]
    if (count, cents) != expected:
        raise RuntimeError(f"a batch took {count} lines of {cents} cents instead of {expected}")


def _leave_behind(uow: UnitOfWork, batch_id: str, held: Sequence[Standing]) -> None:
    rows = [
        {
            "batch_id": batch_id,
            "structure_id": standing.structure_id,
            "reason": standing.hold.value if standing.hold else "",
            "line_count": standing.open_count,
            "amount_cents": standing.open_cents,
        }
        for standing in held
    ]
    if rows:
        uow.session.execute(insert(LeftBehind), rows)


def locked_batch(uow: UnitOfWork, batch_id: str) -> Batch:
    """The batch, locked against everybody else who would change it. Raises BatchUnknown."""
    found = uow.session.get(Batch, batch_id, with_for_update=True)
    if found is None:
        raise BatchUnknown
    return found


def cancel(uow: UnitOfWork, batch_id: str) -> None:
    """Take back a batch before its release: its lines are open again, nothing of it stays but the journal.
    Raises BatchUnknown, BatchAlreadyReleased."""
    batch = locked_batch(uow, batch_id)
    if batch.state != BatchState.PREPARED:
        raise BatchAlreadyReleased
    payout_ids = select(Payout.payout_id).where(Payout.batch_id == batch_id)
    uow.session.execute(_REOPEN, {"batch_id": batch_id})
    uow.session.execute(delete(PayoutLine).where(PayoutLine.payout_id.in_(payout_ids)))
    uow.session.execute(delete(Payout).where(Payout.batch_id == batch_id))
    uow.session.execute(delete(LeftBehind).where(LeftBehind.batch_id == batch_id))
    uow.session.execute(delete(Batch).where(Batch.batch_id == batch_id))
    uow.audit("batch:cancel", batch_id, number=batch.number, amount_cents=batch.amount_cents)


def release(database: BoundDatabase, call: Call, batch_id: str, proof: str, amount_cents: int) -> None:
    """Send a batch on its way, by another agent than who prepared it, who has just shown a fresh code.

    Raises Refused ``step_up_required``, ProofAlreadyUsed, SameAgent, BatchUnknown, BatchAlreadyReleased,
    BatchChanged, BatchOutdated.
    """
    proof_id = verify_proof(proof, call.actor, RELEASE_ACT)
    with database.unit_of_work(call) as uow:
        batch = locked_batch(uow, batch_id)
        if batch.state != BatchState.PREPARED:
            raise BatchAlreadyReleased
        rules.check_released_by_another(batch.prepared_by, uow.actor.label)
        _check_unchanged(uow, batch, amount_cents)
        _burn(uow, proof_id, batch_id)
        check_transition(BATCH_TRANSITIONS, BatchState(batch.state), BatchState.RELEASED)
        batch.state = BatchState.RELEASED.value
        batch.released_at = uow.now
        batch.released_by = uow.actor.label
        batch.execution_on = execution_day(uow.today, bank_days.closed_around(uow.today))
        uow.session.flush()
        bookkeeping.record_release(
            uow, batch_id, AccountKey.PARTNERS_PAYABLE.value, AccountKey.TRANSFERS_IN_PROGRESS.value
        )
        uow.audit("batch:release", batch_id, number=batch.number, amount_cents=batch.amount_cents)


def _check_unchanged(uow: UnitOfWork, batch: Batch, seen_cents: int) -> None:
    if batch.amount_cents != seen_cents:
        raise BatchChanged
    changed = uow.session.scalar(_CHANGED_ACCOUNTS, {"batch_id": batch.batch_id})
    if changed:
        raise BatchOutdated(partner_count=changed)


def _burn(uow: UnitOfWork, proof_id: str, batch_id: str) -> None:
    once = upsert(UsedProof).values(proof_id=proof_id, batch_id=batch_id).on_conflict_do_nothing()
    if uow.session.scalar(once.returning(UsedProof.proof_id)) is None:
        raise ProofAlreadyUsed
