"""The transactions service on the bus: each method loads, hands to its use case and answers."""

from typing import Any

from eventlet import tpool

from services.chassis.files import FileStore
from services.chassis.revocations import revoked_by
from services.chassis.rpc import ANYONE, Call, Nothing, rpc
from services.chassis.service import Service
from services.transactions import arguments, listening
from services.transactions.handlers import (
    activity,
    batches,
    cancelling,
    contestations,
    families,
    forgetting,
    imports,
    lists,
    passes,
    scans,
    seasons,
)
from services.transactions.roles import (
    ADMINISTERS_SEASONS,
    CAF,
    CAF_TRANSACTIONS,
    CONTESTS,
    DECIDES,
    LISTS,
    RECORDS,
    SEARCHES_PASSES,
)

_WITHDRAWALS = {
    "session_closed.v1": "session_id",
    "delegation_revoked.v1": "delegation_id",
    "terminal_revoked.v1": "terminal_id",
}


class TransactionsService(listening.Listening, Service, revoked_by("identity", _WITHDRAWALS)):  # type: ignore[misc]
    """Seasons, passes, QR, debits, the pass ledger."""

    name = "transactions"

    # -- the desk -----------------------------------------------------------------------------------------------------

    @rpc(Nothing, demands=LISTS, idempotent=True)
    def partner(self, call: Call) -> Any:
        """The caller's structure, and whether it may record today."""
        with self.database.unit_of_work(call) as uow:
            return lists.partner(uow)

    @rpc(Nothing, demands=ANYONE, idempotent=True)
    def verification_keys(self, call: Call) -> Any:
        """The public keys of the QR codes."""
        return lists.verification_keys()

    @rpc(arguments.ShownPass, demands=RECORDS, idempotent=True)
    def check_pass(self, call: Call) -> Any:
        """What a desk may know of a pass before debiting it."""
        with self.database.glance(call) as uow:
            return scans.check_pass(uow, **call.arguments)

    @rpc(arguments.RecordTransaction, demands=RECORDS, idempotent=True)
    def record_transaction(self, call: Call) -> Any:
        """Debit a pass, once per key."""
        with self.database.unit_of_work(call) as uow:
            return scans.record_transaction(uow, **call.arguments)

    @rpc(arguments.RecordBatch, demands=RECORDS, idempotent=True)
    def record_batch(self, call: Call) -> Any:
        """Debit for scans made without network, each judged alone."""
        with self.database.unit_of_work(call) as uow:
            return batches.record_batch(uow, **call.arguments)

    @rpc(arguments.Cancel, demands=RECORDS, idempotent=True)
    def cancel_transaction(self, call: Call) -> Any:
        """Undo a transaction of today."""
        with self.database.unit_of_work(call) as uow:
            return cancelling.cancel_transaction(uow, **call.arguments)

    @rpc(arguments.Number, demands=LISTS, idempotent=True)
    def transaction(self, call: Call) -> Any:
        """One transaction of the caller's structure."""
        with self.database.unit_of_work(call) as uow:
            return lists.own_transaction(uow, **call.arguments)

    @rpc(arguments.ByKey, demands=RECORDS, idempotent=True)
    def transaction_by_key(self, call: Call) -> Any:
        """What became of a call whose answer was lost."""
        with self.database.unit_of_work(call) as uow:
            return lists.transaction_by_key(uow, **call.arguments)

    @rpc(arguments.ListTransactions, demands=LISTS, idempotent=True)
    def transactions(self, call: Call) -> Any:
        """«Mes transactions», one page."""
        with self.database.unit_of_work(call) as uow:
            return lists.own_transactions(uow, **call.arguments)

    @rpc(arguments.OwnFilters, demands=LISTS, idempotent=True)
    def totals(self, call: Call) -> Any:
        """«Mes transactions», over all pages."""
        with self.database.unit_of_work(call) as uow:
            return lists.own_totals(uow, **call.arguments)

    @rpc(arguments.OwnFilters, demands=LISTS, idempotent=True)
    def own_totals_by_establishment(self, call: Call) -> Any:
        """«Mes transactions», what was used at each place."""
        with self.database.unit_of_work(call) as uow:
            return lists.own_totals_by_establishment(uow, **call.arguments)

    @rpc(Nothing, demands=LISTS | CAF, idempotent=True)
    def schemes(self, call: Call) -> Any:
        """The names of all schemes, to choose from."""
        with self.database.unit_of_work(call) as uow:
            return seasons.schemes(uow)

    @rpc(Nothing, demands=LISTS, idempotent=True)
    def own_activity(self, call: Call) -> Any:
        """Transactions of the caller's structure by month."""
        with self.database.unit_of_work(call) as uow:
            return activity.own_activity(uow)

    @rpc(arguments.Contest, demands=CONTESTS)
    def contest_transaction(self, call: Call) -> Any:
        """Dispute a transaction whose day is over."""
        with self.database.unit_of_work(call) as uow:
            return contestations.contest_own(uow, **call.arguments)

    # -- the Caf ------------------------------------------------------------------------------------------------------

    @rpc(Nothing, demands=CAF, idempotent=True)
    def seasons(self, call: Call) -> Any:
        """Every season with its figures."""
        with self.database.unit_of_work(call) as uow:
            return seasons.every(uow)

    @rpc(arguments.SeasonId, demands=CAF, idempotent=True)
    def season(self, call: Call) -> Any:
        """One season with its figures."""
        with self.database.unit_of_work(call) as uow:
            return seasons.one(uow, **call.arguments)

    @rpc(arguments.SaveSeason, demands=ADMINISTERS_SEASONS)
    def save_season(self, call: Call) -> Any:
        """Make or change a season."""
        with self.database.unit_of_work(call) as uow:
            return seasons.save(uow, **call.arguments)

    @rpc(arguments.SeasonId, demands=ADMINISTERS_SEASONS, idempotent=True)
    def open_season(self, call: Call) -> Any:
        """Let passes be issued and used."""
        with self.database.unit_of_work(call) as uow:
            return seasons.open_season(uow, **call.arguments)

    @rpc(arguments.SeasonId, demands=ADMINISTERS_SEASONS, idempotent=True)
    def close_season(self, call: Call) -> Any:
        """No debit any more, for good."""
        with self.database.unit_of_work(call) as uow:
            return seasons.close_season(uow, **call.arguments)

    @rpc(arguments.StartImport, demands=ADMINISTERS_SEASONS)
    def start_import(self, call: Call) -> Any:
        """Keep a file of beneficiaries and begin its dry run."""
        store, given = FileStore(), dict(call.arguments)
        stored = store.adopt(given.pop("incoming_id"))
        with self.database.unit_of_work(call) as uow:
            return imports.start(uow, sha256=stored.sha256, **given)

    @rpc(arguments.ImportId, demands=ADMINISTERS_SEASONS)
    def confirm_import(self, call: Call) -> Any:
        """Issue the passes of a checked file."""
        with self.database.unit_of_work(call) as uow:
            return imports.confirm(uow, **call.arguments)

    @rpc(arguments.ImportId, demands=ADMINISTERS_SEASONS)
    def abandon_import(self, call: Call) -> Any:
        """Leave a checked file aside."""
        with self.database.unit_of_work(call) as uow:
            return imports.abandon(uow, **call.arguments)

    @rpc(arguments.ImportId, demands=ADMINISTERS_SEASONS, idempotent=True)
    def import_progress(self, call: Call) -> Any:
        """How far an import is."""
        with self.database.unit_of_work(call) as uow:
            return imports.progress(uow, **call.arguments)

    @rpc(arguments.SeasonId, demands=ADMINISTERS_SEASONS, idempotent=True)
    def imports(self, call: Call) -> Any:
        """The imports of a season."""
        with self.database.unit_of_work(call) as uow:
            return imports.of_season(uow, **call.arguments)

    @rpc(arguments.ImportId, demands=ADMINISTERS_SEASONS, idempotent=True)
    def import_report(self, call: Call) -> Any:
        """The refused lines with their cells, as a file of the store."""
        return imports.report(self.database, FileStore(), aside=tpool.execute, **call.arguments)

    @rpc(arguments.FindPasses, demands=SEARCHES_PASSES, idempotent=True)
    def find_passes(self, call: Call) -> Any:
        """Passes by code, reference or last name."""
        with self.database.unit_of_work(call) as uow:
            return passes.find(uow, **call.arguments)

    @rpc(arguments.PassId, demands=SEARCHES_PASSES, idempotent=True)
    def pass_of_child(self, call: Call) -> Any:
        """One pass."""
        with self.database.unit_of_work(call) as uow:
            return passes.one(uow, **call.arguments)

    @rpc(arguments.CancelPass, demands=ADMINISTERS_SEASONS)
    def cancel_pass(self, call: Call) -> Any:
        """No debit of this pass any more."""
        with self.database.unit_of_work(call) as uow:
            return passes.cancel(uow, **call.arguments)

    @rpc(arguments.TopUpPass, demands=ADMINISTERS_SEASONS, idempotent=True)
    def top_up_pass(self, call: Call) -> Any:
        """Add to a pass, once per key."""
        with self.database.unit_of_work(call) as uow:
            return passes.top_up(uow, **call.arguments)

    @rpc(arguments.PassId, demands=SEARCHES_PASSES)
    def rotate_pass(self, call: Call) -> Any:
        """A new QR and code for a pass."""
        with self.database.unit_of_work(call) as uow:
            return passes.rotate(uow, **call.arguments)

    @rpc(arguments.ListAllTransactions, demands=CAF_TRANSACTIONS, idempotent=True)
    def all_transactions(self, call: Call) -> Any:
        """Transactions of all partners, one page."""
        with self.database.unit_of_work(call) as uow:
            return lists.all_transactions(uow, **call.arguments)

    @rpc(arguments.AllFilters, demands=CAF_TRANSACTIONS, idempotent=True)
    def all_totals(self, call: Call) -> Any:
        """Transactions of all partners, over all pages."""
        with self.database.unit_of_work(call) as uow:
            return lists.all_totals(uow, **call.arguments)

    @rpc(arguments.AllFilters, demands=CAF_TRANSACTIONS, idempotent=True)
    def totals_by_establishment(self, call: Call) -> Any:
        """What was used at each place of a partner."""
        with self.database.unit_of_work(call) as uow:
            return lists.all_totals_by_establishment(uow, **call.arguments)

    @rpc(arguments.ListAllTransactions, demands=CAF_TRANSACTIONS, idempotent=True)
    def totals_by_partner(self, call: Call) -> Any:
        """What was used at each partner, most used first, one page."""
        with self.database.unit_of_work(call) as uow:
            return lists.all_totals_by_partner(uow, **call.arguments)

    @rpc(Nothing, demands=CAF, idempotent=True)
    def all_activity(self, call: Call) -> Any:
        """Transactions of all partners by day and by commune."""
        with self.database.unit_of_work(call) as uow:
            return activity.all_activity(uow)

    @rpc(arguments.Contestations, demands=CAF_TRANSACTIONS, idempotent=True)
    def contestations(self, call: Call) -> Any:
        """Contestations, one page."""
        with self.database.unit_of_work(call) as uow:
            return contestations.every(uow, **call.arguments)

    @rpc(Nothing, demands=CAF_TRANSACTIONS, idempotent=True)
    def contestations_waiting(self, call: Call) -> Any:
        """How many contestations are open, since when, and by age."""
        with self.database.unit_of_work(call) as uow:
            return contestations.waiting(uow)

    @rpc(arguments.ContestationId, demands=CAF_TRANSACTIONS, idempotent=True)
    def contestation(self, call: Call) -> Any:
        """One contestation."""
        with self.database.unit_of_work(call) as uow:
            return contestations.one(uow, **call.arguments)

    @rpc(arguments.DecideContestation, demands=DECIDES)
    def decide_contestation(self, call: Call) -> Any:
        """Accept or reject a contestation."""
        with self.database.unit_of_work(call) as uow:
            return contestations.decide(uow, **call.arguments)

    # -- families: the link is what they show -------------------------------------------------------------------------

    @rpc(arguments.Link, demands=ANYONE, idempotent=True)
    def family(self, call: Call) -> Any:
        """A family's passes and their history."""
        with self.database.unit_of_work(call) as uow:
            return families.page(uow, **call.arguments)

    @rpc(arguments.Link, demands=ANYONE)
    def export_family(self, call: Call) -> Any:
        """All that is held about a family."""
        with self.database.unit_of_work(call) as uow:
            return forgetting.export(uow, **call.arguments)

    @rpc(arguments.LinkedPass, demands=ANYONE)
    def renew_pass(self, call: Call) -> Any:
        """A new QR for a lost one."""
        with self.database.unit_of_work(call) as uow:
            return families.renew_pass(uow, **call.arguments)

    @rpc(arguments.LinkedDocument, demands=ANYONE, idempotent=True)
    def pass_document(self, call: Call) -> Any:
        """A pass as PDF or PNG, as a file of the store."""
        return families.document(self.database, FileStore(), call, **call.arguments)

    @rpc(arguments.LinkedContest, demands=ANYONE)
    def family_contest(self, call: Call) -> Any:
        """«ce n'est pas moi»."""
        with self.database.unit_of_work(call) as uow:
            return families.contest(uow, **call.arguments)

    @rpc(arguments.ChooseDebitMails, demands=ANYONE, idempotent=True)
    def choose_debit_mails(self, call: Call) -> Any:
        """Turn the mail at each debit on or off."""
        with self.database.unit_of_work(call) as uow:
            return families.choose_debit_mails(uow, **call.arguments)
