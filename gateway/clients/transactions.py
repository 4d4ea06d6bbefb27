"""Typed clients of the transactions service: scanning, lists, seasons, imports, passes, families, contestations.

Refusals arrive as `services.chassis.refusals.Refused(code, fields)`; their codes and French sentences are in
`gateway/refusals/transactions.py`. The structure is always the one in the caller's token, never an argument; a
transaction or pass of somebody else answers exactly as one that doesn't exist.
"""

from typing import Any, Literal

from gateway.clients import transactions_results as results
from gateway.clients.base import ServiceClient, Waiting

BATCH_DEADLINE_S = 25.0


class TransactionsClient(ServiceClient):
    """The desk: web page, terminal and API. Roles: legal_representative, manager, cashier, terminal; lists also
    accountant. A cashier and a terminal see the present day only."""

    service = "transactions"

    def partner(self) -> results.Partner:
        """The structure in the token, its open establishments, and whether it may record today."""
        return self._call("partner", idempotent=True)

    def verification_keys(self) -> list[results.VerificationKey]:
        """The public keys with which anybody can check a QR offline. Any role."""
        return self._call("verification_keys", idempotent=True)

    def check_pass(self, *, qr: str | None = None, code: str | None = None) -> results.PassChecked:
        """Exactly one of `qr` (the scanned text) and `code` (typed; case, blanks and dashes don't matter).
        Refuses `pass_unknown`, `partner_inactive`."""
        return self._call("check_pass", idempotent=True, qr=qr, code=code)

    def record_transaction(
        self,
        *,
        idempotency_key: str,
        amount_cents: int,
        qr: str | None = None,
        code: str | None = None,
        establishment_id: str | None = None,
        confirm_duplicate: bool = False,
    ) -> results.Recorded:
        """Debit a pass. Without `establishment_id`: the token's, else the seat. Safe to send again with the same key.

        Refuses `partner_inactive`, `pass_unknown`, `pass_revoked`, `season_closed`, `insufficient_balance`
        {balance_cents}, `already_used_here`, `already_used_elsewhere`, `duplicate_suspected` {number, recorded_at},
        `idempotency_key_reused`, `idempotency_in_progress`, `validation_failed`. A stored refusal that is given again
        has `replayed: True` among its fields.
        """
        return self._call(
            "record_transaction",
            idempotent=True,
            idempotency_key=idempotency_key,
            amount_cents=amount_cents,
            qr=qr,
            code=code,
            establishment_id=establishment_id,
            confirm_duplicate=confirm_duplicate,
        )

    def record_batch(self, items: list[results.BatchItem]) -> list[results.BatchOutcome]:
        """Offline scans, at most 500, at most 72 hours old; each is judged alone, in order.
        A scan that is too old is refused with `scan_too_old`."""
        return self._call("record_batch", idempotent=True, deadline_s=BATCH_DEADLINE_S, items=items)

    def cancel_transaction(self, number: str, *, idempotency_key: str) -> results.Recorded:
        """Same structure, same Paris day. Refuses `transaction_unknown`, `already_cancelled`,
        `cancel_window_closed`, `idempotency_key_reused`, `idempotency_in_progress`."""
        return self._call("cancel_transaction", idempotent=True, number=number, idempotency_key=idempotency_key)

    def transaction(self, number: str) -> results.ShownTransaction:
        """Refuses `transaction_unknown`."""
        return self._call("transaction", idempotent=True, number=number)

    def transaction_by_key(self, idempotency_key: str) -> results.ByKey:
        """What became of a call of the same terminal or person. Refuses `transaction_unknown`: it never arrived;
        `idempotency_in_progress`: it still runs."""
        return self._call("transaction_by_key", idempotent=True, idempotency_key=idempotency_key)

    def transactions(self, *, cursor: str | None = None, limit: int = 50, **filters: Any) -> results.Page:
        """Newest first. Filters: `from_on`, `to_on` (Paris days, ISO), `state` (one of the states, or
        `contested`), `establishment_id`, `operator_id`, `terminal_id`, `scheme`, `number`, `slip_number`.
        `limit` ≤ 500."""
        return self._call("transactions", idempotent=True, cursor=cursor, limit=limit, **filters)

    def totals(self, **filters: Any) -> results.Totals:
        """Over all pages of the same filters."""
        return self._call("totals", idempotent=True, **filters)

    def totals_by_establishment(self, **filters: Any) -> list[results.PlaceTotals]:
        """Each place that was used, most used first, over all pages of the same filters."""
        return self._call("own_totals_by_establishment", idempotent=True, **filters)

    def schemes(self) -> list[str]:
        """The names of all schemes."""
        return self._call("schemes", idempotent=True)

    def own_activity(self) -> dict[str, Any]:
        """{"months": [{month, count, amount_cents}]}: six months, the present one last."""
        return self._call("own_activity", idempotent=True)

    def contest_transaction(self, number: str, *, reason: str) -> results.Transaction:
        """For legal_representative and manager, once the day is over. Refuses `transaction_unknown`,
        `already_contested`, `already_cancelled`."""
        return self._call("contest_transaction", number=number, reason=reason)


