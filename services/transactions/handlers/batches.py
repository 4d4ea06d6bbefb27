"""Scans that a terminal made without network, and sends when it is back."""

from typing import Any

from marshmallow import ValidationError

from services.chassis.database import UnitOfWork
from services.transactions.arguments import BatchItem
from services.transactions.domain.refusals import Refusal, ValidationFailed
from services.transactions.handlers.scans import Outcome, Scan, record

_item = BatchItem()


def record_batch(uow: UnitOfWork, items: list[Any]) -> list[dict[str, Any]]:
    """Each item's outcome, in the order of the items. One that is malformed spoils no other."""
    read = [_read(item) for item in items]
    fit = [scan for scan in read if isinstance(scan, Scan)]
    outcomes = iter(record(uow, fit) if fit else ())
    return [_told(next(outcomes) if isinstance(one, Scan) else one) for one in read]


def _read(item: Any) -> Scan | Outcome:
    try:
        return Scan(**_item.load(item))
    except ValidationError as invalid:
        key = item.get("idempotency_key", "") if isinstance(item, dict) else ""
        errors = invalid.normalized_messages()
        return Outcome(str(key)[:64], refusal=ValidationFailed(**{str(name): errors[name] for name in errors}))


def _told(outcome: Outcome) -> dict[str, Any]:
    return {
        "idempotency_key": outcome.idempotency_key,
        "status": "refused" if outcome.refusal else "recorded",
        "replayed": outcome.replayed,
        "transaction": outcome.transaction,
        "problem": problem(outcome.refusal),
    }


def problem(refusal: Refusal | None) -> dict[str, Any] | None:
    """A refusal inside an answer: code and fields."""
    return {"code": refusal.code, "fields": refusal.fields} if refusal else None
