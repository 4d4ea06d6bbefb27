"""The service as a process on a real broker: from a locked day to finance's journal, and a return paid again."""

import io
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pika
import pytest

from deploy.local.waiting import wait_for
from services.chassis import actor
from services.chassis.events import queue_name
from services.chassis.files import FileStore
from services.chassis.ids import new_id
from services.chassis.refusals import Refused
from services.chassis.vault import Vault
from services.payouts import bank_file, messages
from services.payouts.handlers.batches import RELEASE_ACT
from tests import bank_samples as bank
from tests.integration.payouts.conftest import IBAN, OTHER_IBAN
from tests.platform import ROOT

PREPARER, RELEASER, BOTH = new_id(), new_id(), new_id()


class Outside:
    """The other services and finance, as far as payouts can tell."""

    def __init__(self, platform: Any, token: Any, folder: Path):
        self.platform, self._token = platform, token
        self.uri = platform.environment["AMQP_URI"]
        self._channel = pika.BlockingConnection(pika.URLParameters(self.uri)).channel()
        self._channel.confirm_delivery()
        self.store = FileStore(f"file://{platform.var}/files")
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

    def partner(self) -> str:
        structure_id = new_id()
        self.say(
            messages.StructureUpdated, structure_id=structure_id, name="Judo Club", partner_number="93000017",
            commune_name="Bobigny", activities=["Judo"],
        )  # fmt: skip
        self.account(structure_id, IBAN, 1)
        return structure_id

    def account(self, structure_id: str, iban: str, version: int) -> None:
        bank_account_id = new_id()
        self.say(
            messages.BankAccountVerified, structure_id=structure_id, bank_account_id=bank_account_id, version=version,
            iban_sealed=Vault("transport").seal(iban, table="bank_account", column="iban", row_id=bank_account_id),
            iban_masked=f"FR•• {iban[-3:]}", bic=None, holder="Judo Club", in_force_at="2026-01-01T00:00:00+00:00",
        )  # fmt: skip

    def lock(self, structure_id: str, cents: int, on: str = "2026-11-23") -> str:
        transaction_id = new_id()
        line = {
            "transaction_id": transaction_id, "number": f"T-{transaction_id[-8:]}", "establishment_name": "Dojo",
            "amount_cents": cents, "recorded_at": "2026-11-23T10:00:00+00:00", "scheme": "Pass'Sports-Loisirs",
        }  # fmt: skip
        self.say(
            messages.TransactionsLocked, locked_on=on, structure_id=structure_id, partner_number="93000017", chunk=1,
            chunks=1, total_cents=cents, count=1, lines=[line],
        )  # fmt: skip
        return transaction_id

    def call(self, method: str, *roles: str, account: str = PREPARER, structure: str | None = None, **arguments: Any):
        scope = {"structure_id": structure} if structure else {"session_id": new_id()}
        token = self._token(*roles, account_id=account, **scope)
        return self.platform.bus.call("payouts", method, arguments, token=token, deadline_s=30)

    def due(self, cents: int) -> None:
        wait_for(lambda: self.call("preview_batch", "preparer")["amount_cents"] == cents, f"{cents} cents are due", 20)

    def pay(self) -> dict[str, Any]:
        batch_id = self.call("prepare_batch", "preparer")["batch_id"]
        seen = self.call("batch", "releaser", account=RELEASER, batch_id=batch_id)
        self.release(batch_id, seen["amount_cents"])
        wait_for(
            lambda: self.call("batch", "releaser", account=RELEASER, batch_id=batch_id)["state"] == "ordered",
            "the batch is ordered",
            20,
        )
        return self.call("batch", "releaser", account=RELEASER, batch_id=batch_id)

    def release(self, batch_id: str, cents: int, *, account: str = RELEASER, roles: tuple[str, ...] = ("releaser",)):
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


