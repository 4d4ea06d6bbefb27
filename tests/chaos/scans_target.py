"""The platform under fire: terminals scan and cancel over the public API, the day ends, a batch is prepared and
released, finance consumes. Every process may die at any moment, and at every named point.
"""

import http.client
import json
import random
import sys
import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from deploy.local.waiting import wait_for
from services.chassis import actor
from services.chassis.database import BoundDatabase
from services.chassis.faults import POINTS
from services.chassis.ids import new_id
from services.chassis.refusals import Refused, Unavailable
from services.chassis.vault import Vault
from services.identity.handlers import announcements
from services.payouts.handlers import partners as payout_partners
from tests.chaos.campaign import Tally
from tests.factories import transactions as make
from tests.platform import Platform, Process

SERVICES = ("identity", "transactions", "payouts")
SERVICE_FAULTS = ",".join(f"{name}=0.002" for name in POINTS if not name.startswith("relay"))
RELAY_FAULTS = ",".join(f"{name}=0.01" for name in POINTS if name.startswith("relay"))
IBAN = "FR7630006000011234567890189"
CLUBS, TERMINALS = 3, 6
CANCEL_ONE_IN = 6
AGAIN = 60


class ScansTarget:
    """Three clubs with two terminals each, and passes of 100 euros."""

    def __init__(self, platform: Platform, files_url: str, *, passes: int = 300):
        self._platform = platform
        platform.environment["PSL_FILES_URL"] = files_url
        platform.use(SERVICES)
        self._victims = self._start()
        self._databases = {name: self._database(name) for name in ("identity", "transactions", "payouts")}
        self._clubs = [self._club(number) for number in range(CLUBS)]
        self._passes = make.issue(self._databases["transactions"], passes)
        self._terminals = [self._pair(self._clubs[number % CLUBS]) for number in range(TERMINALS)]
        self._accepted: dict[str, dict[str, Any]] = {}
        self._cancelled: set[str] = set()
        self._lock = threading.Lock()
        self._dice = random.SystemRandom()

    @property
    def victims(self) -> Sequence[Process]:
        return self._victims

    def _start(self) -> list[Process]:
        platform, python = self._platform, sys.executable
        started = [
            platform.add(
                name, [python, "-m", "services.chassis.run", f"services.{name}.service"], faults=SERVICE_FAULTS
            )
            for name in SERVICES
        ]
        for process in started:
            process.wait_ready()
        relay = [python, "-m", "services.chassis.relay", *SERVICES]
        finance = [python, "-m", "services.payouts.finance", "--queue", "finance.payouts", "--out", str(self._journal)]
        started.append(platform.add("relay", relay, faults=RELAY_FAULTS))
        started.append(platform.add("finance", finance, ready_url=""))
        started.append(platform.add_gateway())
        for process in started:
            process.wait_ready()
        return started

    @property
    def _journal(self) -> Path:
        return self._platform.var / "finance"

    def _database(self, service: str) -> BoundDatabase:
        return BoundDatabase(service, self._platform.environment[f"{service.upper()}_DATABASE_URL"], pool_size=2)

    def _club(self, number: int) -> make.Club:
        """A partner whom every service has heard of."""
        club = make.club(self._databases["transactions"], name=f"Club {number}")
        with self._databases["identity"].unit_of_work() as uow:
            announcements.on_structure_updated(uow, uow.now, club.structure_id, f"Club {number}", f"93-00000{number}")
        bank_account_id = new_id()
        sealed = Vault("transport").seal(IBAN, table="bank_account", column="iban", row_id=bank_account_id)
        with self._databases["payouts"].unit_of_work() as uow:
            payout_partners.on_structure_updated(
                uow,
                uow.now,
                structure_id=club.structure_id,
                name=f"Club {number}",
                partner_number=f"93-00000{number}",
                commune_name="Bobigny",
                activities=["judo"],
            )
            payout_partners.on_bank_account_verified(
                uow,
                structure_id=club.structure_id,
                bank_account_id=bank_account_id,
                version=1,
                iban_sealed=sealed,
                iban_masked="FR76 •••• 189",
                bic=None,
                holder=f"Club {number}",
                in_force_at=uow.now,
            )
        return club

    def _pair(self, club: make.Club) -> str:
        """A terminal's token, paired as its owner would."""
        token = self._token("legal_representative", structure_id=club.structure_id)
        pairing = self._insist("identity", "create_pairing", {"name": "Accueil"}, token)
        body = {"pairing_code": pairing["code"], "device": {"name": "Téléphone"}}
        status, answer = self._ask("POST", "/terminals/pair", body)
        if status != 201:  # the answer was lost with a process: a pairing code serves once, ask for another
            return self._pair(club)
        return str(answer["token"])

    def _token(self, *roles: str, account_id: str | None = None, **scope: str) -> str:
        account_id = account_id or new_id()
        return actor.issue(roles, issuer="identity", account_id=account_id, scope=scope, lifetime_s=3600)[0]

    def _insist(self, service: str, method: str, arguments: dict[str, Any], token: str) -> Any:
        """Call until somebody answers, as a person does who presses the button again."""
        pause = threading.Event()
        for _ in range(AGAIN):
            try:
                return self._platform.bus.call(service, method, arguments, token=token)
            except Unavailable:
                pause.wait(0.3)
        raise Unavailable(f"{service}.{method} never answered")

    def _ask(self, method: str, path: str, body: Any, token: str = "", key: str = "") -> tuple[int, dict[str, Any]]:
        """One HTTP call; status 0 if no answer came."""
        connection = self._connection()
        headers = {"Content-Type": "application/json"}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        headers |= {"Idempotency-Key": key} if key else {}
        try:
            connection.request(method, f"/api/v1{path}", json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"{}")
        except (OSError, http.client.HTTPException, ValueError):
            return 0, {}
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        address = urlsplit(self._platform.base_url)
        return http.client.HTTPConnection(address.hostname or "", address.port, timeout=6)

    def _until_judged(self, path: str, body: Any, token: str, key: str) -> tuple[int, dict[str, Any]]:
        """Repeat with the same key until the platform has said yes or no."""
        pause, status, answer = threading.Event(), 0, {}
        for _ in range(AGAIN):
            status, answer = self._ask("POST", path, body, token, key)
            unsettled = status in (0, 429) or status >= 500 or answer.get("code") == "idempotency_in_progress"
            if not unsettled:
                return status, answer
            pause.wait(0.1)
        return status, answer

    def request(self, worker: int, number: int) -> bool:
        token, key = self._terminals[worker % TERMINALS], f"scan-{worker}-{number}-{new_id()[-6:]}"
        shown, amount = self._dice.choice(self._passes), self._dice.randrange(100, 600)
        body = {"qr": shown["qr"], "amount_cents": amount, "confirm_duplicate": True}
        status, answer = self._until_judged("/transactions", body, token, key)
        if status != 201:
            return False
        with self._lock:
            self._accepted[answer["number"]] = {"amount_cents": amount, "key": key}
        if self._dice.randrange(CANCEL_ONE_IN) == 0:
            self._cancel(answer["number"], token)
        return True

    def _cancel(self, number: str, token: str) -> None:
        status, answer = self._until_judged(f"/transactions/{number}/cancel", {}, token, f"cancel-{number}")
        if status == 200 or answer.get("code") == "already_cancelled":
            with self._lock:
                self._cancelled.add(number)

    def closing(self) -> None:
        """The day ends; a batch is prepared by one agent and released by another."""
        self._platform.move_clock("+1d")
        wait_for(self._all_locked, "all transactions are locked", 90, every_s=0.5)
        wait_for(self._all_announced, "payouts knows every locked transaction", 90, every_s=0.5)
        preparer, releaser = self._token("agent", "preparer"), new_id()
        batch_id = self._prepare(preparer)
        wait_for(lambda: self._batch(batch_id, preparer)["state"] == "prepared", "the batch is prepared", 60, 0.3)
        self._release(batch_id, releaser)
        wait_for(lambda: self._batch(batch_id, preparer)["state"] == "released", "the batch is released", 90, 0.3)

    def _prepare(self, token: str) -> str:
        """Prepare, or find what an unanswered attempt prepared."""
        try:
            return str(self._insist("payouts", "prepare_batch", {}, token)["batch_id"])
        except Refused:
            batches = self._insist("payouts", "batches", {"cursor": None, "limit": 50}, token)["items"]
            return str(batches[0]["batch_id"])

    def _batch(self, batch_id: str, token: str) -> Any:
        return self._insist("payouts", "batch", {"batch_id": batch_id}, token)

    def _release(self, batch_id: str, releaser: str) -> None:
        token = self._token("agent", "releaser", account_id=releaser)
        proof = actor.issue_proof(releaser, "batch:release")
        amount_cents = self._batch(batch_id, token)["amount_cents"]
        arguments = {"batch_id": batch_id, "proof": proof, "amount_cents": amount_cents}
        try:
            self._insist("payouts", "release_batch", arguments, token)
        except Refused:  # an unanswered attempt went through: the batch's state tells
            return

    def _column(self, service: str, sql: str) -> list[Any]:
        connection = self._platform.connect(service)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return [row[0] if len(row) == 1 else row for row in cursor.fetchall()]
        finally:
            connection.close()

    def _all_locked(self) -> bool:
        return not self._column("transactions", "SELECT 1 FROM transactions WHERE state = 'recorded' LIMIT 1")

    def _all_announced(self) -> bool:
        locked = self._column("transactions", "SELECT count(*) FROM transactions WHERE state <> 'cancelled'")
        known = self._column("payouts", "SELECT count(*) FROM lines")
        return bool(locked == known)

    def settled(self) -> bool:
        unsent = any(self._column(name, "SELECT 1 FROM outbox WHERE sent_at IS NULL LIMIT 1") for name in SERVICES)
        return not unsent and not any(self._platform.queues().values())

    def tally(self) -> Tally:
        states = dict(self._column("transactions", "SELECT number, state FROM transactions"))
        debits = Counter(
            self._column(
                "transactions",
                "SELECT t.number FROM transactions t JOIN ledger_entries e ON e.subject_id = t.transaction_id "
                "WHERE e.kind = 'debit' AND e.account = 'pass'",
            )
        )
        lines = Counter(self._column("payouts", "SELECT number FROM lines"))
        kept = [number for number in self._accepted if number not in self._cancelled]
        lost = sum(1 for number in self._accepted if number not in states)
        lost += sum(1 for number in kept if not lines[number])
        lost += sum(1 for number in self._cancelled if states.get(number) != "cancelled")
        duplicated = sum(1 for count in (debits | lines).values() if count > 1)
        duplicated += sum(1 for number in self._cancelled if lines[number])
        lost_events, doubled_events = self._finance()
        return Tally(len(self._accepted), lost + lost_events, duplicated + doubled_events, self._remarks())

    def _finance(self) -> tuple[int, int]:
        """Payouts that finance never heard of, and events that it wrote twice."""
        journal = [json.loads(line) for line in (self._journal / "payouts.jsonl").read_text().splitlines()]
        ids = Counter(event["id"] for event in journal)
        ordered = {
            event["data"]["payout_id"]: event["data"]["amount_cents"]
            for event in journal
            if event["type"] == "payout_ordered.v1"
        }
        known = dict(self._column("payouts", "SELECT payout_id::text, amount_cents FROM payouts"))
        lost = sum(1 for payout_id, amount in known.items() if ordered.get(payout_id) != amount)
        return lost, sum(1 for count in ids.values() if count > 1)

    def _remarks(self) -> tuple[str, ...]:
        """What doesn't add up, in words."""
        remarks = []
        unbalanced = "SELECT movement_id FROM ledger_entries GROUP BY movement_id HAVING sum(amount_cents) <> 0"
        for service in ("transactions", "payouts"):
            if self._column(service, unbalanced):
                remarks.append(f"{service}: movements that don't sum to zero")
        locked = "SELECT coalesce(sum(amount_cents), 0) FROM transactions WHERE state NOT IN ('cancelled', 'recorded')"
        paid = "SELECT coalesce(sum(amount_cents), 0) FROM payouts"
        if self._column("transactions", locked) != self._column("payouts", paid):
            remarks.append("the sum of locked transactions is not the sum of payouts")
        return tuple(remarks)
