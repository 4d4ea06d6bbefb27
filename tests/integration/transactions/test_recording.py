"""Recording a transaction, on a real database."""

from datetime import timedelta
from typing import Any

import pytest

from services.chassis import clock
from services.chassis.ids import new_id
from services.transactions.domain import refusals
from services.transactions.handlers import facts, lists, scans
from tests.factories import transactions as make


@pytest.fixture
def db(database):
    return database("transactions")


def record(db, call, shown: dict[str, Any], amount_cents: int = 2_500, key: str | None = None, **more: Any):
    with db.unit_of_work(call) as uow:
        return scans.record_transaction(
            uow, idempotency_key=key or new_id(), amount_cents=amount_cents, qr=shown["qr"], **more
        )


def test_a_scan_takes_its_amount_off_the_pass(db):
    club, (shown,) = make.club(db), make.issue(db)
    answer = record(db, club.terminal(), shown)["transaction"]
    assert (answer["state"], answer["amount_cents"], answer["balance_cents"]) == ("recorded", 2_500, 7_500)
    assert answer["beneficiary"] == {"first_name": "Léa", "last_name": "Nom1"}
    assert answer["establishment_name"] == "Siège"
    assert answer["cancellable"] is True


def test_the_typed_code_does_the_same(db):
    club, (shown,) = make.club(db), make.issue(db)
    with db.unit_of_work(club.person()) as uow:
        typed = shown["code"].lower().replace("-", " ")
        answer = scans.record_transaction(uow, idempotency_key="a", amount_cents=100, code=typed)
    assert answer["transaction"]["balance_cents"] == 9_900


def test_the_same_key_answers_the_same_and_debits_once(db):
    club, (shown,) = make.club(db), make.issue(db)
    terminal = club.terminal()
    first = record(db, terminal, shown, key="k")
    again = record(db, terminal, shown, key="k")
    assert again["replayed"] is True
    assert again["transaction"] == first["transaction"]


def test_a_key_with_another_content_is_refused(db):
    club, (shown,) = make.club(db), make.issue(db)
    terminal = club.terminal()
    record(db, terminal, shown, key="k")
    with pytest.raises(refusals.IdempotencyKeyReused):
        record(db, terminal, shown, 2_600, key="k")


def test_two_terminals_may_use_the_same_key(db):
    club, (one, other) = make.club(db), make.issue(db, 2)
    assert record(db, club.terminal(), one, key="1")["replayed"] is False
    assert record(db, club.terminal(), other, key="1")["replayed"] is False


def test_a_refusal_is_stored_and_given_again_even_when_it_no_longer_holds(db):
    club, (shown,) = make.club(db), make.issue(db)
    terminal = club.terminal()
    with pytest.raises(refusals.InsufficientBalance) as refused:
        record(db, terminal, shown, 10_001, key="k")
    assert refused.value.fields == {"balance_cents": 10_000}
    with pytest.raises(scans.Replayed) as again:
        record(db, terminal, shown, 10_001, key="k")
    assert again.value.code == "insufficient_balance"
    assert again.value.fields == {"balance_cents": 10_000, "replayed": True}


def test_a_second_identical_debit_must_be_meant(db):
    club, (shown,) = make.club(db), make.issue(db)
    terminal = club.terminal()
    first = record(db, terminal, shown)["transaction"]
    with pytest.raises(refusals.DuplicateSuspected) as refused:
        record(db, terminal, shown, key="again")
    assert refused.value.fields["number"] == first["number"]
    meant = record(db, terminal, shown, key="again", confirm_duplicate=True)
    assert meant["transaction"]["balance_cents"] == 5_000


def test_an_empty_pass_says_where_it_was_used(db):
    here, there, (shown,) = make.club(db), make.club(db), make.issue(db)
    record(db, here.terminal(), shown, 10_000)
    with pytest.raises(refusals.AlreadyUsedHere):
        record(db, here.terminal(), shown, 10_000)
    with pytest.raises(refusals.AlreadyUsedElsewhere):
        record(db, there.terminal(), shown, 10_000)


def test_a_structure_without_an_active_convention_records_nothing(db):
    club, (shown,) = make.club(db, active=False), make.issue(db)
    with pytest.raises(refusals.PartnerInactive):
        record(db, club.terminal(), shown)