@pytest.fixture(scope="module")
def outside(platform, token, tmp_path_factory):
    made = Outside(platform("payouts", relay=True), token, tmp_path_factory.mktemp("finance"))
    yield made
    made.finance.terminate()
    made.finance.wait(10)


def test_a_returned_payout_is_paid_again_once_to_the_new_account(outside):
    structure = outside.partner()
    transaction_id = outside.lock(structure, 123450)
    outside.due(123450)
    batch = outside.pay()
    ((reference, cents, iban),) = outside.transfers(batch)
    assert (cents, iban) == (123450, IBAN)
    wait_for(lambda: outside.heard("payout_batch_released.v1"), "finance has the batch", 20)
    (ordered,) = outside.heard("payout_ordered.v1")
    assert (ordered["amount_cents"], ordered["end_to_end_id"]) == (123450, reference)

    report = outside.report(bank.pain_002([(reference, "RJCT", "AC04", None)]))
    assert report["returned_count"] == 1
    wait_for(lambda: outside.heard("payout_returned.v1"), "finance has the return", 20)
    assert outside.call("under_way", "manager", structure=structure)["hold"] == "account_suspended"

    outside.account(structure, OTHER_IBAN, 2)
    outside.due(123450)
    again = outside.pay()
    ((second, cents, iban),) = outside.transfers(again)
    assert (cents, iban) == (123450, OTHER_IBAN) and second != reference
    outside.report(bank.camt_054([bank.entry(second, 123450)]))
    wait_for(lambda: outside.heard("payout_settled.v1"), "finance has the settlement", 20)

    shown = outside.call("own_payouts", "accountant", structure=structure)["items"]
    assert [payout["state"] for payout in shown] == ["paid", "returned"]
    assert shown[0]["lines"][0]["transaction_id"] == transaction_id
    assert outside.call("reconcile", "preparer")["difference_count"] == 0
    assert outside.call("own_payouts", "accountant", structure=new_id())["items"] == []


def test_one_agent_with_both_roles_can_t_do_both(outside):
    outside.lock(outside.partner(), 700)
    outside.due(700)
    batch_id = outside.call("prepare_batch", "preparer", "releaser", account=BOTH)["batch_id"]
    with pytest.raises(Refused) as refused:
        outside.release(batch_id, 700, account=BOTH, roles=("preparer", "releaser"))
    assert refused.value.code == "same_agent"
    assert outside.call("batch", "preparer", "releaser", account=BOTH, batch_id=batch_id)["may_release"] is False
    outside.call("cancel_batch", "preparer", "releaser", account=BOTH, batch_id=batch_id)


@pytest.mark.parametrize(
    ("method", "role"), [("prepare_batch", "releaser"), ("dashboard", "manager"), ("own_payouts", "cashier")]
)
def test_others_are_refused_by_the_service_itself(outside, method, role):
    with pytest.raises(Refused) as refused:
        outside.call(method, role, structure=new_id())
    assert refused.value.code == "not_allowed"


def test_killed_after_the_release_the_work_is_finished_once(outside):
    service = outside.platform.processes["payouts"]
    before = len(outside.heard("payout_ordered.v1"))
    for _ in range(30):
        outside.lock(outside.partner(), 1000, on="2026-11-22")
    wait_for(lambda: outside.call("preview_batch", "preparer")["payout_count"] >= 30, "thirty partners are due", 30)
    batch_id = outside.call("prepare_batch", "preparer")["batch_id"]
    seen = outside.call("batch", "releaser", account=RELEASER, batch_id=batch_id)
    outside.release(batch_id, seen["amount_cents"])
    service.kill()
    service.start()
    service.wait_ready()
    expected = before + seen["payout_count"]
    wait_for(lambda: len(outside.heard("payout_ordered.v1")) >= expected, "finance has them all", 40)
    ids = [event["id"] for event in outside.journal()]
    assert len(outside.heard("payout_ordered.v1")) == expected and len(ids) == len(set(ids))
    assert outside.call("reconcile", "preparer")["difference_count"] == 0
