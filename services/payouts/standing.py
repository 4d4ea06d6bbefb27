"""Where each partner stands between two batches: what is owed and whether it can be paid."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from services.chassis.database import UnitOfWork
from services.payouts.domain.batches import Account, Hold, hold_of

READY = "(line.locked_on IS NULL OR day.received_chunks = day.chunks)"
"""Lines of an announcement of which not every chunk has arrived aren't paid yet; corrections belong to none."""

_STANDING = """
    WITH owed AS (
        SELECT line.structure_id,
               count(*) AS open_count,
               sum(line.amount_cents) AS open_cents,
               count(*) FILTER (WHERE {ready}) AS line_count,
               coalesce(sum(line.amount_cents) FILTER (WHERE {ready}), 0) AS total_cents,
               count(*) FILTER (WHERE {ready} AND line.kind = 'transaction') AS transaction_count,
               count(*) FILTER (WHERE {ready} AND line.kind = 'correction') AS correction_count
        FROM open_lines AS open
        JOIN lines AS line USING (line_id)
        LEFT JOIN announced_days AS day USING (announcement_id)
        {where}
        GROUP BY line.structure_id
    )
    SELECT owed.*, partner.name, partner.partner_number,
           account.bank_account_id, account.in_force_at, account.suspended_at
    FROM owed
    LEFT JOIN partners AS partner USING (structure_id)
    LEFT JOIN LATERAL (
        SELECT bank_account_id, in_force_at, suspended_at FROM bank_accounts
        WHERE bank_accounts.structure_id = owed.structure_id
        ORDER BY version DESC LIMIT 1
    ) AS account ON true
    ORDER BY owed.structure_id
"""
_ALL = text(_STANDING.format(ready=READY, where=""))
_ONE = text(_STANDING.format(ready=READY, where="WHERE open.structure_id = :structure_id"))


@dataclass(frozen=True)
class Standing:
    """One partner's open lines. ``hold``: why they wait, None if the next batch takes them.

    ``total_cents`` and the counts are of what could be paid; ``open_cents`` and ``open_count`` of all that is open.
    """

    structure_id: str
    name: str
    partner_number: str | None
    bank_account_id: str | None
    total_cents: int
    transaction_count: int
    correction_count: int
    open_cents: int
    open_count: int
    hold: Hold | None


def standings(uow: UnitOfWork) -> list[Standing]:
    """Every partner with open lines."""
    return list(_judge(uow.session.execute(_ALL).mappings().all(), uow.now))


def standing_of(uow: UnitOfWork, structure_id: str) -> Standing | None:
    """One partner's open lines, None if there are none."""
    rows = uow.session.execute(_ONE, {"structure_id": structure_id}).mappings().all()
    return next(_judge(rows, uow.now), None)


def _judge(rows: Sequence[Any], at: datetime) -> Iterator[Standing]:
    for row in rows:
        account = None
        if row["bank_account_id"]:
            account = Account(in_force_at=row["in_force_at"], suspended=row["suspended_at"] is not None)
        hold = hold_of(
            partner_number=row["partner_number"],
            account=account,
            total_cents=row["total_cents"],
            line_count=row["line_count"],
            at=at,
        )
        yield Standing(
            structure_id=str(row["structure_id"]),
            name=row["name"] or "",
            partner_number=row["partner_number"],
            bank_account_id=str(row["bank_account_id"]) if row["bank_account_id"] else None,
            total_cents=int(row["total_cents"]),
            transaction_count=row["transaction_count"],
            correction_count=row["correction_count"],
            open_cents=int(row["open_cents"]),
            open_count=row["open_count"],
            hold=hold,
        )


def grouped_holds(held: Sequence[Standing]) -> list[dict[str, Any]]:
    """How many partners wait, and for how much, by reason."""
    groups: dict[Hold, list[Standing]] = {}
    for standing in held:
        if standing.hold:
            groups.setdefault(standing.hold, []).append(standing)
    return [
        {
            "reason": reason.value,
            "partner_count": len(groups[reason]),
            "amount_cents": sum(standing.open_cents for standing in groups[reason]),
        }
        for reason in Hold
        if reason in groups
    ]
