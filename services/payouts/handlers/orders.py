"""After the release: the bank file, then the events, slice by slice. Each step is a transaction of its own, so that
what a dying process leaves is finished by another, once."""

import io
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select, update

from services.chassis.config import settings
from services.chassis.database import BoundDatabase, UnitOfWork
from services.chassis.files import FileStore
from services.payouts import bank_file, messages, off_loop
from services.payouts.domain import batches as rules
from services.payouts.domain.states import (
    BATCH_TRANSITIONS,
    PAYOUT_TRANSITIONS,
    BatchState,
    PayoutState,
    check_transition,
)
from services.payouts.handlers.partners import open_iban
from services.payouts.models import BankAccount, BankFile, Batch, Line, Payout, PayoutLine

SLICE = 200
"""Payouts announced by one transaction."""
RETRY_AFTER = timedelta(seconds=60)
_log = logging.getLogger(__name__)


def released_batches(uow: UnitOfWork) -> list[str]:
    """Batches whose work isn't finished, oldest first; one that has just failed waits a minute."""
    resting = Batch.failed_at.is_not(None) & (Batch.failed_at > uow.now - RETRY_AFTER)
    unfinished = select(Batch.batch_id).where(Batch.state == BatchState.RELEASED, ~resting)
    return list(uow.session.scalars(unfinished.order_by(Batch.released_at)))


def order_batch(database: BoundDatabase, store: FileStore, batch_id: str) -> None:
    """Bring a released batch to its end. A failure is kept on the batch, for the agents to see, and tried again."""
    try:
        make_bank_files(database, store, batch_id)
        while announce_slice(database, batch_id):
            continue
        finish(database, batch_id)
    except Exception as fault:
        _log.exception("batch %s can't be ordered", batch_id)
        _keep_failure(database, batch_id, fault)


def _keep_failure(database: BoundDatabase, batch_id: str, fault: Exception) -> None:
    with database.unit_of_work() as uow:
        failure = {"failure": type(fault).__name__, "failed_at": uow.now}
        uow.session.execute(update(Batch).where(Batch.batch_id == batch_id).values(**failure))


def make_bank_files(database: BoundDatabase, store: FileStore, batch_id: str) -> None:
    """Make and keep the batch's pain.001 messages, unless they are there already."""
    with database.unit_of_work() as uow:
        if uow.session.scalar(select(BankFile.sequence).where(BankFile.batch_id == batch_id).limit(1)):
            return
        batch = uow.session.get_one(Batch, batch_id)
        rows = _payouts_with_accounts(uow, batch_id)
    limits = {"max_transfers": settings().bank_max_transfers, "max_cents": settings().bank_max_cents}
    parts = rules.split_into_messages((payout.amount_cents for payout, _ in rows), **limits)
    made = [_make_one(store, batch, number, [rows[at] for at in part]) for number, part in enumerate(parts, 1)]
    with database.unit_of_work() as uow:
        uow.session.execute(insert(BankFile), [row for row, _ in made])
        for row, payout_ids in made:
            chosen = update(Payout).where(Payout.payout_id.in_(payout_ids))
            uow.session.execute(chosen.values(bank_file_sequence=row["sequence"]))
        uow.audit("batch:make_bank_file", batch_id, sha256=[row["sha256"] for row, _ in made])


def _payouts_with_accounts(uow: UnitOfWork, batch_id: str) -> list[tuple[Payout, BankAccount]]:
    chosen = (
        select(Payout, BankAccount)
        .join(BankAccount, BankAccount.bank_account_id == Payout.bank_account_id)
        .where(Payout.batch_id == batch_id)
        .order_by(Payout.slip_number)
    )
    return [(payout, account) for payout, account in uow.session.execute(chosen)]


def _make_one(
    store: FileStore, batch: Batch, sequence: int, rows: Sequence[tuple[Payout, BankAccount]]
) -> tuple[dict[str, Any], list[str]]:
    debtor = bank_file.Debtor(settings().caf_name, settings().debtor_iban, settings().debtor_bic)
    name = bank_file.message_id(batch.number, sequence)
    transfers = [_transfer(payout, account) for payout, account in rows]
    content = off_loop.run(bank_file.build, debtor, name, batch.released_at, batch.execution_on, transfers)
    stored = store.put(io.BytesIO(content))
    row = {
        "batch_id": batch.batch_id,
        "sequence": sequence,
        "message_id": name,
        "sha256": stored.sha256,
        "size": stored.size,
        "transfer_count": len(rows),
        "amount_cents": sum(payout.amount_cents for payout, _ in rows),
    }
    return row, [payout.payout_id for payout, _ in rows]


