"""One payout per partner and batch, never twice the same line, released by another agent."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from services.chassis.actor import issue_proof
from services.chassis.ids import new_id
from services.chassis.refusals import Refused
from services.payouts import bank_file, views
from services.payouts.domain import refusals
from services.payouts.handlers import batches, documents
from services.payouts.models import Batch
from tests.factories.payouts import IBAN, OTHER_IBAN
from tests.integration.payouts.conftest import LOCKED_ON, Call


def test_one_payout_per_partner_holds_all_its_lines(house):
    first, second = house.partner(), house.partner()
    house.day(first, [1000, 2000])
    house.day(first, [3000], on=LOCKED_ON - timedelta(days=1))
    house.day(second, [500])
    house.prepare()
    found = house.rows("SELECT structure_id::text, amount_cents, transaction_count FROM payouts ORDER BY amount_cents")
    assert [tuple(row.values()) for row in found] == [(second, 500, 1), (first, 6000, 3)]
    assert house.differences() == []


def test_nothing_is_paid_twice(house):
    house.day(house.partner(), [1000])
    house.prepare()
    with pytest.raises(refusals.NothingToPay):
        house.prepare()


def test_the_database_refuses_a_second_live_place_for_a_line(house):
    house.day(house.partner(), [1000])
    house.prepare()
    again = house.partner()
    house.day(again, [1000])
    house.prepare()
    with pytest.raises(IntegrityError), house.uow() as uow:
        uow.session.connection().exec_driver_sql(
            "INSERT INTO payout_lines (payout_id, line_id, structure_id, amount_cents) "
            "SELECT gen_random_uuid(), line_id, structure_id, amount_cents FROM payout_lines LIMIT 1"
        )


def test_the_database_refuses_a_line_of_another_partner(house):
    mine, theirs = house.partner(), house.partner()
    house.day(mine, [1000])
    house.prepare()
    house.day(theirs, [1000])
    with pytest.raises(IntegrityError), house.uow() as uow:
        uow.session.connection().exec_driver_sql(
            "INSERT INTO payout_lines (payout_id, line_id, structure_id, amount_cents) "
            "SELECT payouts.payout_id, open_lines.line_id, payouts.structure_id, 1000 FROM payouts, open_lines"
        )


@pytest.mark.parametrize("case", ["account_missing", "account_cooling_off", "partner_inactive", "day_incomplete"])
def test_a_partner_who_can_t_be_paid_is_left_behind_with_the_reason(house, case):
    house.day(house.partner(), [100])
    left = house.partner(number=None if case == "partner_inactive" else "auto", iban=None)
    if case == "account_cooling_off":
        house.account(left, in_force_at=datetime.now(UTC) + timedelta(days=2))
    if case in ("partner_inactive", "day_incomplete"):
        house.account(left)
    house.day(left, [700, 800], chunks=2, send=1 if case == "day_incomplete" else 2)
    batch_id = house.prepare()
    found = house.rows("SELECT structure_id::text, reason FROM left_behind WHERE batch_id = :id", id=batch_id)
    assert [tuple(row.values()) for row in found] == [(left, case)]


def test_an_incomplete_day_is_paid_once_its_last_chunk_has_arrived(house):
    structure = house.partner()
    rows = [house._line(100), house._line(200)]
    house.chunk(structure, rows, rows[1:], LOCKED_ON, 2, 2)
    with pytest.raises(refusals.NothingToPay):
        house.prepare()
    house.chunk(structure, rows, rows[:1], LOCKED_ON, 1, 2)
    house.prepare()
    assert house.one("SELECT amount_cents FROM batches") == 300


def test_the_same_chunk_counts_once(house):
    structure = house.partner()
    rows = [house._line(100)]
    house.chunk(structure, rows, rows, LOCKED_ON, 1, 1)
    house.chunk(structure, rows, rows, LOCKED_ON, 1, 1)
    house.prepare()
    assert house.one("SELECT amount_cents FROM batches") == 100
    assert house.differences() == []


def test_what_ended_too_late_for_its_day_is_paid_as_well(house):
    """A call that began before midnight and ended after the day's announcement is announced by itself."""
    structure = house.partner()
    house.day(structure, [100, 200], chunks=2)
    house.day(structure, [50])
    house.prepare()
    assert house.one("SELECT amount_cents FROM batches") == 350
    assert house.one("SELECT count(*) FROM open_lines") == 0
    assert house.differences() == []


