"""What follows a day of scans: it is locked, paid, partly returned by the bank, and paid again."""

import io
import threading
import time
from typing import Any

from deploy.local.waiting import wait_for
from services.chassis import actor
from services.chassis.files import FileStore
from services.chassis.ids import new_id
from services.chassis.refusals import Refused, Unavailable
from services.payouts.handlers.batches import RELEASE_ACT
from tests import bank_samples as bank
from tests.chaos.desk import OTHER_IBAN, Desk
from tests.chaos.ground import PATIENCE_S, Ground

WITHIN_S = 240.0
"""Each step has this long, under fire and on a slow machine; it usually takes a few seconds."""


class Money:
    """The Caf's finance agents and the bank."""

    def __init__(self, ground: Ground, desk: Desk, files_url: str):
        self._ground, self._desk = ground, desk
        self._store = FileStore(files_url)
        self._pause = threading.Event()
        self._preparer = ground.token("agent", "preparer")

    def pay_the_day(self) -> None:
        """The day ends; everything is paid, one club's money comes back and goes out again to its new account."""
        self._ground.platform.move_clock("+1d")
        self._wait(self._all_locked, "all transactions are locked")
        self._wait(self._all_known, "payouts knows every locked transaction")
        self._pay()
        self._return_one_settle_the_rest()
        self._wait(lambda: not self._states("ordered"), "the bank's news are booked")
        self._pay()
        self._report(self._states("ordered"))
        self._wait(lambda: not self._states("ordered"), "everything is settled")

    def _wait(self, probe: Any, what: str) -> None:
        wait_for(probe, what, WITHIN_S, every_s=0.4)

    def _all_locked(self) -> bool:
        return not self._ground.column("transactions", "SELECT 1 FROM transactions WHERE state = 'recorded' LIMIT 1")

    def _all_known(self) -> bool:
        locked = self._ground.column("transactions", "SELECT count(*) FROM transactions WHERE state <> 'cancelled'")
        return bool(locked == self._ground.column("payouts", "SELECT count(*) FROM lines"))

    def _states(self, state: str) -> list[tuple[str, int, str]]:
        """(EndToEndId, cents, structure) of the payouts in this state."""
        sql = "SELECT end_to_end_id, amount_cents, structure_id::text FROM payouts WHERE state = '%s'"
        return self._ground.column("payouts", sql % state)

    def _pay(self) -> None:
        """Prepare by one agent, release by another, wait until every payout is in a bank file."""
        batch_id = self._prepare()
        self._wait(lambda: self._batch(batch_id)["state"] == "prepared", "the batch is prepared")
        self._release(batch_id)
        self._wait(lambda: self._batch(batch_id)["state"] == "ordered", "the batch is in a bank file")

    def _prepare(self) -> str:
        """Prepare, or find what an unanswered attempt prepared."""
        try:
            return str(self._ground.insist("payouts", "prepare_batch", {}, self._preparer)["batch_id"])
        except Refused:
            found = self._ground.insist("payouts", "batches", {"cursor": None, "limit": 50}, self._preparer)["items"]
            return next(str(batch["batch_id"]) for batch in found if batch["state"] == "prepared")

    def _batch(self, batch_id: str) -> Any:
        return self._ground.insist("payouts", "batch", {"batch_id": batch_id}, self._preparer)

    def _release(self, batch_id: str) -> None:
        releaser = new_id()
        token = self._ground.token("agent", "releaser", account_id=releaser)
        proof = actor.issue_proof(releaser, RELEASE_ACT)
        arguments = {"batch_id": batch_id, "proof": proof, "amount_cents": self._batch(batch_id)["amount_cents"]}
        try:
            self._ground.insist("payouts", "release_batch", arguments, token)
        except Refused:  # an unanswered attempt went through: the batch's state tells
            return

    def _return_one_settle_the_rest(self) -> None:
        ordered = self._states("ordered")
        (reference, cents, structure_id), rest = ordered[0], ordered[1:]
        self._import(bank.camt_054([bank.entry(reference, cents, credit=True, reason="AC04")], name="RETURN"))
        self._report(rest)
        self._wait(lambda: len(self._states("returned")) == 1, "one payout is returned")
        self._desk.bank_account(structure_id, OTHER_IBAN, version=2)

    def _report(self, payouts: list[tuple[str, int, str]]) -> None:
        """The bank has booked these."""
        entries = [bank.entry(reference, cents) for reference, cents, _ in payouts]
        self._import(bank.camt_054(entries, name=f"BOOKED-{len(payouts)}-{payouts[0][0]}"))

    def _import(self, content: str) -> None:
        """Upload and import; an unanswered attempt is repeated with a new upload, which is recognised by content."""
        limit = time.monotonic() + PATIENCE_S
        while True:
            incoming_id = self._store.incoming(io.BytesIO(content.encode()))
            arguments = {"incoming_id": incoming_id, "filename": "retour.xml"}
            try:
                self._ground.platform.bus.call(
                    "payouts", "import_bank_report", arguments, token=self._preparer, deadline_s=20
                )
                return
            except Unavailable:
                if time.monotonic() > limit:
                    raise
                self._pause.wait(0.3)
