"""Typed clients of the payouts service: a partner's payouts and slips; batches, bank files and reports for the Caf.

Refusals arrive as `services.chassis.refusals.Refused`; their codes and French sentences are in
`gateway/refusals/payouts.py`. The structure is always the one in the caller's token, never an argument; a payout of
somebody else answers exactly as one that doesn't exist (`payout_unknown`).
"""

from typing import Any, Literal

from gateway.clients import payouts_results as results
from gateway.clients.base import ServiceClient

DocumentKind = Literal["pdf", "csv", "xlsx"]
MAKING_A_DOCUMENT_S = 30.0
PREPARING_A_BATCH_S = 180.0
"""Grouping a million lines takes tens of seconds."""
READING_A_REPORT_S = 120.0


class PayoutsClient(ServiceClient):
    """«Remboursements» of the caller's structure. Roles: legal_representative, manager, accountant."""

    service = "payouts"

    def own_payouts(self, *, cursor: str | None = None, limit: int = 20) -> results.Payouts:
        """Ordered, paid and returned payouts, newest first, each with its first lines."""
        return self._call("own_payouts", idempotent=True, cursor=cursor, limit=limit)

    def own_activity(self) -> dict[str, Any]:
        """{"months": [{month, count, amount_cents}]}: the last six months, this one last; returned payouts are out."""
        return self._call("own_activity", idempotent=True)

    def under_way(self) -> results.UnderWay:
        """What is locked and not yet in a payout, when it is expected, and why it waits if it must."""
        return self._call("under_way", idempotent=True)

    def own_story(self, number: str) -> results.Story:
        """A transaction of the structure, from its day to the bank. Refuses `reference_unknown`."""
        return self._call("own_story", idempotent=True, reference=number)

    def own_payout_lines(self, payout_id: str, *, cursor: str | None = None, limit: int = 100) -> results.LinePage:
        """All lines of one payout, oldest first. Refuses `payout_unknown`."""
        return self._call("own_payout_lines", idempotent=True, payout_id=payout_id, cursor=cursor, limit=limit)

    def own_document(self, payout_id: str, kind: DocumentKind) -> results.File:
        """The slip («bordereau de paiement») as PDF, or its lines as CSV or XLSX. Refuses `payout_unknown`."""
        return self._call(
            "own_document", idempotent=True, deadline_s=MAKING_A_DOCUMENT_S, payout_id=payout_id, kind=kind
        )

    def own_slip(self, slip_number: str) -> results.File:
        """The slip of that number as PDF. Refuses `payout_unknown`, also for another structure's."""
        return self._call("own_slip", idempotent=True, deadline_s=MAKING_A_DOCUMENT_S, slip_number=slip_number)


