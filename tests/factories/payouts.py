"""The other services and finance as payouts sees them: events into its queues, calls by agents, finance's books."""

import io
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pika

from deploy.local.waiting import wait_for
from services.chassis import actor
from services.chassis.events import queue_name
from services.chassis.files import FileStore
from services.chassis.ids import new_id
from services.chassis.vault import Vault
from services.payouts import bank_file, messages
from services.payouts.handlers.batches import RELEASE_ACT
from tests.platform import ROOT

IBAN = "FR7630006000011234567890189"
OTHER_IBAN = "FR1420041010050500013M02606"
PREPARER, RELEASER, BOTH = new_id(), new_id(), new_id()


class Outside:
    """The other services and finance, as far as payouts can tell."""

    def __init__(self, platform: Any, token: Any, folder: Path, files_url: str | None = None):
        self.platform, self._token = platform, token
        self.uri = platform.environment["AMQP_URI"]
        self._channel = pika.BlockingConnection(pika.URLParameters(self.uri)).channel()
        self._channel.confirm_delivery()
        self.store = FileStore(files_url or f"file://{platform.var}/files")
        command = [sys.executable, "-m", "services.payouts.finance", "--uri", self.uri, "--out", str(folder)]
        self.folder, self.finance = folder, subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
        wait_for(lambda: (folder / "payouts.csv").exists(), "finance has opened its books", 20)
        wait_for(self._finance_listens, "finance listens", 20)

    def _finance_listens(self) -> bool:
        connection = pika.BlockingConnection(pika.URLParameters(self.uri))
        try:
            return bool(connection.channel().queue_declare("finance.payouts", passive=True).method.consumer_count)
        except pika.exceptions.ChannelClosedByBroker:
            return False
        finally:
            connection.close()

    def say(self, reading: Any, **data: Any) -> None:
        """An event of another service, into the queue of payouts."""
        event = {
            "specversion": "1.0", "id": new_id(), "source": f"/{reading.publisher}", "type": reading.type,
            "time": datetime.now(UTC).isoformat(), "subject": data["structure_id"], "data": data,
        }  # fmt: skip
        properties = pika.BasicProperties(
            content_type="application/cloudevents+json", content_encoding="utf-8", delivery_mode=2
        )
        body = json.dumps(event, default=str).encode()
        self._channel.basic_publish("", queue_name("payouts", reading), body, properties, mandatory=True)

    def partner(self, number: str = "93000017") -> str:
        """A partner with a verified account; returns the structure's id."""
        structure_id = new_id()
        self.say(
            messages.StructureUpdated, structure_id=structure_id, name="Judo Club", partner_number=number,
            commune_name="Bobigny", activities=["Judo"],
        )  # fmt: skip
        self.account(structure_id, IBAN, 1)
        return structure_id

    def account(self, structure_id: str, iban: str, version: int) -> None:
        """A verified version of a partner's bank account."""
        bank_account_id = new_id()
        self.say(
            messages.BankAccountVerified, structure_id=structure_id, bank_account_id=bank_account_id, version=version,
            iban_sealed=Vault("transport").seal(iban, table="bank_account", column="iban", row_id=bank_account_id),
            iban_masked=f"FR•• {iban[-3:]}", bic=None, holder="Judo Club", in_force_at="2026-01-01T00:00:00+00:00",
        )  # fmt: skip

    def lock(self, structure_id: str, *amounts: int, on: str = "2026-11-23") -> list[str]:
        """A locked day of these amounts; returns the transactions' ids."""
        ids = [new_id() for _ in amounts]
        lines = [
            {
                "transaction_id": transaction_id, "number": f"T-{transaction_id[-12:]}", "establishment_name": "Dojo",
                "amount_cents": cents, "recorded_at": "2026-11-23T10:00:00+00:00", "scheme": "Pass'Sports-Loisirs",
            }
            for transaction_id, cents in zip(ids, amounts, strict=True)
        ]  # fmt: skip
        self.say(
            messages.TransactionsLocked, announcement_id=new_id(), locked_on=on, structure_id=structure_id,
            partner_number=None, chunk=1, chunks=1, total_cents=sum(amounts), count=len(amounts), lines=lines,
        )  # fmt: skip
        return ids

    def call(
        self, method: str, *roles: str, account: str = PREPARER, structure: str | None = None, **arguments: Any
    ) -> Any:
        """Call payouts as somebody with these roles, in a structure or as an agent."""
        scope = {"structure_id": structure} if structure else {"session_id": new_id()}
        token = self._token(*roles, account_id=account, **scope)
        return self.platform.bus.call("payouts", method, arguments, token=token, deadline_s=180)

    def due(self, cents: int) -> None:
        """Wait until that much could be paid."""
        wait_for(lambda: self.call("preview_batch", "preparer")["amount_cents"] == cents, f"{cents} cents are due", 20)

    def pay(self, within_s: float = 20) -> dict[str, Any]:
        """Prepare, release by another agent, wait until every payout is announced; returns the batch."""
        batch_id = self.call("prepare_batch", "preparer")["batch_id"]
        seen = self.call("batch", "releaser", account=RELEASER, batch_id=batch_id)
        self.release(batch_id, seen["amount_cents"])
        wait_for(
            lambda: self.call("batch", "releaser", account=RELEASER, batch_id=batch_id)["state"] == "ordered",
            "the batch is ordered",
            within_s,
        )
        return self.call("batch", "releaser", account=RELEASER, batch_id=batch_id)

    def release(
        self, batch_id: str, cents: int, *, account: str = RELEASER, roles: tuple[str, ...] = ("releaser",)
    ) -> None:
        proof = actor.issue_proof(account, RELEASE_ACT)
        self.call("release_batch", *roles, account=account, batch_id=batch_id, proof=proof, amount_cents=cents)

    def journal(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.folder / "payouts.jsonl").read_text().splitlines()]

    def heard(self, event_type: str) -> list[dict[str, Any]]:
        return [event["data"] for event in self.journal() if event["type"] == event_type]

    def transfers(self, batch: dict[str, Any]) -> list[tuple[str, int, str]]:
        with self.store.open(batch["bank_files"][0]["sha256"]) as stream:
            return bank_file.read(stream.read()).transfers

    def report(self, content: str) -> dict[str, Any]:
        incoming_id = self.store.incoming(io.BytesIO(content.encode()))
        return self.call("import_bank_report", "preparer", incoming_id=incoming_id, filename="retour.xml")