def test_a_cancelled_batch_leaves_no_trace_but_the_journal(house):
    house.day(house.partner(), [1000])
    batch_id = house.prepare()
    with house.uow(house.preparer) as uow:
        batches.cancel(uow, batch_id)
    for table in ("batches", "payouts", "payout_lines", "left_behind"):
        assert house.one(f"SELECT count(*) FROM {table}") == 0
    assert [row["action"] for row in house.rows("SELECT action FROM audit ORDER BY id")] == [
        "batch:prepare",
        "batch:cancel",
    ]
    assert house.one("SELECT amount_cents FROM batches WHERE batch_id = :id", id=house.prepare()) == 1000
    assert house.differences() == []


def test_what_waits_for_a_release_is_told_to_those_who_may_release_it(house):
    """By age, as the list that each count opens; and how many partners are still in no batch."""
    house.day(house.partner(), [1000])
    house.day(house.partner(), [2000])
    with house.uow(house.releaser) as uow:
        told = views.waiting(uow)
    assert (told["to_release"]["count"], told["to_release"]["since"], told["to_prepare"]) == (0, None, 2)
    batch_id = house.prepare()
    with house.uow() as uow:
        uow.session.get_one(Batch, batch_id).prepared_at -= timedelta(days=3)
    both = Call(house.preparer.actor.account_id, "agent", "preparer", "releaser")
    assert _to_release(house, house.releaser) == {"0-2": 0, "3-7": 1, "8-30": 0, "31-": 0}
    assert not any(_to_release(house, both).values()), "who prepared it may not release it"
    with house.uow(both) as uow:
        assert len(views.batches(uow, "prepared", False, "3-7", None, 50)["items"]) == 1
        assert not views.batches(uow, "ordered", False, None, None, 50)["items"]
        assert views.waiting(uow)["to_prepare"] == 0
    house.release(batch_id)
    assert not any(_to_release(house, house.releaser).values())


def _to_release(house, call):
    """How many batches wait for this agent's release, by age; each the length of its list."""
    with house.uow(call) as uow:
        counts = {band["code"]: band["count"] for band in views.waiting(uow)["to_release"]["ages"]}
        assert {code: len(views.batches(uow, None, True, code, None, 50)["items"]) for code in counts} == counts
    return counts


def test_who_prepared_never_releases(house):
    house.day(house.partner(), [1000])
    batch_id = house.prepare()
    with pytest.raises(refusals.SameAgent):
        house.release(batch_id, call=house.preparer)
    with pytest.raises(IntegrityError, match="released_by_another"), house.uow() as uow:
        uow.session.connection().exec_driver_sql(
            "UPDATE batches SET state = 'released', released_by = prepared_by, released_at = now(), "
            "execution_on = current_date"
        )


@pytest.mark.parametrize("wrong", ["none", "another_act", "another_account", "used"])
def test_a_release_needs_a_fresh_proof_of_its_own(house, wrong):
    house.day(house.partner(), [1000])
    batch_id = house.prepare()
    me = house.releaser.actor.account_id
    proof = {
        "none": "x",
        "another_act": issue_proof(me, "bank_account:change"),
        "another_account": issue_proof(new_id(), batches.RELEASE_ACT),
        "used": house.proof(),
    }[wrong]
    if wrong == "used":
        house.release(batch_id, proof=proof)
        house.day(house.partner(), [10])
        other = house.prepare()
        with pytest.raises(refusals.ProofAlreadyUsed):
            house.release(other, proof=proof)
        return
    with pytest.raises(Refused) as refused:
        house.release(batch_id, proof=proof)
    assert refused.value.code == "step_up_required"


def test_a_total_that_the_agent_did_not_see_is_not_released(house):
    house.day(house.partner(), [1000])
    with pytest.raises(refusals.BatchChanged):
        house.release(house.prepare(), cents=999)


@pytest.mark.parametrize("change", ["new_account", "suspended"])
def test_a_batch_whose_accounts_changed_is_not_released(house, change):
    structure = house.partner()
    house.day(structure, [1000])
    batch_id = house.prepare()
    if change == "new_account":
        house.account(structure, OTHER_IBAN, version=2)
    else:
        with house.uow() as uow:
            uow.session.connection().exec_driver_sql("UPDATE bank_accounts SET suspended_at = now()")
    with pytest.raises(refusals.BatchOutdated) as refused:
        house.release(batch_id)
    assert refused.value.fields == {"partner_count": 1}


