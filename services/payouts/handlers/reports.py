"""Bank reports: each line finds its payout by its reference and settles or returns it, once."""

import io
from datetime import date
from typing import Any

from sqlalchemy import insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from services.chassis.database import BoundDatabase, Context, UnitOfWork
from services.chassis.files import FileStore, FileUnknown
from services.chassis.ids import new_id
from services.payouts import bank_reports, bookkeeping, messages, off_loop
from services.payouts.bank_reports import Reported, Verdict
from services.payouts.domain import ledger
from services.payouts.domain.refusals import BankReportUnreadable
from services.payouts.domain.states import PAYOUT_TRANSITIONS, PayoutState, check_transition
from services.payouts.handlers import partners
from services.payouts.handlers.orders import chunks_of, finance_fields, references
from services.payouts.models import BankFile, BankReport, BankReportLine, Batch, Payout, PayoutLine

MAX_REPORT_BYTES = 20 * 1024 * 1024
_REOPEN = text(
    "INSERT INTO open_lines (line_id, structure_id) "
    "SELECT line_id, structure_id FROM payout_lines WHERE payout_id = :payout_id"
)


def take_upload(store: FileStore, incoming_id: str) -> bytes:
    """The content of an uploaded report; the upload is gone afterwards. Raises BankReportUnreadable."""
    try:
        with store.open_incoming(incoming_id) as stream:
            content = stream.read(MAX_REPORT_BYTES + 1)
    except FileUnknown:
        raise BankReportUnreadable from None
    store.discard(incoming_id)
    return content


def import_report(
    database: BoundDatabase, store: FileStore, context: Context | None, content: bytes, filename: str
) -> tuple[str, bool]:
    """Import a report; returns its id and whether it had been imported before, in which case nothing changes.
    Raises BankReportUnreadable, BankReportKindUnknown."""
    if len(content) > MAX_REPORT_BYTES:
        raise BankReportUnreadable
    report = off_loop.run(bank_reports.read, content)
    stored = store.put(io.BytesIO(content))
    with database.unit_of_work(context) as uow:
        report_id = _keep(uow, report.kind, stored.sha256, filename)
        if report_id is None:
            known = select(BankReport.report_id).where(BankReport.sha256 == stored.sha256)
            return uow.session.scalars(known).one(), True
        lines = [line for reported in report.lines for line in _resolve(uow, reported)]
        rows = [{"report_id": report_id, "position": at} | row for at, row in enumerate(_judge(uow, lines), 1)]
        if rows:
            uow.session.execute(insert(BankReportLine), rows)
        uow.audit("bank_report:import", report_id, kind=report.kind, sha256=stored.sha256, lines=len(rows))
    return report_id, False


def _keep(uow: UnitOfWork, kind: str, sha256: str, filename: str) -> str | None:
    row = {
        "report_id": new_id(),
        "sha256": sha256,
        "kind": kind,
        "filename": filename[:200],
        "imported_at": uow.now,
        "imported_by": uow.actor.label,
    }
    once = upsert(BankReport).values(**row).on_conflict_do_nothing(index_elements=["sha256"])
    return uow.session.scalar(once.returning(BankReport.report_id))


def _resolve(uow: UnitOfWork, reported: Reported) -> list[Reported]:
    """A line about a whole message becomes one line for each of its payouts, if the sum is the message's; a bank that
    has rejected some of them before books what is left."""
    if reported.message_id is None or reported.verdict is Verdict.IGNORED:
        return [reported]
    file = uow.session.scalar(select(BankFile).where(BankFile.message_id == reported.message_id))
    if file is None:
        return [reported]
    held = select(Payout.end_to_end_id, Payout.amount_cents, Payout.state).where(
        Payout.batch_id == file.batch_id, Payout.bank_file_sequence == file.sequence
    )
    members = uow.session.execute(held.order_by(Payout.slip_number)).all()
    if reported.amount_cents not in (None, file.amount_cents):
        members = [member for member in members if member.state != PayoutState.RETURNED]
        if reported.amount_cents != sum(member.amount_cents for member in members):
            return [reported]
    return [
        Reported(reported.verdict, member.end_to_end_id, None, member.amount_cents, reported.reason, reported.on)
        for member in members
    ]


