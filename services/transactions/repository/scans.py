"""The hot path's two round trips: read under lock, write what was decided (functions of migration 0002)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from services.chassis import serializer
from services.transactions.domain.scans import Pass, Season, Use

_FACTS = "SELECT scan_facts(%s, %s, %s, %s::bigint[], %s::text[], %s)"
_STORE = "SELECT store_scans(%s::jsonb, %s::jsonb, %s::jsonb, %s::jsonb, %s::jsonb, %s::jsonb)"


@dataclass
class Found(Pass):
    """A pass with what a receipt tells of its child."""

    beneficiary_id: str = ""
    identity_sealed: str = ""
    debit_mails: bool = True


@dataclass
class Facts:
    """What `read` found. ``busy``: the first call under this key is still running; nothing else is filled
    in."""

    busy: bool = False
    partner: dict[str, Any] | None = None
    establishments: list[dict[str, Any]] = field(default_factory=list)
    keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    numbers: list[int] = field(default_factory=list)
    by_qr: dict[int, Found] = field(default_factory=dict)
    by_code: dict[str, tuple[Found, int]] = field(default_factory=dict)  # with the rotation that the code belongs to

    def active_on(self, day: date) -> bool:
        """Whether the structure may record on ``day``."""
        return self.partner is not None and active_on(
            _day(self.partner["active_from"]), _day(self.partner["active_until"]), day
        )


def active_on(active_from: date | None, active_until: date | None, day: date) -> bool:
    """From the convention's first day until the day on which it ends (excluded)."""
    return active_from is not None and active_from <= day and (active_until is None or day < active_until)


def read(
    connection: Connection,
    *,
    structure_id: str,
    caller: str,
    keys: Iterable[str] = (),
    qr_ids: Iterable[int] = (),
    code_prints: Iterable[str] = (),
    lock: bool,
) -> Facts:
    """All facts of some scans. With ``lock`` the passes stay locked until the end of the transaction, and the
    keys are this transaction's to write."""
    asked = (structure_id, caller, list(keys), list(qr_ids), list(code_prints), lock)
    found = connection.exec_driver_sql(_FACTS, asked).scalar_one()
    return _facts(found)


def _facts(found: dict[str, Any]) -> Facts:
    if found.get("busy"):
        return Facts(busy=True)
    passes = {row["pass_id"]: _pass(row) for row in found["passes"] or ()}
    return Facts(
        partner=found["partner"],
        establishments=found["establishments"] or [],
        keys={row["key"]: row for row in found["keys"] or ()},
        numbers=found["numbers"] or [],
        by_qr={int(row["qr_id"]): passes[row["pass_id"]] for row in found["passes"] or ()},
        by_code={row["code_print"]: (passes[row["pass_id"]], row["rotation"]) for row in found["codes"] or ()},
    )


def _pass(row: dict[str, Any]) -> Found:
    season = row["season"]
    return Found(
        pass_id=row["pass_id"],
        rotation=row["rotation"],
        cancelled=row["cancelled"],
        balance_cents=row["balance_cents"],
        season=Season(
            season_id=season["season_id"],
            scheme=season["scheme"],
            name=season["name"],
            state=season["state"],
            starts_on=date.fromisoformat(season["starts_on"]),
            ends_on=date.fromisoformat(season["ends_on"]),
        ),
        uses=[_use(use) for use in row["uses"] or ()],
        beneficiary_id=row["beneficiary_id"],
        identity_sealed=row["identity_sealed"],
        debit_mails=row["debit_mails"],
    )


def _use(row: dict[str, Any]) -> Use:
    return Use(row["number"], row["structure_id"], row["amount_cents"], datetime.fromisoformat(row["recorded_at"]))


def _day(text_or_none: str | None) -> date | None:
    return date.fromisoformat(text_or_none) if text_or_none else None


@dataclass
class Decided:
    """Rows to write, as dictionaries named like the columns; events and journal as the unit of work hands
    them over."""

    transactions: list[dict[str, Any]] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)
    keys: list[dict[str, Any]] = field(default_factory=list)
    notices: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    journal: list[dict[str, Any]] = field(default_factory=list)


def storing(decided: Decided) -> tuple[str, tuple[str, ...]]:
    """The statement that writes transactions, ledger, keys, notices, events and journal, and takes the amounts off the
    passes; with its parameters."""
    return _STORE, tuple(serializer.dumps(rows) for rows in vars(decided).values())
