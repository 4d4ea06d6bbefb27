"""The payouts service on the bus: what it answers, what it listens to, what it does by itself."""

import tempfile
from functools import cache
from typing import Any

from services.chassis.config import settings
from services.chassis.files import FileStore
from services.chassis.inbox import on_event
from services.chassis.revocations import revoked_by
from services.chassis.rpc import Call, Nothing, rpc
from services.chassis.service import Service
from services.chassis.timers import every
from services.payouts import accounting, messages, reconciliation, report_views, stories, views, watched_folder
from services.payouts import arguments as args
from services.payouts.handlers import batches, calendars, documents, lines, orders, partners, reports

READ_MONEY = frozenset({"legal_representative", "manager", "accountant"})
FINANCE = frozenset({"preparer", "releaser"})
REVOKED = {
    "session_closed.v1": "session_id",
    "delegation_revoked.v1": "delegation_id",
    "terminal_revoked.v1": "terminal_id",
}


@cache
def store() -> FileStore:
    """This process's file store."""
    return FileStore(settings().files_url)


def _structure(call: Call) -> str:
    return call.actor.scope["structure_id"]


class PayoutsService(Service, revoked_by("identity", REVOKED)):  # type: ignore[misc]
    """See README.md."""

    name = "payouts"

    @on_event(messages.TransactionsLocked)
    def on_transactions_locked(self, event: Any) -> None:
        with self.database.once(event) as uow:
            lines.on_transactions_locked(uow, **event.data)

    @on_event(messages.CorrectionAccepted)
    def on_correction_accepted(self, event: Any) -> None:
        with self.database.once(event) as uow:
            lines.on_correction_accepted(uow, **event.data)

    @on_event(messages.StructureUpdated)
    def on_structure_updated(self, event: Any) -> None:
        with self.database.once(event) as uow:
            partners.on_structure_updated(uow, event.time, **event.data)

    @on_event(messages.ConventionActivated)
    def on_convention_activated(self, event: Any) -> None:
        with self.database.once(event) as uow:
            partners.remember_number(uow, event.data["structure_id"], event.data["partner_number"])

    @on_event(messages.BankAccountVerified)
    def on_bank_account_verified(self, event: Any) -> None:
        with self.database.once(event) as uow:
            partners.on_bank_account_verified(uow, **event.data)

    @on_event(messages.BankAccountSuspended)
    def on_bank_account_suspended(self, event: Any) -> None:
        with self.database.once(event) as uow:
            partners.suspend(uow, event.data["bank_account_id"], None)

    @rpc(args.Page, demands=READ_MONEY, idempotent=True)
    def own_payouts(self, call: Call) -> dict[str, Any]:
        """«Remboursements» of the caller's structure, newest first."""
        with self.database.unit_of_work(call) as uow:
            return views.own_payouts(uow, _structure(call), **call.arguments)

    @rpc(Nothing, demands=READ_MONEY, idempotent=True)
    def own_activity(self, call: Call) -> dict[str, Any]:
        """Payouts of the caller's structure by month."""
        with self.database.unit_of_work(call) as uow:
            return views.own_activity(uow, _structure(call))

    @rpc(Nothing, demands=READ_MONEY, idempotent=True)
    def under_way(self, call: Call) -> dict[str, Any]:
        """What is owed and in no payout yet."""
        with self.database.unit_of_work(call) as uow:
            return views.under_way(uow, _structure(call))

    @rpc(args.OfReference, demands=READ_MONEY, idempotent=True)
    def own_story(self, call: Call) -> dict[str, Any]:
        """A transaction of the caller's structure, from its day to the bank."""
        with self.database.unit_of_work(call) as uow:
            return stories.own_story(uow, _structure(call), **call.arguments)

    @rpc(args.OfReference, demands=FINANCE, idempotent=True)
    def story(self, call: Call) -> dict[str, Any]:
        """What bears a reference, from the transaction to the bank."""
        with self.database.unit_of_work(call) as uow:
            return stories.story(uow, **call.arguments)

    @rpc(args.PayoutPage, demands=READ_MONEY, idempotent=True)
    def own_payout_lines(self, call: Call) -> dict[str, Any]:
        """All lines of one payout of the caller's structure."""
        with self.database.unit_of_work(call) as uow:
            return views.own_payout_lines(uow, structure_id=_structure(call), **_texts(call))

    @rpc(args.PayoutFile, demands=READ_MONEY, idempotent=True)
    def own_document(self, call: Call) -> dict[str, Any]:
        """The slip, or its lines as a table, of one payout of the caller's structure."""
        return documents.document(self.database, store(), structure_id=_structure(call), **_texts(call))

    @rpc(args.OfSlip, demands=READ_MONEY, idempotent=True)
    def own_slip(self, call: Call) -> dict[str, Any]:
        """The slip of that number, if it is the caller's structure's."""
        with self.database.unit_of_work(call) as uow:
            payout_id = documents.payout_of_slip(uow, call.arguments["slip_number"])
        return documents.document(self.database, store(), payout_id, "pdf", structure_id=_structure(call))

    @rpc(args.OfSlip, demands=FINANCE, idempotent=True)
    def slip(self, call: Call) -> dict[str, Any]:
        """Any partner's slip, by its number."""
        with self.database.unit_of_work(call) as uow:
            payout_id = documents.payout_of_slip(uow, call.arguments["slip_number"])
        return documents.document(self.database, store(), payout_id, "pdf")

    @rpc(args.PayoutFile, demands=FINANCE, idempotent=True)
    def payout_document(self, call: Call) -> dict[str, Any]:
        """Any partner's slip, or its lines as a table."""
        return documents.document(self.database, store(), **_texts(call))

    @rpc(Nothing, demands=FINANCE, idempotent=True)
    def batches_waiting(self, call: Call) -> dict[str, Any]:
        """What waits for the caller's preparation or release."""
        with self.database.unit_of_work(call) as uow:
            return views.waiting(uow)

    @rpc(args.Batches, demands=FINANCE, idempotent=True)
    def batches(self, call: Call) -> dict[str, Any]:
        """«Lots de remboursement», newest first."""
        with self.database.unit_of_work(call) as uow:
            return views.batches(uow, **call.arguments)

    @rpc(args.OfBatch, demands=FINANCE, idempotent=True)
    def batch(self, call: Call) -> dict[str, Any]:
        """One batch, with what the releasing agent must see."""
        with self.database.unit_of_work(call) as uow:
            return views.batch(uow, **_texts(call))

    @rpc(args.BatchPage, demands=FINANCE, idempotent=True)
    def batch_payouts(self, call: Call) -> dict[str, Any]:
        """The payouts of a batch, largest first."""
        with self.database.unit_of_work(call) as uow:
            return views.batch_payouts(uow, **_texts(call))

    @rpc(args.OfBatch, demands=FINANCE, idempotent=True)
    def batch_left_behind(self, call: Call) -> dict[str, Any]:
        """Whom a batch left for the next one, and why."""
        with self.database.unit_of_work(call) as uow:
            return views.batch_left_behind(uow, **_texts(call))

    @rpc(Nothing, demands=FINANCE, idempotent=True)
    def preview_batch(self, call: Call) -> dict[str, Any]:
        """What «Préparer le lot» would take now."""
        with self.database.unit_of_work(call) as uow:
            return batches.preview(uow)

    @rpc(Nothing, demands={"preparer"})
    def prepare_batch(self, call: Call) -> dict[str, Any]:
        """«Préparer le lot»."""
        with self.database.unit_of_work(call) as uow:
            return {"batch_id": batches.prepare_by_agent(uow)}

    @rpc(args.OfBatch, demands=FINANCE)
    def cancel_batch(self, call: Call) -> dict[str, Any]:
        """Take a batch back before its release."""
        with self.database.unit_of_work(call) as uow:
            batches.cancel(uow, **_texts(call))
        return {}

    @rpc(args.ReleaseBatch, demands={"releaser"})
    def release_batch(self, call: Call) -> dict[str, Any]:
        """«Libérer le lot», by another agent than who prepared it."""
        batches.release(self.database, call, **_texts(call))
        return {}

    @rpc(args.BatchFile, demands=FINANCE)
    def bank_file(self, call: Call) -> dict[str, Any]:
        """One pain.001 message of a batch; each download is in the journal."""
        with self.database.unit_of_work(call) as uow:
            return documents.bank_file(uow, **_texts(call))

    @rpc(args.ImportBankReport, demands=FINANCE)
    def import_bank_report(self, call: Call) -> dict[str, Any]:
        """«Importer un retour bancaire»."""
        incoming_id, filename = call.arguments["incoming_id"], call.arguments["filename"]
        content = reports.take_upload(store(), incoming_id)
        report_id, known = reports.import_report(self.database, store(), call, content, filename)
        with self.database.unit_of_work(call) as uow:
            return {**report_views.report(uow, report_id), "already_imported": known}

    @rpc(args.Page, demands=FINANCE, idempotent=True)
    def bank_reports(self, call: Call) -> dict[str, Any]:
        """Imported bank reports, newest first."""
        with self.database.unit_of_work(call) as uow:
            return report_views.reports(uow, **call.arguments)

    @rpc(args.OfReport, demands=FINANCE, idempotent=True)
    def bank_report(self, call: Call) -> dict[str, Any]:
        """One bank report with what became of each line."""
        with self.database.unit_of_work(call) as uow:
            return report_views.report(uow, **_texts(call))

    @rpc(Nothing, demands=FINANCE, idempotent=True)
    def dashboard(self, call: Call) -> dict[str, Any]:
        """Where the money stands."""
        with self.database.unit_of_work(call) as uow:
            return {
                **accounting.dashboard(uow),
                "reconciliation": reconciliation.last_run(uow),
                "unsolved_reports": report_views.unsolved_reports(uow, uow.now - accounting.UNSOLVED_FOR),
            }

    @rpc(Nothing, demands=FINANCE, idempotent=True)
    def reconcile(self, call: Call) -> dict[str, Any]:
        """Compare everything now; the result is kept."""
        reconciliation.reconcile(self.database, store())
        with self.database.unit_of_work(call) as uow:
            return reconciliation.last_run(uow) or {}

    @rpc(Nothing, demands=FINANCE, idempotent=True)
    def calendar(self, call: Call) -> dict[str, Any]:
        """When batches prepare themselves."""
        with self.database.unit_of_work(call) as uow:
            return calendars.shown_calendar(uow)

    @rpc(args.SetCalendar, demands={"preparer"})
    def set_calendar(self, call: Call) -> dict[str, Any]:
        """Set when batches prepare themselves."""
        with self.database.unit_of_work(call) as uow:
            return calendars.set_calendar(uow, **call.arguments)

    @rpc(Nothing, demands=FINANCE, idempotent=True)
    def account_plan(self, call: Call) -> dict[str, Any]:
        """How exports number the ledger's accounts."""
        with self.database.unit_of_work(call) as uow:
            return {"items": accounting.plan(uow)}

    @rpc(args.SetAccountPlan, demands={"preparer"})
    def set_account_plan(self, call: Call) -> dict[str, Any]:
        """Number the ledger's accounts anew."""
        with self.database.unit_of_work(call) as uow:
            return {"items": accounting.set_plan(uow, **call.arguments)}

    @rpc(args.ExportLedger, demands=FINANCE)
    def export_ledger(self, call: Call) -> dict[str, Any]:
        """The ledger's movements as CSV."""
        first_on, last_on = call.arguments["first_on"], call.arguments["last_on"]
        with tempfile.TemporaryFile() as content, self.database.unit_of_work(call) as uow:
            accounting.write_ledger(uow, first_on, last_on, content)
            content.seek(0)
            stored = store().put(content)
            uow.audit("ledger:export", f"{first_on}/{last_on}")
        filename = f"ecritures-{first_on}-{last_on}.csv"
        return {"sha256": stored.sha256, "filename": filename, "media_type": "text/csv; charset=utf-8"}

    @every(seconds=1)
    def order_released_batches(self) -> None:
        """Bank files and events of what has been released, then a reconciliation."""
        with self.database.alone("order-batches") as guard:
            waiting = orders.released_batches(guard)
            for batch_id in waiting:
                orders.order_batch(self.database, store(), batch_id)
            if waiting:
                reconciliation.reconcile(self.database, store())

    @every(seconds=1)
    def make_slips_ahead(self) -> None:
        """Slips that will be asked for."""
        with self.database.alone("make-slips"):
            while documents.make_slips_ahead(self.database, store()):
                continue

    @every(seconds=10)
    def show_differences(self) -> None:
        """The last reconciliation as a metric, the same in every process, whoever made it."""
        with self.database.unit_of_work() as uow:
            reconciliation.show(uow)

    @every(seconds=30)
    def prepare_by_calendar(self) -> None:
        """The day's batch, when the calendar wants one."""
        with self.database.unit_of_work() as uow:
            due = calendars.is_due(uow)
        if due:
            with self.database.unit_of_work() as uow:
                calendars.prepare_by_calendar(uow)

    @every(seconds=10)
    def import_watched_reports(self) -> None:
        """What the bank has left in the watched folder, if there is one."""
        with self.database.alone("import-reports"):
            watched_folder.import_all(self.database, store())


def _texts(call: Call) -> dict[str, Any]:
    """The call's arguments with ids as text, as the tables hold them."""
    return {name: str(value) if name.endswith("_id") else value for name, value in call.arguments.items()}
