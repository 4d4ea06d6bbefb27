"""Does it add up? Announced totals, lines, payouts, slips, bank files and ledger, compared to the cent.

Each check is a name and a query (or a look at files) that finds what differs; no difference means nothing to tell.
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import pikepdf
from prometheus_client import Gauge
from sqlalchemy import desc, insert, select, text

from services.chassis.database import BoundDatabase, UnitOfWork
from services.chassis.files import FileStore, FileUnknown
from services.payouts import bank_file, off_loop, slips
from services.payouts.handlers.partners import open_iban
from services.payouts.models import BankAccount, BankFile, Payout, PayoutDocument, ReconciliationRun

KEPT_DIFFERENCES = 200
_alert = Gauge("psl_payouts_differences", "Differences found by the last reconciliation of payouts")
_unreconciled = Gauge("psl_payouts_unreconciled_cents", "Cents that the last reconciliation could not account for")


@dataclass(frozen=True)
class Difference:
    """One thing that doesn't add up. ``expected`` and ``found`` are cents, or counts where the name says so."""

    name: str
    subject: str
    expected: int
    found: int

    @property
    def cents(self) -> int:
        """The money that is unaccounted for; zero where counts differ."""
        return 0 if self.name.endswith("_count") else abs(self.expected - self.found)


CHECKS: dict[str, str] = {
    "announced_total": """
        SELECT day.structure_id || ' ' || day.locked_on AS subject, day.total_cents AS expected,
               coalesce(sum(line.amount_cents), 0) AS found
        FROM announced_days AS day LEFT JOIN lines AS line USING (announcement_id)
        WHERE day.received_chunks = day.chunks
        GROUP BY announcement_id HAVING day.total_cents <> coalesce(sum(line.amount_cents), 0)
    """,
    "announced_chunks_count": """
        SELECT structure_id || ' ' || locked_on AS subject, chunks AS expected, received_chunks AS found
        FROM announced_days WHERE received_chunks < chunks AND locked_on < :today - 1
    """,
    "payout_lines": """
        SELECT payout.slip_number AS subject, payout.amount_cents AS expected,
               coalesce(sum(place.amount_cents), 0) AS found
        FROM payouts AS payout LEFT JOIN payout_lines AS place USING (payout_id)
        GROUP BY payout.payout_id HAVING payout.amount_cents <> coalesce(sum(place.amount_cents), 0)
    """,
    "payout_line_count": """
        SELECT payout.slip_number AS subject, payout.transaction_count + payout.correction_count AS expected,
               count(place.line_id) AS found
        FROM payouts AS payout LEFT JOIN payout_lines AS place USING (payout_id)
        GROUP BY payout.payout_id
        HAVING payout.transaction_count + payout.correction_count <> count(place.line_id)
    """,
    "batch_payouts": """
        SELECT batch.number AS subject, batch.amount_cents AS expected, coalesce(sum(payout.amount_cents), 0) AS found
        FROM batches AS batch LEFT JOIN payouts AS payout USING (batch_id)
        GROUP BY batch.batch_id HAVING batch.amount_cents <> coalesce(sum(payout.amount_cents), 0)
    """,
    "live_places_of_returned_payouts_count": """
        SELECT payout.slip_number AS subject, 0 AS expected, count(*) AS found
        FROM payouts AS payout JOIN payout_lines AS place USING (payout_id)
        WHERE place.live = (payout.state = 'returned') GROUP BY payout.payout_id
    """,
    "lines_neither_open_nor_paid_count": """
        SELECT line.structure_id::text AS subject, 0 AS expected, count(*) AS found
        FROM lines AS line
        LEFT JOIN open_lines AS open USING (line_id)
        LEFT JOIN payout_lines AS place ON place.line_id = line.line_id AND place.live
        WHERE (open.line_id IS NULL) = (place.line_id IS NULL) GROUP BY line.structure_id
    """,
    "bank_file_total": """
        SELECT batch.number AS subject, batch.amount_cents AS expected, coalesce(sum(file.amount_cents), 0) AS found
        FROM batches AS batch LEFT JOIN bank_files AS file USING (batch_id)
        WHERE batch.state = 'ordered'
        GROUP BY batch.batch_id HAVING batch.amount_cents <> coalesce(sum(file.amount_cents), 0)
    """,
    "ledger_movement": """
        SELECT movement_id::text AS subject, 0 AS expected, sum(amount_cents) AS found
        FROM ledger_entries GROUP BY movement_id HAVING sum(amount_cents) <> 0
    """,
    "ledger_payable": """
        WITH owed AS (
            SELECT structure_id, sum(amount_cents) AS cents FROM (
                SELECT line.structure_id, line.amount_cents FROM open_lines JOIN lines AS line USING (line_id)
                UNION ALL
                SELECT payout.structure_id, payout.amount_cents
                FROM payouts AS payout JOIN batches AS batch USING (batch_id) WHERE batch.state = 'prepared'
            ) AS parts GROUP BY structure_id
        ), booked AS (
            SELECT structure_id, -sum(amount_cents) AS cents FROM ledger_entries
            WHERE account = 'partners_payable' GROUP BY structure_id
        )
        SELECT structure_id::text AS subject, coalesce(owed.cents, 0) AS expected, coalesce(booked.cents, 0) AS found
        FROM owed FULL JOIN booked USING (structure_id) WHERE coalesce(owed.cents, 0) <> coalesce(booked.cents, 0)
    """,
    "ledger_in_progress": """
        SELECT 'transfers_in_progress' AS subject, -sent.cents AS expected, booked.cents AS found
        FROM (SELECT coalesce(sum(payout.amount_cents), 0) AS cents
              FROM payouts AS payout JOIN batches AS batch USING (batch_id)
              WHERE batch.state <> 'prepared' AND payout.state IN ('prepared', 'ordered')) AS sent,
             (SELECT coalesce(sum(amount_cents), 0) AS cents FROM ledger_entries
              WHERE account = 'transfers_in_progress') AS booked
        WHERE -sent.cents <> booked.cents
    """,
    "ledger_bank": """
        SELECT 'bank' AS subject, -paid.cents AS expected, booked.cents AS found
        FROM (SELECT coalesce(sum(amount_cents), 0) AS cents FROM payouts WHERE state = 'paid') AS paid,
             (SELECT coalesce(sum(amount_cents), 0) AS cents FROM ledger_entries WHERE account = 'bank') AS booked
        WHERE -paid.cents <> booked.cents
    """,
}