class BatchesClient(ServiceClient):
    """«Lots de remboursement». Roles: preparer, releaser; each method says who may act."""

    service = "payouts"

    def batches(
        self,
        *,
        state: str | None = None,
        to_release: bool = False,
        age: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> results.BatchList:
        """Newest first. `to_release`: those that the caller may release; `age`: the code of a band, since the
        preparation."""
        return self._call(
            "batches", idempotent=True, state=state, to_release=to_release, age=age, cursor=cursor, limit=limit
        )

    def batches_waiting(self) -> results.BatchesWaiting:
        return self._call("batches_waiting", idempotent=True)

    def batch(self, batch_id: str) -> results.Batch:
        """Refuses `batch_unknown`."""
        return self._call("batch", idempotent=True, batch_id=batch_id)

    def batch_payouts(self, batch_id: str, *, cursor: str | None = None, limit: int = 100) -> results.BatchPayouts:
        """Largest amount first. Refuses `batch_unknown`."""
        return self._call("batch_payouts", idempotent=True, batch_id=batch_id, cursor=cursor, limit=limit)

    def batch_left_behind(self, batch_id: str) -> dict[str, list[results.LeftBehind]]:
        """{"items"}: the partners that this batch left for the next one, each with the reason."""
        return self._call("batch_left_behind", idempotent=True, batch_id=batch_id)

    def preview_batch(self) -> results.Preview:
        """What «Préparer le lot» would take now."""
        return self._call("preview_batch", idempotent=True, deadline_s=MAKING_A_DOCUMENT_S)

    def prepare_batch(self) -> dict[str, str]:
        """«Préparer le lot»: {"batch_id"}. Role preparer. Refuses `nothing_to_pay`."""
        return self._call("prepare_batch", deadline_s=PREPARING_A_BATCH_S)

    def cancel_batch(self, batch_id: str) -> dict[str, Any]:
        """Before its release only: nothing of it stays but the journal. Roles preparer, releaser.
        Refuses `batch_unknown`, `batch_already_released`."""
        return self._call("cancel_batch", deadline_s=PREPARING_A_BATCH_S, batch_id=batch_id)

    def release_batch(self, batch_id: str, *, proof: str, amount_cents: int) -> dict[str, Any]:
        """«Libérer le lot». Role releaser, never who prepared it; `proof` from `IdentityClient.step_up(totp=…)`,
        good once; `amount_cents`: the total that the agent saw.

        Refuses `step_up_required`, `proof_already_used`, `same_agent`, `batch_unknown`, `batch_already_released`,
        `batch_changed`, `batch_outdated` {partner_count}."""
        return self._call(
            "release_batch",
            deadline_s=PREPARING_A_BATCH_S,
            batch_id=batch_id,
            proof=proof,
            amount_cents=amount_cents,
        )

    def bank_file(self, batch_id: str, sequence: int) -> results.File:
        """One pain.001.001.09 message of the batch. Refuses `batch_unknown`, `bank_file_not_ready`."""
        return self._call("bank_file", idempotent=True, batch_id=batch_id, sequence=sequence)

    def payout_document(self, payout_id: str, kind: DocumentKind) -> results.File:
        """Any partner's slip or its lines. Refuses `payout_unknown`."""
        return self._call(
            "payout_document", idempotent=True, deadline_s=MAKING_A_DOCUMENT_S, payout_id=payout_id, kind=kind
        )

    def slip(self, slip_number: str) -> results.File:
        """Any partner's slip, by its number, as PDF. Refuses `payout_unknown`."""
        return self._call("slip", idempotent=True, deadline_s=MAKING_A_DOCUMENT_S, slip_number=slip_number)


class FinanceClient(ServiceClient):
    """Bank reports, reconciliation, calendar and accounting. Roles: preparer, releaser."""

    service = "payouts"

    def import_bank_report(self, incoming_id: str, filename: str) -> results.BankReport:
        """«Importer un retour bancaire»: a pain.002 or a camt.054. The same file again changes nothing.
        Refuses `bank_report_unreadable`, `bank_report_kind_unknown` {found}."""
        return self._call(
            "import_bank_report", deadline_s=READING_A_REPORT_S, incoming_id=incoming_id, filename=filename
        )

    def story(self, reference: str) -> results.Story:
        """What bears a transaction's, a slip's or a transfer's reference. Refuses `reference_unknown`."""
        return self._call("story", idempotent=True, reference=reference)

    def bank_reports(self, *, cursor: str | None = None, limit: int = 50) -> results.BankReports:
        """Newest first, without their lines."""
        return self._call("bank_reports", idempotent=True, cursor=cursor, limit=limit)

    def bank_report(self, report_id: str) -> results.BankReport:
        """Refuses `bank_report_unknown`."""
        return self._call("bank_report", idempotent=True, report_id=report_id)

    def dashboard(self) -> results.Dashboard:
        return self._call("dashboard", idempotent=True, deadline_s=15.0)

    def reconcile(self) -> results.Reconciliation:
        """Compare lines, payouts, bank files, ledger and announced totals now; the result is kept."""
        return self._call("reconcile", idempotent=True, deadline_s=READING_A_REPORT_S)

    def calendar(self) -> results.Calendar:
        return self._call("calendar", idempotent=True)

    def set_calendar(self, frequency: str, weekdays: list[int], month_days: list[int], hour: int) -> results.Calendar:
        """Role preparer. Refuses `validation_failed`."""
        return self._call("set_calendar", frequency=frequency, weekdays=weekdays, month_days=month_days, hour=hour)

    def account_plan(self) -> dict[str, list[results.PlanEntry]]:
        """{"items"}: how the ledger's accounts are numbered in exports."""
        return self._call("account_plan", idempotent=True)

    def set_account_plan(self, items: list[results.PlanEntry]) -> dict[str, list[results.PlanEntry]]:
        """Role preparer. Refuses `validation_failed`."""
        return self._call("set_account_plan", items=items)

    def export_ledger(self, first_on: str, last_on: str) -> results.File:
        """The ledger's movements of these days as CSV. Refuses `validation_failed`."""
        return self._call("export_ledger", deadline_s=READING_A_REPORT_S, first_on=first_on, last_on=last_on)
