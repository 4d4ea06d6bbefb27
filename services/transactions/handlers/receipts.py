"""How a transaction is told: one shape for lists, receipts and replays."""

from datetime import date
from typing import Any

from services.transactions import seals
from services.transactions.domain.days import day_end
from services.transactions.domain.states import TransactionState


def transaction(row: dict[str, Any], today: date) -> dict[str, Any]:
    """A transaction as lists and pages show it; ``row`` as `repository.transactions` reads it."""
    return {
        "transaction_id": row["transaction_id"],
        "number": row["number"],
        "state": row["state"],
        "contested": row["contested"],
        "amount_cents": row["amount_cents"],
        "recorded_at": row["recorded_at"],
        "recorded_on": row["recorded_on"],
        "contestation": row.get("contestation"),
        "correction_cents": row.get("correction_cents"),
        "cancellable": (
            row["state"] == TransactionState.RECORDED
            and row["recorded_on"] == today
            and row.get("correction_cents") is None
        ),
        "cancellable_until": day_end(row["recorded_on"]),
        "cancelled_at": row["cancelled_at"],
        "scheme": row["scheme"],
        "season": row["season"],
        "beneficiary": seals.beneficiary(row["identity_sealed"], row["beneficiary_id"]),
        "structure_id": row["structure_id"],
        "structure_name": row["structure_name"] or "",
        "partner_number": row["partner_number"],
        "establishment_id": row["establishment_id"],
        "establishment_name": row["establishment_name"],
        "operator_id": row["operator_id"],
        "terminal_id": row["terminal_id"],
        "origin": row["origin"],
        "slip_number": row["slip_number"],
        "payout_id": row["payout_id"],
    }


def receipt(row: dict[str, Any], today: date) -> dict[str, Any]:
    """With the balance just after the debit."""
    return transaction(row, today) | {"balance_cents": row["balance_after_cents"]}


def first_answer(row: dict[str, Any], today: date, act: str, balance_cents: int) -> dict[str, Any]:
    """What was answered when it was done, whatever has happened since."""
    state: dict[str, Any] = {"state": TransactionState.CANCELLED}
    if act == "record":
        state = {"state": TransactionState.RECORDED, "cancelled_at": None}
    nothing_yet = {"contestation": None, "correction_cents": None, "slip_number": None, "payout_id": None}
    first = row | state | {"contested": False} | nothing_yet
    return transaction(first, today) | {"balance_cents": balance_cents}
