"""The service as a process on a real broker: from a locked day to finance's journal, and a return paid again."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from deploy.local.waiting import wait_for
from services.chassis.ids import new_id
from services.chassis.refusals import Refused
from tests import bank_samples as bank
from tests.factories.payouts import BOTH, IBAN, OTHER_IBAN, RELEASER, Outside


@pytest.fixture(scope="module")
def outside(platform, token, tmp_path_factory):
    made = Outside(platform("payouts", relay=True), token, tmp_path_factory.mktemp("finance"))
    yield made
    made.finance.terminate()
    made.finance.wait(10)


def test_a_returned_payout_is_paid_again_once_to_the_new_account(outside):
    structure = outside.partner()
    (transaction_id,) = outside.lock(structure, 123450)
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
    months = outside.call("own_activity", "accountant", structure=structure)["months"]
    assert [one["amount_cents"] for one in months if one["amount_cents"]] == [123450], "the returned one is out"
    assert len(months) == 6
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


def test_nor_by_several_requests_at_once(outside):
    """Each with a fresh proof of its own, while the same agent prepares again."""
    outside.lock(outside.partner(), 800, on="2026-11-21")
    wait_for(lambda: outside.call("preview_batch", "preparer")["amount_cents"] >= 800, "800 cents are due", 20)
    batch_id = outside.call("prepare_batch", "preparer", "releaser", account=BOTH)["batch_id"]
    cents = outside.call("batch", "preparer", account=BOTH, batch_id=batch_id)["amount_cents"]

    def refusal_of(work):
        try:
            work()
        except Refused as refused:
            return refused.code
        return None

    def release():
        outside.release(batch_id, cents, account=BOTH, roles=("preparer", "releaser"))

    def prepare():
        outside.call("prepare_batch", "preparer", "releaser", account=BOTH)

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(refusal_of, [release, prepare, release, prepare, release, release]))
    assert [code for code in answers if code == "same_agent"] == ["same_agent"] * 4
    assert {answers[1], answers[3]} <= {"nothing_to_pay", "batch_in_preparation"}
    assert outside.call("batch", "preparer", account=BOTH, batch_id=batch_id)["state"] == "prepared"
    outside.call("cancel_batch", "preparer", account=BOTH, batch_id=batch_id)


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
