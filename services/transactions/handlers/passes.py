"""What the Caf and a family do with a pass: find, renew a lost QR, cancel, top up."""

import hashlib
from datetime import timedelta
from typing import Any

from services.chassis import clock
from services.chassis.database import UnitOfWork
from services.transactions import seals
from services.transactions.domain import codes, ledger, refusals
from services.transactions.domain.codes import Unreadable
from services.transactions.handlers import receipts
from services.transactions.handlers.scans import movement_rows
from services.transactions.repository import lists, passes, seasons

SHOWN_AT_MOST = 50
_HISTORY = 200
RENEWALS_PER_DAY = 3
"""A family that loses its QR more often in one day has another problem; and each renewal is a mail."""


def told(row: dict[str, Any]) -> dict[str, Any]:
    """A pass as its family and the Caf see it; ``row`` as `repository.passes` reads it."""
    return {
        "pass_id": row["pass_id"],
        "season": row["season"],
        "scheme": row["scheme"],
        "state": _state(row),
        "beneficiary": seals.beneficiary(row["identity_sealed"], row["beneficiary_id"]),
        "amount_cents": row["amount_cents"],
        "balance_cents": row["balance_cents"],
        "valid_from": row["starts_on"],
        "valid_until": row["ends_on"],
        "code": codes.show_code(seals.open_code(row["code_sealed"], row["pass_id"])),
        "qr": seals.qr_text(row["qr_id"], row["rotation"]),
    }


def _state(row: dict[str, Any]) -> str:
    if row["cancelled_at"]:
        return "cancelled"
    if row["season_state"] == "closed" or clock.today() > row["ends_on"]:
        return "expired"
    return "active" if row["balance_cents"] else "exhausted"


def find(uow: UnitOfWork, *, text: str, season_id: str | None) -> list[dict[str, Any]]:
    """By typed code, child's or family's reference, or last name."""
    reference = " ".join(text.split()).upper()
    prints = {
        "code": _code_print(text),
        "child": seals.fingerprint(reference, "child_reference"),
        "family": seals.fingerprint(reference, "family_reference"),
        "last_name": seals.name_print(text),
    }
    uow.audit("pass:find", season_id or "all")
    return [told(row) for row in passes.searched(uow.connection, prints, season_id, SHOWN_AT_MOST)]


def _code_print(text: str) -> str | None:
    try:
        return seals.code_print(codes.read_code(text))
    except Unreadable:
        return None


def one(uow: UnitOfWork, pass_id: str) -> dict[str, Any]:
    """A pass with its history. Raises PassUnknown."""
    row = passes.by_id(uow.connection, pass_id)
    if row is None:
        raise refusals.PassUnknown
    return with_history(uow, row)


def with_history(uow: UnitOfWork, row: dict[str, Any]) -> dict[str, Any]:
    """A pass and its transactions, newest first."""
    used = lists.page(uow.connection, {"pass_id": row["pass_id"]}, after=None, limit=_HISTORY)
    return told(row) | {"transactions": [receipts.transaction(each, uow.today) for each in used]}


def known(uow: UnitOfWork, pass_id: str) -> dict[str, Any]:
    """The pass, locked. Raises PassUnknown."""
    row = passes.by_id(uow.connection, pass_id, lock=True)
    if row is None:
        raise refusals.PassUnknown
    return row


def rotate(uow: UnitOfWork, pass_id: str) -> dict[str, Any]:
    """A new QR and code; the old ones are refused from now on. Raises PassUnknown or PassRevoked."""
    row = known(uow, pass_id)
    if row["cancelled_at"]:
        raise refusals.PassRevoked
    code, rotation = seals.new_code(), row["rotation"] + 1
    passes.change(uow.connection, pass_id, rotation=rotation, code_sealed=seals.seal_code(code, pass_id))
    passes.add_code(
        uow.connection,
        {
            "code_print": seals.code_print(code),
            "pass_id": pass_id,
            "rotation": rotation,
            "made_at": uow.now,
        },
    )
    passes.add_notice(uow.connection, "renewed", pass_id)
    uow.audit("pass:rotate", pass_id, rotation=rotation)
    return told(known(uow, pass_id))