def compare_rows(uow: UnitOfWork) -> Iterator[Difference]:
    """What the tables tell of each other."""
    for name, query in CHECKS.items():
        parameters = {"today": uow.today} if ":today" in query else {}
        for row in uow.session.execute(text(query), parameters).mappings():
            yield Difference(name, str(row["subject"]), int(row["expected"]), int(row["found"]))


def compare_bank_files(uow: UnitOfWork, store: FileStore, last: int) -> Iterator[Difference]:
    """What the kept messages of the ``last`` batches order, read from their XML, against the payouts."""
    newest = select(BankFile).order_by(desc(BankFile.message_id)).limit(last)
    for file in uow.session.scalars(newest).all():
        content = _content(store, file.sha256)
        if content is None:
            yield Difference("bank_file_missing_count", file.message_id, 1, 0)
            continue
        yield from _compare_message(uow, file, off_loop.run(bank_file.read, content))


def _compare_message(uow: UnitOfWork, file: BankFile, read: bank_file.Read) -> Iterator[Difference]:
    chosen = (
        select(Payout, BankAccount)
        .join(BankAccount, BankAccount.bank_account_id == Payout.bank_account_id)
        .where(Payout.batch_id == file.batch_id, Payout.bank_file_sequence == file.sequence)
    )
    expected = {payout.end_to_end_id: (payout, account) for payout, account in uow.session.execute(chosen)}
    if read.amount_cents != sum(cents for _, cents, _ in read.transfers):
        total = sum(cents for _, cents, _ in read.transfers)
        yield Difference("bank_file_control_sum", file.message_id, total, read.amount_cents)
    if len(read.transfers) != len(expected):
        yield Difference("bank_file_transfer_count", file.message_id, len(expected), len(read.transfers))
    for end_to_end_id, cents, iban in read.transfers:
        payout, account = expected.get(end_to_end_id, (None, None))
        if payout is None or account is None or payout.amount_cents != cents:
            yield Difference("bank_file_transfer", end_to_end_id, payout.amount_cents if payout else 0, cents)
        elif open_iban(account) != iban:
            yield Difference("bank_file_account_count", end_to_end_id, 1, 0)


def compare_slips(uow: UnitOfWork, store: FileStore, last: int | None) -> Iterator[Difference]:
    """The total that each kept slip carries against its payout; only the ``last`` ones if given."""
    chosen = (
        select(PayoutDocument.sha256, Payout.slip_number, Payout.amount_cents)
        .join(Payout, Payout.payout_id == PayoutDocument.payout_id)
        .where(PayoutDocument.kind == "pdf")
        .order_by(Payout.slip_number.desc())
    )
    for sha256, slip_number, amount_cents in uow.session.execute(chosen.limit(last)):
        content = _content(store, sha256)
        if content is None:
            yield Difference("slip_missing_count", slip_number, 1, 0)
        elif (found := slip_total(content)) != amount_cents:
            yield Difference("slip_total", slip_number, amount_cents, found)


def slip_total(content: bytes) -> int:
    """The total in cents that a slip carries in its properties; zero if it carries none."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        keywords = str(pdf.docinfo.get("/Keywords", ""))
    totals = [word.removeprefix(slips.TOTAL_KEYWORD) for word in keywords.split(", ")]
    return next((int(total) for total in totals if total.lstrip("-").isdigit()), 0)


def _content(store: FileStore, sha256: str) -> bytes | None:
    try:
        with store.open(sha256) as stream:
            return stream.read()
    except FileUnknown:
        return None


def reconcile(
    database: BoundDatabase, store: FileStore, *, last_files: int = 20, last_slips: int | None = 500
) -> list[Difference]:
    """Compare everything, keep the result, set the alert's metric."""
    comparisons: tuple[Callable[[UnitOfWork], Iterator[Difference]], ...] = (
        compare_rows,
        lambda uow: compare_bank_files(uow, store, last_files),
        lambda uow: compare_slips(uow, store, last_slips),
    )
    with database.unit_of_work() as uow:
        uow.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        found = [difference for compare in comparisons for difference in compare(uow)]
    with database.unit_of_work() as uow:
        kept = [asdict(difference) for difference in found[:KEPT_DIFFERENCES]]
        uow.session.execute(insert(ReconciliationRun).values(at=uow.now, difference_count=len(found), differences=kept))
        show(uow)
    return found


def show(uow: UnitOfWork) -> None:
    """Set the alert's metrics to what the last reconciliation found."""
    run = last_run(uow)
    _alert.set(run["difference_count"] if run else 0)
    _unreconciled.set(sum(Difference(**kept).cents for kept in run["differences"]) if run else 0)


def last_run(uow: UnitOfWork) -> dict[str, Any] | None:
    """The result of the last reconciliation."""
    run = uow.session.scalar(select(ReconciliationRun).order_by(ReconciliationRun.run_id.desc()).limit(1))
    if run is None:
        return None
    return {"at": run.at, "difference_count": run.difference_count, "differences": run.differences}
