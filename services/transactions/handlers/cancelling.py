"""Undoing a transaction, on its own Paris day, by its own structure."""

import hashlib
from typing import Any

from services.chassis.database import UnitOfWork
from services.transactions import messages
from services.transactions.domain import ledger, refusals
from services.transactions.domain.refusals import Refusal
from services.transactions.domain.states import TransactionState, check_cancellable
from services.transactions.handlers import contestations, receipts
from services.transactions.handlers.desk import Desk, desk_of
from services.transactions.handlers.passes import expire
from services.transactions.handlers.scans import Outcome, key_row, movement_rows, replay
from services.transactions.repository import passes, transactions


def cancel_transaction(uow: UnitOfWork, *, number: str, idempotency_key: str) -> dict[str, Any]:
    """Undo a transaction of today. Refusals are remembered under the key."""
    desk = desk_of(uow.actor)
    outcome = _earlier(uow, desk, number, idempotency_key)
    if outcome is None:
        outcome = _fresh(uow, desk, number, idempotency_key)
        row = key_row(uow, desk, idempotency_key, "cancel", asked(number), outcome)
        transactions.store_key(uow.connection, row)
    if outcome.refusal is not None:
        raise uow.keep(outcome.refusal)
    return {"replayed": outcome.replayed, "transaction": outcome.transaction}


def asked(number: str) -> str:
    """Digest of what is asked for."""
    return hashlib.sha256(f"cancel\0{number}".encode()).hexdigest()


def _earlier(uow: UnitOfWork, desk: Desk, number: str, key: str) -> Outcome | None:
    if not transactions.take_key(uow.connection, desk.structure_id, desk.caller, key):
        raise refusals.IdempotencyInProgress
    stored = transactions.stored_key(uow.connection, desk.structure_id, desk.caller, key)
    return replay(uow, stored, asked(number)) if stored else None


def _fresh(uow: UnitOfWork, desk: Desk, number: str, key: str) -> Outcome:
    try:
        return Outcome(key, transaction=_cancel(uow, desk, number))
    except Refusal as refusal:
        return Outcome(key, refusal=refusal)


def _cancel(uow: UnitOfWork, desk: Desk, number: str) -> dict[str, Any]:
    row = transactions.by_number(uow.connection, number, structure_id=desk.structure_id, lock=True)
    if row is None or not _within_reach(desk, row):
        raise refusals.TransactionUnknown
    check_cancellable(TransactionState(row["state"]), row["recorded_on"], uow.today)
    if row["correction_cents"] is not None:  # the Caf has taken it back already
        raise refusals.CancelWindowClosed
    transactions.mark_cancelled(uow.connection, row["transaction_id"], uow.now)
    balance_cents = _give_back(uow, row)
    contestations.settle_by_cancelling(uow, row["transaction_id"])
    passes.add_notice(uow.connection, "cancelled_debit", row["pass_id"], row["transaction_id"])
    _announce(uow, row)
    done = row | {"state": TransactionState.CANCELLED, "cancelled_at": uow.now, "contested": False}
    return receipts.transaction(done, uow.today) | {"balance_cents": balance_cents}


def _give_back(uow: UnitOfWork, row: dict[str, Any]) -> int:
    """The amount goes back to the pass, and from a withdrawn one on to the budget; returns the pass's balance."""
    cents = row["amount_cents"]
    balance_cents, withdrawn = passes.give_back(uow.connection, row["pass_id"], cents)
    entries = ledger.move((ledger.PARTNER, row["structure_id"]), (ledger.PASS, row["pass_id"]), cents)
    passes.add_entries(uow.connection, movement_rows(ledger.Kind.CANCEL, entries, row["transaction_id"], uow.now))
    if not withdrawn:
        return balance_cents
    expire(uow, row["pass_id"], row["season_id"], balance_cents)
    return 0


def _within_reach(desk: Desk, row: dict[str, Any]) -> bool:
    """A caller limited to an establishment doesn't see the others'."""
    return desk.establishment_id in (None, row["establishment_id"])


def _announce(uow: UnitOfWork, row: dict[str, Any]) -> None:
    uow.publish(
        messages.TransactionCancelled,
        transaction_id=row["transaction_id"],
        structure_id=row["structure_id"],
        amount_cents=row["amount_cents"],
        cancelled_at=uow.now.isoformat(),
    )
    uow.audit("transaction:cancel", row["transaction_id"], amount_cents=row["amount_cents"])