def check_not_too_often(uow: UnitOfWork, pass_id: str) -> None:
    """Raises RenewedTooOften."""
    since = uow.now - timedelta(days=1)
    if passes.codes_since(uow.connection, pass_id, since) >= RENEWALS_PER_DAY:
        raise refusals.RenewedTooOften


def cancel(uow: UnitOfWork, *, pass_id: str, reason: str) -> dict[str, Any]:
    """No debit any more; what is left goes back to the budget. Raises PassUnknown or PassRevoked."""
    row = known(uow, pass_id)
    if row["cancelled_at"]:
        raise refusals.PassRevoked
    passes.change(uow.connection, pass_id, cancelled_at=uow.now)
    if row["balance_cents"]:
        expire(uow, pass_id, row["season_id"], row["balance_cents"])
    passes.add_notice(uow.connection, "withdrawn", pass_id)
    uow.audit("pass:cancel", pass_id, given_back_cents=row["balance_cents"], reason_digest=_digest(reason))
    return told(known(uow, pass_id))


def expire(uow: UnitOfWork, pass_id: str, season_id: str, balance_cents: int) -> None:
    """All that is left on a pass goes back to the budget."""
    passes.change(uow.connection, pass_id, balance_cents=0)
    entries = ledger.move((ledger.PASS, pass_id), (ledger.BUDGET, season_id), balance_cents)
    passes.add_entries(uow.connection, movement_rows(ledger.Kind.EXPIRY, entries, pass_id, uow.now))
    seasons.commit_budget(uow.connection, season_id, -balance_cents)


def top_up(uow: UnitOfWork, *, pass_id: str, amount_cents: int, reason: str, idempotency_key: str) -> dict[str, Any]:
    """Add to a pass from the budget, once per key. Raises PassUnknown, PassRevoked, SeasonClosed or
    BudgetExhausted."""
    row = known(uow, pass_id)
    if passes.topped_up(uow.connection, movement_id := _movement_id(pass_id, idempotency_key)):
        return told(row)
    if row["cancelled_at"]:
        raise refusals.PassRevoked
    _take_from_budget(uow, row["season_id"], amount_cents)
    passes.change(
        uow.connection,
        pass_id,
        amount_cents=row["amount_cents"] + amount_cents,
        balance_cents=row["balance_cents"] + amount_cents,
    )
    entries = ledger.move((ledger.BUDGET, row["season_id"]), (ledger.PASS, pass_id), amount_cents)
    rows = movement_rows(ledger.Kind.TOP_UP, entries, pass_id, uow.now)
    passes.add_entries(uow.connection, [entry | {"movement_id": movement_id} for entry in rows])
    passes.add_notice(uow.connection, "topped_up", pass_id)
    uow.audit("pass:top_up", pass_id, amount_cents=amount_cents, reason_digest=_digest(reason))
    return told(known(uow, pass_id))


def _take_from_budget(uow: UnitOfWork, season_id: str, amount_cents: int) -> None:
    season = seasons.by_id(uow.connection, season_id, lock=True)
    if season is None or season["state"] == "closed":
        raise refusals.SeasonClosed
    available_cents = season["budget_cents"] - season["committed_cents"]
    if amount_cents > available_cents:
        raise refusals.BudgetExhausted(available_cents=available_cents)
    seasons.commit_budget(uow.connection, season_id, amount_cents)


def _movement_id(pass_id: str, idempotency_key: str) -> str:
    """The same for the same pass and key, so that the ledger itself remembers the key."""
    digest = hashlib.sha256(f"top_up\0{pass_id}\0{idempotency_key}".encode()).hexdigest()[:32]
    return f"{digest[:8]}-{digest[8:12]}-8{digest[13:16]}-8{digest[17:20]}-{digest[20:]}"


def _digest(reason: str) -> str:
    """The journal holds no personal data, and people write names in reasons."""
    return hashlib.sha256(reason.encode()).hexdigest()[:16]
