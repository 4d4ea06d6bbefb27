"""The whole story of a transaction or a transfer, from the day it was recorded to what the bank reported."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import or_, select

from services.chassis.database import UnitOfWork
from services.payouts.domain.batches import Hold
from services.payouts.domain.refusals import ReferenceUnknown
from services.payouts.domain.states import BatchState
from services.payouts.models import (
    BankAccount,
    BankFile,
    BankReport,
    BankReportLine,
    Batch,
    Line,
    OpenLine,
    Partner,
    Payout,
    PayoutLine,
)
from services.payouts.standing import standing_of
from services.payouts.views import expected_on

MOST_LINES = 50
"""A transaction with its corrections has a few lines; more are not told here."""


def story(uow: UnitOfWork, reference: str) -> dict[str, Any]:
    """What bears this reference: a transaction's number, a slip's number, or the bank's reference of a transfer.
    Raises ReferenceUnknown."""
    lines = _lines(uow, Line.number == reference)
    if lines:
        return _told(uow, reference, lines, _payouts(uow, PayoutLine.line_id.in_([line.line_id for line in lines])))
    named = or_(Payout.slip_number == reference, Payout.end_to_end_id == reference)
    payouts = _payouts(uow, named, of_lines=False)
    if not payouts:
        raise ReferenceUnknown
    return _told(uow, reference, [], payouts)


def own_story(uow: UnitOfWork, structure_id: str, reference: str) -> dict[str, Any]:
    """The story of one of a partner's transactions; batches that nobody has released yet don't show.
    Raises ReferenceUnknown, also for another structure's."""
    lines = _lines(uow, (Line.number == reference) & (Line.structure_id == structure_id))
    if not lines:
        raise ReferenceUnknown
    held = PayoutLine.line_id.in_([line.line_id for line in lines]) & (Batch.state != BatchState.PREPARED)
    return _told(uow, reference, lines, _payouts(uow, held))


def _lines(uow: UnitOfWork, condition: Any) -> list[Line]:
    chosen = select(Line).where(condition).order_by(Line.kind.desc(), Line.line_id).limit(MOST_LINES)
    return list(uow.session.scalars(chosen))


def _payouts(uow: UnitOfWork, condition: Any, *, of_lines: bool = True) -> list[dict[str, Any]]:
    """The payouts of a condition, oldest first, each with the lines asked for that it holds."""
    chosen = (
        select(Payout, Batch, BankAccount.iban_masked, BankFile.message_id)
        .join(Batch, Batch.batch_id == Payout.batch_id)
        .join(BankAccount, BankAccount.bank_account_id == Payout.bank_account_id)
        .outerjoin(BankFile, (BankFile.batch_id == Payout.batch_id) & (BankFile.sequence == Payout.bank_file_sequence))
        .order_by(Payout.slip_number)
    )
    if not of_lines:
        return [_payout(*row) for row in uow.session.execute(chosen.where(condition))]
    held = chosen.add_columns(PayoutLine.line_id).join(PayoutLine, PayoutLine.payout_id == Payout.payout_id)
    found: dict[str, dict[str, Any]] = {}
    for row in uow.session.execute(held.where(condition)).all():
        kept = found.setdefault(row.Payout.payout_id, _payout(row.Payout, row.Batch, row.iban_masked, row.message_id))
        kept["line_ids"].append(row.line_id)
    return list(found.values())


def _payout(payout: Payout, batch: Batch, iban_masked: str, message_id: str | None) -> dict[str, Any]:
    names = (
        "payout_id", "slip_number", "end_to_end_id", "state", "amount_cents", "transaction_count", "correction_count",
        "settled_on", "returned_on", "return_reason", "structure_id", "partner_name", "partner_number",
    )  # fmt: skip
    return {
        **{name: getattr(payout, name) for name in names},
        "batch_id": batch.batch_id,
        "batch_number": batch.number,
        "prepared_at": batch.prepared_at,
        "released_at": batch.released_at,
        "execution_on": batch.execution_on,
        "iban_masked": iban_masked,
        "message_id": message_id,
        "line_ids": [],
    }


def _told(uow: UnitOfWork, reference: str, lines: Sequence[Line], payouts: list[dict[str, Any]]) -> dict[str, Any]:
    structure_id = lines[0].structure_id if lines else payouts[0]["structure_id"]
    partner = uow.session.get(Partner, structure_id)
    reports = _reports(uow, [payout["payout_id"] for payout in payouts])
    for payout in payouts:
        payout["reports"] = reports.get(payout["payout_id"], [])
    return {
        "reference": reference,
        "structure_id": structure_id,
        "partner_name": partner.name if partner else "",
        "partner_number": partner.partner_number if partner else None,
        "lines": [_line(uow, line) for line in lines],
        "payouts": payouts,
        **_waiting(uow, structure_id),
    }


def _line(uow: UnitOfWork, line: Line) -> dict[str, Any]:
    names = ("line_id", "kind", "number", "scheme", "establishment_name", "amount_cents", "occurred_at", "locked_on")
    waits = uow.session.get(OpenLine, line.line_id) is not None
    return {**{name: getattr(line, name) for name in names}, "waits": waits}


def _waiting(uow: UnitOfWork, structure_id: str) -> dict[str, Any]:
    """When open lines are expected to be paid, and what stands in the way."""
    standing = standing_of(uow, structure_id)
    hold = standing.hold if standing else None
    return {"hold": hold, "expected_on": expected_on(uow) if hold in (None, Hold.DAY_INCOMPLETE) else None}


def _reports(uow: UnitOfWork, payout_ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    chosen = (
        select(BankReportLine, BankReport)
        .join(BankReport, BankReport.report_id == BankReportLine.report_id)
        .where(BankReportLine.payout_id.in_(payout_ids))
        .order_by(BankReport.imported_at, BankReportLine.position)
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for line, report in uow.session.execute(chosen):
        found.setdefault(str(line.payout_id), []).append(
            {
                "report_id": report.report_id,
                "filename": report.filename,
                "kind": report.kind,
                "imported_at": report.imported_at,
                "outcome": line.outcome,
                "amount_cents": line.amount_cents,
                "reason": line.reason,
                "on": line.dated_on,
            }
        )
    return found