def _judge(uow: UnitOfWork, lines: list[Reported]) -> list[dict[str, Any]]:
    """What becomes of each line, in order."""
    wanted = [line.end_to_end_id for line in lines if line.end_to_end_id]
    chosen = select(Payout).where(Payout.end_to_end_id.in_(wanted)).order_by(Payout.payout_id).with_for_update()
    payouts = {payout.end_to_end_id: payout for payout in uow.session.scalars(chosen)}
    return [_row(line, payouts.get(line.end_to_end_id or ""), _apply(uow, line, payouts)) for line in lines]


def _row(line: Reported, payout: Payout | None, outcome: str) -> dict[str, Any]:
    return {
        "end_to_end_id": (line.end_to_end_id or line.message_id or "")[:35] or None,
        "payout_id": payout.payout_id if payout else None,
        "outcome": outcome,
        "amount_cents": line.amount_cents,
        "reason": line.reason,
        "dated_on": line.on,
    }


def _apply(uow: UnitOfWork, line: Reported, payouts: dict[str, Payout]) -> str:
    if line.verdict is Verdict.IGNORED:
        return "ignored"
    payout = payouts.get(line.end_to_end_id or "")
    if payout is None or payout.state == PayoutState.PREPARED:
        return "unknown"
    if line.amount_cents not in (None, payout.amount_cents):
        return "amount_differs"
    state = PayoutState(payout.state)
    if state is PayoutState.RETURNED or (state is PayoutState.PAID and line.verdict is Verdict.SETTLED):
        return "already_known"
    on = line.on or uow.today
    if line.verdict is Verdict.SETTLED:
        settle(uow, payout, on)
    else:
        give_back(uow, payout, on, line.reason)
    return line.verdict.value


def settle(uow: UnitOfWork, payout: Payout, on: date) -> None:
    """The bank has paid."""
    check_transition(PAYOUT_TRANSITIONS, PayoutState(payout.state), PayoutState.PAID)
    payout.state, payout.settled_on = PayoutState.PAID.value, on
    _book(uow, payout, ledger.MovementKind.PAYOUT_SETTLED, ledger.settled(payout.amount_cents))
    uow.publish(messages.PayoutSettled, **finance_fields(payout), settled_on=on)
    _tell(uow, payout, None)


def give_back(uow: UnitOfWork, payout: Payout, on: date, reason: str | None) -> None:
    """The bank has not paid, or has got the money back: the account is suspended, the lines wait for another."""
    before = PayoutState(payout.state)
    check_transition(PAYOUT_TRANSITIONS, before, PayoutState.RETURNED)
    payout.state, payout.returned_on, payout.return_reason = PayoutState.RETURNED.value, on, reason
    uow.session.flush()
    _book(uow, payout, ledger.MovementKind.PAYOUT_RETURNED, ledger.returned(payout.amount_cents, before))
    uow.session.execute(update(PayoutLine).where(PayoutLine.payout_id == payout.payout_id).values(live=False))
    uow.session.execute(_REOPEN, {"payout_id": payout.payout_id})
    partners.suspend(uow, payout.bank_account_id, reason)
    uow.publish(messages.PayoutReturned, **finance_fields(payout), returned_on=on, reason_code=reason)
    _tell(uow, payout, reason)
    uow.audit("payout:return", payout.payout_id, structure_id=payout.structure_id, reason=reason)


def _book(uow: UnitOfWork, payout: Payout, kind: ledger.MovementKind, entries: Any) -> None:
    bookkeeping.record(
        uow,
        kind,
        reference=payout.payout_id,
        piece=payout.slip_number,
        structure_id=payout.structure_id,
        entries=entries,
    )


def _tell(uow: UnitOfWork, payout: Payout, reason: str | None) -> None:
    """Transactions, partners and identity hear of it, with the transactions that the payout holds."""
    batch = uow.session.get_one(Batch, payout.batch_id)
    chunks = chunks_of(references(uow, [payout.payout_id])[payout.payout_id])
    for number, chunk in enumerate(chunks, 1):
        uow.publish(
            messages.PayoutStateChanged,
            payout_id=payout.payout_id,
            structure_id=payout.structure_id,
            slip_number=payout.slip_number,
            bank_account_id=payout.bank_account_id,
            state=payout.state,
            amount_cents=payout.amount_cents,
            execution_on=batch.execution_on,
            reason=reason,
            chunk=number,
            chunks=len(chunks),
            **chunk,
        )
