"""Days that are over, and what payouts do with their transactions. Set-based."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, select, text, update

from services.transactions.domain.states import TransactionState, before
from services.transactions.models import Partner, Transaction

_LOCK = text(
    """
    WITH locked AS (
      UPDATE transactions SET state = 'locked', locked_on = recorded_on
      WHERE recorded_on = :day AND structure_id = :structure_id AND state = 'recorded'
      RETURNING transaction_id, number, establishment_id, amount_cents, recorded_at, season_id
    )
    SELECT CAST(l.transaction_id AS text) AS transaction_id, l.number, e.name AS establishment_name, l.amount_cents,
           l.recorded_at, s.scheme
    FROM locked l JOIN seasons s USING (season_id) LEFT JOIN establishments e USING (establishment_id)
    ORDER BY l.recorded_at, l.transaction_id
    """
)


def open_structures(connection: Connection, last_day: date, limit: int) -> list[tuple[date, str]]:
    """Days up to ``last_day`` that still have recorded transactions, with their structures, oldest first."""
    found = (
        select(Transaction.recorded_on, Transaction.structure_id)
        .where(Transaction.state == TransactionState.RECORDED.value, Transaction.recorded_on <= last_day)
        .distinct()
        .order_by(Transaction.recorded_on, Transaction.structure_id)
        .limit(limit)
    )
    return [(row.recorded_on, row.structure_id) for row in connection.execute(found)]


def lock(connection: Connection, day: date, structure_id: str) -> list[dict[str, Any]]:
    """Lock what was recorded on a day at a structure; returns the lines."""
    found = connection.execute(_LOCK, {"day": day, "structure_id": structure_id})
    return [dict(row) for row in found.mappings()]


def partner_number(connection: Connection, structure_id: str) -> str | None:
    return connection.scalar(select(Partner.partner_number).where(Partner.structure_id == structure_id))


def assign(connection: Connection, payout_id: str, slip_number: str, ids: Sequence[str]) -> int:
    """Put transactions into a payout, from where the state table allows; returns how many."""
    changed = (
        update(Transaction)
        .where(
            Transaction.transaction_id.in_(ids),
            Transaction.state.in_([state.value for state in before(TransactionState.IN_PAYOUT)]),
        )
        .values(state=TransactionState.IN_PAYOUT.value, payout_id=payout_id, slip_number=slip_number)
    )
    return connection.execute(changed).rowcount


def standing(connection: Connection, ids: Sequence[str]) -> list[tuple[str, TransactionState, str | None]]:
    """Where transactions stand: id, state, payout."""
    found = select(Transaction.transaction_id, Transaction.state, Transaction.payout_id).where(
        Transaction.transaction_id.in_(ids)
    )
    return [(row.transaction_id, TransactionState(row.state), row.payout_id) for row in connection.execute(found)]


def of_payout(connection: Connection, payout_id: str) -> list[str]:
    """The transactions that a payout holds."""
    return list(connection.scalars(select(Transaction.transaction_id).where(Transaction.payout_id == payout_id)))


def settle(connection: Connection, payout_id: str, state: TransactionState, ids: Sequence[str]) -> int:
    """Mark a payout's transactions as paid or returned, from where the state table allows."""
    changed = (
        update(Transaction)
        .where(
            Transaction.transaction_id.in_(ids),
            Transaction.payout_id == payout_id,
            Transaction.state.in_([one.value for one in before(state)]),
        )
        .values(state=state.value)
    )
    return connection.execute(changed).rowcount