class SeasonsClient(ServiceClient):
    """«Campagnes» and «Importer des pass». Role: administrator (reading: every agent)."""

    service = "transactions"

    def seasons(self) -> list[results.Season]:
        """Newest first, with live figures."""
        return self._call("seasons", idempotent=True)

    def season(self, season_id: str) -> results.Season:
        """Refuses `season_unknown`."""
        return self._call("season", idempotent=True, season_id=season_id)

    def save_season(self, season_id: str | None = None, **fields: Any) -> results.Season:
        """`scheme`, `name`, `starts_on`, `ends_on`, `age_on`, `budget_cents`, `amount_rules`. A new one is a draft.
        Refuses `validation_failed`, `season_closed`, `budget_below_committed` {committed_cents}."""
        return self._call("save_season", season_id=season_id, **fields)

    def open_season(self, season_id: str) -> results.Season:
        """Passes may be issued, and used from `starts_on` on. Refuses `season_closed`."""
        return self._call("open_season", season_id=season_id)

    def close_season(self, season_id: str) -> results.Season:
        """No debit any more; what is left on the passes goes back to the budget. History stays."""
        return self._call("close_season", season_id=season_id)

    def start_import(self, season_id: str, *, incoming_id: str, filename: str) -> results.Import:
        """Takes the file and begins the dry run; poll `import_progress` until `checked` or `failed`.
        Refuses `season_closed`, `season_unknown`, `file_unknown`, `import_running`."""
        return self._call("start_import", season_id=season_id, incoming_id=incoming_id, filename=filename)

    def confirm_import(self, import_id: str) -> results.Import:
        """Issue the passes of a checked file. Refuses `import_not_checked`."""
        return self._call("confirm_import", import_id=import_id)

    def abandon_import(self, import_id: str) -> results.Import:
        """Leave a checked file aside. Refuses `import_not_checked`."""
        return self._call("abandon_import", import_id=import_id)

    def import_progress(self, import_id: str) -> results.Import:
        """Refuses `import_unknown`."""
        return self._call("import_progress", idempotent=True, import_id=import_id)

    def imports(self, season_id: str) -> list[results.Import]:
        """Newest first, at most 50."""
        return self._call("imports", idempotent=True, season_id=season_id)

    def import_report(self, import_id: str) -> results.StoredDocument:
        """The refused rows with line numbers, reasons and their cells, as CSV that can be imported again."""
        return self._call("import_report", idempotent=True, deadline_s=15.0, import_id=import_id)


class PassesClient(ServiceClient):
    """Passes for the Caf. Role: administrator; searching: instructor too."""

    service = "transactions"

    def find_passes(self, *, text: str, season_id: str | None = None) -> list[results.Pass]:
        """By typed code, child's reference, family's reference or last name (exact, accents and case aside);
        at most 50."""
        return self._call("find_passes", idempotent=True, text=text, season_id=season_id)

    def one(self, pass_id: str) -> results.FamilyPass:
        """A pass with its history. Refuses `pass_unknown`."""
        return self._call("pass_of_child", idempotent=True, pass_id=pass_id)

    def cancel_pass(self, pass_id: str, *, reason: str) -> results.Pass:
        """No debit any more; what is left goes back to the budget. Refuses `pass_unknown`, `pass_revoked`."""
        return self._call("cancel_pass", pass_id=pass_id, reason=reason)

    def top_up_pass(self, pass_id: str, *, amount_cents: int, reason: str, idempotency_key: str) -> results.Pass:
        """Refuses `pass_unknown`, `pass_revoked`, `season_closed`, `budget_exhausted`."""
        return self._call(
            "top_up_pass", pass_id=pass_id, amount_cents=amount_cents, reason=reason, idempotency_key=idempotency_key
        )

    def rotate_pass(self, pass_id: str) -> results.Pass:
        """New QR and code, mailed to the family; the old ones answer `pass_revoked`."""
        return self._call("rotate_pass", pass_id=pass_id)


