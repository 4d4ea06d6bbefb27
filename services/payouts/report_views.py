"""What the pages show of bank reports."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text

from services.chassis.database import UnitOfWork
from services.payouts.domain.refusals import BankReportUnknown
from services.payouts.models import BankReport, BankReportLine, Payout
from services.payouts.views import page

SHOWN_LINES = 2000
MOST_UNSOLVED = 5
_COUNTS = text(
    "SELECT count(*) FILTER (WHERE outcome = 'settled') AS settled_count, "
    "count(*) FILTER (WHERE outcome = 'returned') AS returned_count, "
    "count(*) FILTER (WHERE outcome = 'already_known') AS already_known_count, "
    "count(*) FILTER (WHERE outcome IN ('unknown', 'amount_differs')) AS unknown_count "
    "FROM bank_report_lines WHERE report_id = :report_id"
)


def _summary(uow: UnitOfWork, report: BankReport) -> dict[str, Any]:
    counts = uow.session.execute(_COUNTS, {"report_id": report.report_id}).mappings().one()
    names = ("report_id", "kind", "filename", "imported_at")
    return {**{name: getattr(report, name) for name in names}, **counts, "already_imported": False, "lines": []}


def reports(uow: UnitOfWork, cursor: str | None, limit: int) -> dict[str, Any]:
    """Imported reports, newest first, without their lines."""
    chosen = select(BankReport).order_by(BankReport.report_id.desc()).limit(limit + 1)
    if cursor:
        chosen = chosen.where(BankReport.report_id < cursor)
    found = [_summary(uow, report) for report in uow.session.scalars(chosen)]
    return page(found, limit, lambda row: row["report_id"])


def unsolved_reports(uow: UnitOfWork, since: datetime) -> list[dict[str, Any]]:
    """Reports of late with lines that match none of our transfers, newest first."""
    troubled = BankReportLine.outcome.in_(("unknown", "amount_differs"))
    chosen = (
        select(BankReport.report_id, BankReport.filename, BankReport.imported_at, func.count().label("line_count"))
        .join(BankReportLine, BankReportLine.report_id == BankReport.report_id)
        .where(BankReport.imported_at > since, troubled)
        .group_by(BankReport.report_id)
        .order_by(BankReport.report_id.desc())
        .limit(MOST_UNSOLVED)
    )
    return [dict(row) for row in uow.session.execute(chosen).mappings()]


def report(uow: UnitOfWork, report_id: str) -> dict[str, Any]:
    """One report; what wasn't understood comes first. Raises BankReportUnknown."""
    found = uow.session.get(BankReport, report_id)
    if found is None:
        raise BankReportUnknown
    troubled = BankReportLine.outcome.in_(("unknown", "amount_differs"))
    chosen = (
        select(BankReportLine, Payout.slip_number, Payout.partner_name)
        .outerjoin(Payout, Payout.payout_id == BankReportLine.payout_id)
        .where(BankReportLine.report_id == report_id)
        .order_by(troubled.desc(), BankReportLine.position)
        .limit(SHOWN_LINES)
    )
    lines = [
        {
            "position": line.position,
            "end_to_end_id": line.end_to_end_id,
            "outcome": line.outcome,
            "slip_number": slip_number,
            "partner_name": partner_name,
            "amount_cents": line.amount_cents,
            "reason": line.reason,
            "on": line.dated_on,
        }
        for line, slip_number, partner_name in uow.session.execute(chosen)
    ]
    return {**_summary(uow, found), "lines": lines}