def test_two_releases_at_once_release_once(house):
    house.day(house.partner(), [1000])
    batch_id = house.prepare()
    outcomes = []

    def release():
        try:
            house.release(batch_id)
            outcomes.append("released")
        except refusals.BatchAlreadyReleased:
            outcomes.append("refused")

    threads = [threading.Thread(target=release) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused", "refused", "refused", "released"]
    assert house.one("SELECT count(*) FROM ledger_movements WHERE kind = 'payout_released'") == 1


def test_two_preparations_at_once_take_each_line_once(house):
    for _ in range(20):
        house.day(house.partner(), [100] * 10)
    outcomes = []

    def prepare():
        try:
            outcomes.append(house.prepare())
        except (refusals.NothingToPay, refusals.BatchInPreparation) as refusal:
            outcomes.append(refusal.code)

    threads = [threading.Thread(target=prepare) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert house.one("SELECT count(*) FROM payout_lines") == 200
    assert house.differences() == []


def test_an_ordered_batch_has_a_valid_bank_file_and_its_events(house):
    structure = house.partner()
    transactions = house.day(structure, [123450, 50])
    house.correction(structure, transactions[1], -50)
    batch_id = house.pay()
    file = house.rows("SELECT * FROM bank_files")[0]
    with house.store.open(file["sha256"]) as stream:
        content = stream.read()
    bank_file.check(content)
    read = bank_file.read(content)
    payout = house.rows("SELECT * FROM payouts")[0]
    assert read.transfers == [(payout["end_to_end_id"], 123450, IBAN)]
    assert (read.transfer_count, read.amount_cents, read.message_id) == (1, 123450, file["message_id"])
    assert house.events("payout_ordered.v1")[0]["amount_cents"] == 123450
    assert house.events("payout_ordered.v1")[0]["correction_count"] == 1
    assigned = house.events("payout_lines_assigned.v1")[0]
    assert sorted(assigned["transaction_ids"]) == sorted(transactions)
    assert house.events("payout_batch_released.v1")[0]["payout_count"] == 1
    assert house.one("SELECT state FROM batches WHERE batch_id = :id", id=batch_id) == "ordered"
    assert house.differences() == []


def test_work_done_twice_announces_once(house):
    house.day(house.partner(), [1000])
    batch_id = house.prepare()
    house.release(batch_id)
    house.order(batch_id)
    house.order(batch_id)
    assert len(house.events("payout_ordered.v1")) == 1
    assert len(house.events("payout_batch_released.v1")) == 1


def test_the_slip_is_made_once_and_shows_no_full_iban(house):
    house.day(house.partner(), [1000])
    house.pay()
    payout_id = str(house.one("SELECT payout_id FROM payouts"))
    first = documents.document(house.database, house.store, payout_id, "pdf")
    assert documents.document(house.database, house.store, payout_id, "pdf") == first
    assert documents.make_slips_ahead(house.database, house.store) == 0
    with house.store.open(first["sha256"]) as stream:
        assert IBAN.encode() not in stream.read()


def test_another_structure_s_slip_does_not_exist(house):
    house.day(house.partner(), [1000])
    house.pay()
    payout_id = str(house.one("SELECT payout_id FROM payouts"))
    with pytest.raises(refusals.PayoutUnknown):
        documents.document(house.database, house.store, payout_id, "pdf", structure_id=new_id())


def test_an_agent_s_batch_takes_in_the_calendar_s(house):
    house.day(house.partner(), [1000])
    with house.uow() as uow:
        batches.prepare_by_calendar(uow)
    house.day(house.partner(), [500])
    with house.uow(house.preparer) as uow:
        assert batches.preview(uow)["amount_cents"] == 1500
    house.prepare()
    found = house.rows("SELECT prepared_by, amount_cents FROM batches")
    assert [tuple(row.values()) for row in found] == [(house.preparer.actor.account_id, 1500)]
    assert house.differences() == []


def test_negative_totals_carry_over(house):
    structure = house.partner()
    transactions = house.day(structure, [1000])
    house.pay()
    house.correction(structure, transactions[0], -1000)
    with pytest.raises(refusals.NothingToPay):
        house.prepare()
    house.day(structure, [1500], on=LOCKED_ON + timedelta(days=1))
    house.prepare()
    assert house.one("SELECT amount_cents FROM batches WHERE state = 'prepared'") == 500
    assert house.differences() == []


def test_the_ledger_refuses_what_does_not_sum_to_zero(house):
    structure = house.partner()
    house.day(structure, [1000])
    with pytest.raises(IntegrityError, match="sum to"), house.uow() as uow:
        connection = uow.session.connection()
        connection.exec_driver_sql(
            "INSERT INTO ledger_movements VALUES (gen_random_uuid(), 'correction', 'x', 'x', gen_random_uuid(), now())"
        )
        connection.exec_driver_sql(
            "INSERT INTO ledger_entries SELECT movement_id, account, gen_random_uuid(), amount FROM ledger_movements, "
            "(VALUES ('bank', 100), ('scheme_expense', -99)) AS side (account, amount) WHERE reference = 'x'"
        )