def _transfer(payout: Payout, account: BankAccount) -> bank_file.Transfer:
    return bank_file.Transfer(
        end_to_end_id=payout.end_to_end_id,
        amount_cents=payout.amount_cents,
        name=account.holder,
        iban=open_iban(account),
        bic=account.bic,
        slip_number=payout.slip_number,
    )


def announce_slice(database: BoundDatabase, batch_id: str) -> int:
    """Announce the next payouts of a batch and mark them ordered; returns how many."""
    with database.unit_of_work() as uow:
        batch = uow.session.get_one(Batch, batch_id)
        waiting = select(Payout).where(Payout.batch_id == batch_id, Payout.state == PayoutState.PREPARED)
        payouts = uow.session.scalars(waiting.order_by(Payout.payout_id).limit(SLICE).with_for_update()).all()
        lines = references(uow, [payout.payout_id for payout in payouts])
        for payout in payouts:
            check_transition(PAYOUT_TRANSITIONS, PayoutState(payout.state), PayoutState.ORDERED)
            payout.state = PayoutState.ORDERED.value
            _announce(uow, batch, payout, lines[payout.payout_id])
        return len(payouts)


def references(uow: UnitOfWork, payout_ids: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """(kind, id of the transaction or correction) of every line of these payouts."""
    found: dict[str, list[tuple[str, str]]] = {payout_id: [] for payout_id in payout_ids}
    chosen = (
        select(PayoutLine.payout_id, Line.kind, Line.reference_id)
        .join(Line, Line.line_id == PayoutLine.line_id)
        .where(PayoutLine.payout_id.in_(payout_ids))
        .order_by(PayoutLine.payout_id, Line.kind.desc(), Line.line_id)
    )
    for payout_id, kind, reference_id in uow.session.execute(chosen):
        found[payout_id].append((kind, reference_id))
    return found


def chunks_of(lines: Sequence[tuple[str, str]]) -> list[dict[str, list[str]]]:
    """The lines of a payout as the events carry them, at most MAX_IDS an event."""
    parts = [lines[start : start + messages.MAX_IDS] for start in range(0, len(lines), messages.MAX_IDS)]
    return [
        {
            "transaction_ids": [reference for kind, reference in part if kind == "transaction"],
            "correction_ids": [reference for kind, reference in part if kind == "correction"],
        }
        for part in parts
    ]


def _announce(uow: UnitOfWork, batch: Batch, payout: Payout, lines: Sequence[tuple[str, str]]) -> None:
    uow.publish(
        messages.PayoutOrdered,
        **finance_fields(payout),
        transaction_count=payout.transaction_count,
        correction_count=payout.correction_count,
        execution_on=batch.execution_on,
    )
    for chunk in chunks_of(lines):
        uow.publish(
            messages.PayoutLinesAssigned,
            payout_id=payout.payout_id,
            batch_id=payout.batch_id,
            slip_number=payout.slip_number,
            structure_id=payout.structure_id,
            state="in_payout",
            **chunk,
        )


def finance_fields(payout: Payout) -> dict[str, Any]:
    """What every event to finance about one payout tells."""
    return {
        "payout_id": payout.payout_id,
        "batch_id": payout.batch_id,
        "partner_number": payout.partner_number,
        "amount_cents": payout.amount_cents,
        "currency": "EUR",
        "end_to_end_id": payout.end_to_end_id,
        "slip_number": payout.slip_number,
    }


def finish(database: BoundDatabase, batch_id: str) -> None:
    """Every payout is announced: say that the batch is complete."""
    with database.unit_of_work() as uow:
        batch = uow.session.get_one(Batch, batch_id, with_for_update=True)
        check_transition(BATCH_TRANSITIONS, BatchState(batch.state), BatchState.ORDERED)
        batch.state, batch.failure, batch.failed_at = BatchState.ORDERED.value, None, None
        files = select(BankFile.message_id).where(BankFile.batch_id == batch_id).order_by(BankFile.sequence)
        uow.publish(
            messages.PayoutBatchReleased,
            batch_id=batch.batch_id,
            number=batch.number,
            payout_count=batch.payout_count,
            amount_cents=batch.amount_cents,
            currency="EUR",
            execution_on=batch.execution_on,
            released_at=batch.released_at,
            bank_message_ids=list(uow.session.scalars(files)),
        )
        uow.audit("batch:order", batch_id, number=batch.number)