def test_a_forged_qr_is_an_unknown_pass(db):
    club, (shown,) = make.club(db), make.issue(db)
    forged = shown["qr"][:-3] + ("000" if not shown["qr"].endswith("000") else "111")
    with pytest.raises(refusals.PassUnknown):
        record(db, club.terminal(), {"qr": forged})


def test_a_terminal_limited_to_a_place_uses_no_other(db):
    club, (shown,) = make.club(db), make.issue(db)
    limited = club.terminal(establishment_id=club.establishment_id)
    with pytest.raises(refusals.NotAllowed):
        record(db, limited, shown, establishment_id=new_id())


def test_a_place_of_another_structure_is_refused_at_its_field(db):
    club, other, (shown,) = make.club(db), make.club(db), make.issue(db)
    with pytest.raises(refusals.ValidationFailed) as refused:
        record(db, club.terminal(), shown, establishment_id=other.establishment_id)
    assert list(refused.value.fields["errors"]) == ["establishment_id"]


def test_by_key_tells_what_became_of_a_lost_answer(db):
    club, (shown,) = make.club(db), make.issue(db)
    terminal = club.terminal()
    first = record(db, terminal, shown, key="lost")["transaction"]
    with db.unit_of_work(terminal) as uow:
        assert lists.transaction_by_key(uow, idempotency_key="lost") == {"transaction": first, "problem": None}
        with pytest.raises(refusals.TransactionUnknown):
            lists.transaction_by_key(uow, idempotency_key="never")


def test_checking_a_pass_shows_child_and_balance_and_takes_nothing(db):
    club, (shown,) = make.club(db), make.issue(db)
    with db.unit_of_work(club.terminal()) as uow:
        seen = scans.check_pass(uow, qr=shown["qr"], code=None)
    assert (seen["usable"], seen["reason"], seen["balance_cents"]) == (True, None, 10_000)
    assert seen["beneficiary"]["first_name"] == "Léa"


def test_a_termination_refuses_scans_from_its_day_on_and_not_before(db):
    """DOMAIN, «Convention»: announced ahead, it takes effect on its date."""
    club, passes = make.club(db), make.issue(db, 2)
    terminal = club.terminal()

    def end(effective_on):
        with db.unit_of_work() as uow:
            facts.on_convention_terminated(uow, clock.now(), structure_id=club.structure_id, effective_on=effective_on)

    end(clock.today() + timedelta(days=1))
    assert record(db, terminal, passes[0])["transaction"]["state"] == "recorded", "the last day still counts"
    end(clock.today())
    with pytest.raises(refusals.PartnerInactive):
        record(db, terminal, passes[1])


def test_who_signs_another_convention_after_the_end_may_record_again(db):
    """Whatever the order in which the two are heard: the later word counts."""
    clubs, passes = [make.club(db), make.club(db)], make.issue(db, 2)
    told_at = clock.now()

    def ends(club):
        with db.unit_of_work() as uow:
            on = clock.today()
            facts.on_convention_terminated(uow, told_at, structure_id=club.structure_id, effective_on=on)

    def returns(club):
        later = told_at + timedelta(seconds=1)
        with db.unit_of_work() as uow:
            facts.on_convention_activated(
                uow, later, structure_id=club.structure_id, partner_number="93-000017",
                effective_on=clock.today(),
            )  # fmt: skip

    for club, shown, heard in zip(clubs, passes, ((ends, returns), (returns, ends)), strict=True):
        for word in heard:
            word(club)
        assert record(db, club.terminal(), shown)["transaction"]["state"] == "recorded"


def test_a_withdrawn_termination_lets_scans_go_on_at_its_day(db):
    """Whatever the order in which the two are heard: the later word counts."""
    clubs, passes = [make.club(db), make.club(db)], make.issue(db, 2)
    told_at = clock.now()

    def ends(club):
        with db.unit_of_work() as uow:
            on = clock.today()
            facts.on_convention_terminated(uow, told_at, structure_id=club.structure_id, effective_on=on)

    def stays(club):
        later = told_at + timedelta(seconds=1)
        with db.unit_of_work() as uow:
            facts.on_convention_termination_withdrawn(uow, later, structure_id=club.structure_id)

    for club, shown, heard in zip(clubs, passes, ((ends, stays), (stays, ends)), strict=True):
        for word in heard:
            word(club)
        assert record(db, club.terminal(), shown)["transaction"]["state"] == "recorded"