class FamilyClient(ServiceClient):
    """The family's page; `link` is the token of its address. Any role (a visitor's token is enough).
    Everything refuses `link_unknown`."""

    service = "transactions"

    def family(self, link: str) -> results.Family:
        return self._call("family", idempotent=True, link=link)

    def export_family(self, link: str) -> dict[str, Any]:
        """All that is held about the family: address, children, passes with their history."""
        return self._call("export_family", link=link)

    def renew_pass(self, link: str, pass_id: str) -> results.Pass:
        """A lost QR: new QR and code; the old ones answer `pass_revoked`. Refuses `pass_unknown`,
        `renewed_too_often`."""
        return self._call("renew_pass", link=link, pass_id=pass_id)

    def pass_document(self, link: str, pass_id: str, kind: Literal["pdf", "png"]) -> results.StoredDocument:
        """Refuses `pass_unknown`."""
        return self._call("pass_document", idempotent=True, link=link, pass_id=pass_id, kind=kind)

    def contest(self, link: str, number: str, *, reason: str) -> results.Transaction:
        """«ce n'est pas moi». Refuses `transaction_unknown`, `already_contested`, `already_cancelled`."""
        return self._call("family_contest", link=link, number=number, reason=reason)

    def choose_debit_mails(self, link: str, *, wanted: bool) -> results.Family:
        return self._call("choose_debit_mails", link=link, wanted=wanted)


class CafTransactionsClient(ServiceClient):
    """All partners' transactions, and contestations. Roles: instructor, administrator, preparer, releaser;
    deciding: instructor."""

    service = "transactions"

    def transactions(self, *, cursor: str | None = None, limit: int = 50, **filters: Any) -> results.Page:
        """As a partner's list, without persons and terminals, with the filters `structure_id` and `partner_number`."""
        return self._call("all_transactions", idempotent=True, cursor=cursor, limit=limit, **filters)

    def totals(self, **filters: Any) -> results.Totals:
        """Over all pages of the same filters."""
        return self._call("all_totals", idempotent=True, **filters)

    def totals_by_establishment(self, **filters: Any) -> list[results.PlaceTotals]:
        """Each place of a partner that was used, most used first, over all pages of the same filters. The partner is
        that of `structure_id`, `partner_number` or `establishment_id`."""
        return self._call("totals_by_establishment", idempotent=True, **filters)

    def totals_by_partner(self, *, cursor: str | None = None, limit: int = 50, **filters: Any) -> results.PartnersPage:
        """Each partner that was used, most used first, over all pages of the same filters. `limit` ≤ 500."""
        return self._call("totals_by_partner", idempotent=True, cursor=cursor, limit=limit, **filters)

    def schemes(self) -> list[str]:
        """The names of all schemes."""
        return self._call("schemes", idempotent=True)

    def all_activity(self) -> dict[str, Any]:
        """{"days": [{day, count, amount_cents}], "communes": [{commune_name, count, amount_cents}]}: thirty days."""
        return self._call("all_activity", idempotent=True)

    def contestations(
        self, *, state: str | None = "open", age: str | None = None, cursor: str | None = None
    ) -> dict[str, Any]:
        """{items: [results.Contestation], next_cursor, ages}, oldest first. `age`: the code of a band."""
        return self._call("contestations", idempotent=True, state=state, age=age, cursor=cursor)

    def contestations_waiting(self) -> Waiting:
        return self._call("contestations_waiting", idempotent=True)

    def contestation(self, contestation_id: str) -> results.Contestation:
        """Refuses `contestation_unknown`."""
        return self._call("contestation", idempotent=True, contestation_id=contestation_id)

    def decide_contestation(
        self, contestation_id: str, *, accepted: bool, decision: str, amount_cents: int | None = None
    ) -> results.Contestation:
        """Accepting takes `amount_cents` (the whole transaction without it) back on the partner's next payout and
        gives it back to the pass. Refuses `contestation_unknown`, `already_decided`, `validation_failed`."""
        return self._call(
            "decide_contestation",
            contestation_id=contestation_id,
            accepted=accepted,
            decision=decision,
            amount_cents=amount_cents,
        )
