"""For the accountants: the ledger as they number it, and the figures of the dashboard."""

import csv
import io
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, BinaryIO

from sqlalchemy import insert, select, text

from services.chassis import clock
from services.chassis.database import UnitOfWork
from services.chassis.spreadsheets import harmless
from services.payouts.domain import french
from services.payouts.domain.ledger import AccountKey
from services.payouts.models import PlanSetting

DEFAULT_PLAN = {
    AccountKey.SCHEME_EXPENSE: ("65", "Aides aux loisirs"),
    AccountKey.PARTNERS_PAYABLE: ("46", "Partenaires à rembourser"),
    AccountKey.TRANSFERS_IN_PROGRESS: ("58", "Virements en cours"),
    AccountKey.BANK: ("51", "Banque"),
}
"""Classes of the French plan comptable général; finance sets its own numbers."""
HEADINGS = ("Date", "Journal", "Pièce", "Compte", "Libellé du compte", "Partenaire", "Opération", "Débit", "Crédit")
JOURNAL = "PSL"
PAGE_ROWS = 2_000
"""Rows that an export holds at a time."""
_OPERATIONS = {
    "lines_locked": "Transactions verrouillées",
    "correction": "Correction",
    "payout_released": "Remboursement ordonné",
    "payout_settled": "Remboursement exécuté",
    "payout_returned": "Remboursement rejeté",
}


def plan(uow: UnitOfWork) -> list[dict[str, str]]:
    """The plan of accounts in force, in the ledger's order."""
    setting = uow.session.scalar(select(PlanSetting).order_by(PlanSetting.setting_id.desc()).limit(1))
    chosen = setting.accounts if setting else {}
    return [
        {"key": key.value, "code": chosen.get(key.value, [code])[0], "label": chosen.get(key.value, ["", label])[1]}
        for key, (code, label) in DEFAULT_PLAN.items()
    ]


def set_plan(uow: UnitOfWork, items: list[dict[str, str]]) -> list[dict[str, str]]:
    """Number the ledger's accounts anew; exports use it from now on."""
    accounts = {item["key"]: [item["code"], item["label"]] for item in items}
    current = {item["key"]: [item["code"], item["label"]] for item in plan(uow)}
    uow.session.execute(insert(PlanSetting).values(accounts=current | accounts, set_at=uow.now, set_by=uow.actor.label))
    uow.audit("account_plan:set", "payouts", codes={key: code for key, (code, _) in accounts.items()})
    return plan(uow)


_MOVEMENTS = text(
    """
    SELECT movement.moved_at, movement.kind, movement.piece, entry.account, entry.amount_cents,
           coalesce(partner.partner_number, '') AS partner_number
    FROM ledger_movements AS movement
    JOIN ledger_entries AS entry USING (movement_id)
    LEFT JOIN partners AS partner ON partner.structure_id = movement.structure_id
    WHERE movement.moved_at >= :begin AND movement.moved_at < :end
    ORDER BY movement.moved_at, movement.movement_id, entry.amount_cents DESC
    """
)


def ledger_rows(uow: UnitOfWork, first_on: date, last_on: date) -> Iterator[list[str]]:
    """One row per entry of these Paris days, debits before credits."""
    numbered = {item["key"]: item for item in plan(uow)}
    span = {"begin": clock.day_start(first_on), "end": clock.day_start(last_on + timedelta(days=1))}
    for row in uow.connection.execute(_MOVEMENTS, span, execution_options={"yield_per": PAGE_ROWS}).mappings():
        account = numbered[row["account"]]
        cents = row["amount_cents"]
        yield [
            french.day(clock.paris(row["moved_at"]).date()),
            JOURNAL,
            harmless(row["piece"]),
            account["code"],
            harmless(account["label"]),
            row["partner_number"],
            _OPERATIONS[row["kind"]],
            french.decimal(cents) if cents > 0 else "",
            french.decimal(-cents) if cents < 0 else "",
        ]


def write_ledger(uow: UnitOfWork, first_on: date, last_on: date, target: BinaryIO) -> None:
    """Write the ledger of these days as French spreadsheets and accounting programs open it, row by row: a year of
    movements doesn't fit in memory."""
    written = io.TextIOWrapper(target, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(written, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADINGS)
    writer.writerows(ledger_rows(uow, first_on, last_on))
    written.detach()


UNSOLVED_FOR = timedelta(days=30)
"""How long the dashboard shows lines of bank reports that match none of our transfers."""
WEEKS = 26
GROUPS = 12
_SITUATIONS = text(
    """
    SELECT CASE WHEN batch.state = 'prepared' THEN 'to_release'
                WHEN payout.state IN ('prepared', 'ordered') THEN 'sent' ELSE payout.state END AS situation,
           count(*) AS count, sum(payout.amount_cents)::bigint AS amount_cents
    FROM payouts AS payout JOIN batches AS batch USING (batch_id)
    WHERE batch.prepared_at > :since
    GROUP BY 1
    """
)
_TO_PREPARE = text(
    "SELECT count(DISTINCT open_lines.structure_id) AS count, "
    "coalesce(sum(amount_cents), 0)::bigint AS amount_cents FROM open_lines JOIN lines USING (line_id)"
)
_BY_WEEK = text(
    """
    SELECT date_trunc('week', execution_on)::date AS label, sum(amount_cents)::bigint AS amount_cents
    FROM batches WHERE state <> 'prepared' AND prepared_at > :since
    GROUP BY 1 ORDER BY 1 DESC LIMIT :most
    """
)
_BY = """
    SELECT coalesce(nullif({what}, ''), '–') AS label, sum(payout.amount_cents)::bigint AS amount_cents
    FROM payouts AS payout JOIN batches AS batch USING (batch_id)
    LEFT JOIN partners AS partner ON partner.structure_id = payout.structure_id
    WHERE batch.state <> 'prepared' AND payout.state <> 'returned' AND batch.prepared_at > :since
    GROUP BY 1 ORDER BY 2 DESC LIMIT :most
"""
_BY_ACTIVITY = text(_BY.format(what="partner.activities ->> 0"))
_BY_COMMUNE = text(_BY.format(what="partner.commune_name"))
SITUATIONS = ("to_release", "sent", "paid", "returned")


def dashboard(uow: UnitOfWork) -> dict[str, Any]:
    """Where the money of the last twelve months stands. A partner's amounts count for its first activity."""
    since = {"since": uow.now - timedelta(days=365)}
    found = {row["situation"]: row for row in uow.session.execute(_SITUATIONS, since).mappings()}
    waiting = uow.session.execute(_TO_PREPARE).mappings().one()
    nothing = {"count": 0, "amount_cents": 0}
    weeks = _bars(uow, _BY_WEEK, most=WEEKS, **since)
    return {
        "to_prepare": {name: waiting[name] for name in nothing},
        **{name: {key: found.get(name, nothing)[key] for key in nothing} for name in SITUATIONS},
        "by_week": list(reversed(weeks)),
        "by_activity": _bars(uow, _BY_ACTIVITY, most=GROUPS, **since),
        "by_commune": _bars(uow, _BY_COMMUNE, most=GROUPS, **since),
    }


def _bars(uow: UnitOfWork, query: Any, **parameters: Any) -> list[dict[str, Any]]:
    rows = uow.session.execute(query, parameters).mappings()
    return [{"label": str(row["label"]), "amount_cents": row["amount_cents"]} for row in rows]
