"""«Coordonnées bancaires»: versions, the cooling-off, verification, and what a returned payment does."""

import io

import pytest

from services.chassis import actor as actors
from services.chassis.files import FileStore
from services.chassis.refusals import Refused
from services.partners import secrets
from services.partners.domain import bank_account as rules
from services.partners.domain.refusals import CoolingOff, SameBankAccount, TransitionRefused, ValidationFailed
from services.partners.handlers import bank_accounts
from services.partners.models import BankAccount
from tests.integration.partners.life_factories import IBANS, Call, actor, as_role, png, structure
from tests.upload_samples import document


@pytest.fixture
def partners(database):
    return database("partners")


def submit(database, structure_id, iban=IBANS[1], *, proof=None, rib=None):
    store = FileStore()
    who = actor("legal_representative", structure_id=structure_id)
    given = {
        "iban": iban,
        "holder": "Judo Club",
        "incoming_id": store.incoming(png() if rib is None else io.BytesIO(document(text=rib))),
        "filename": "rib.png",
        "proof": actors.issue_proof(who.account_id, rules.STEP_UP) if proof is None else proof,
    }
    return bank_accounts.submit_bank_account(database, Call(who, given), store)


def as_agent(database, handler, *arguments):
    with database.unit_of_work(Call(actor("agent", "instructor"))) as uow:
        return handler(uow, *arguments)


def states(database, structure_id):
    with database.unit_of_work(as_role("accountant", structure_id)) as uow:
        return {item["version"]: item["state"] for item in bank_accounts.own_bank_accounts(uow)["items"]}


def cool_off(database, bank_account_id):
    """As if 48 hours had passed since it was submitted."""
    with database.unit_of_work() as uow:
        row = uow.session.get_one(BankAccount, bank_account_id)
        row.submitted_at = row.submitted_at - rules.COOLING_OFF


def events(database):
    from sqlalchemy import select

    from services.chassis.tables import outbox

    with database.unit_of_work() as uow:
        return list(uow.session.scalars(select(outbox.c.type).order_by(outbox.c.id)))


def test_the_old_account_stays_in_force_until_an_agent_verified_the_new_one(partners):
    structure_id = structure(partners)
    submitted = submit(partners, structure_id)
    assert states(partners, structure_id) == {1: "verified", 2: "submitted"}
    with pytest.raises(CoolingOff):
        as_agent(partners, bank_accounts.verify, submitted["bank_account_id"])
    cool_off(partners, submitted["bank_account_id"])
    as_agent(partners, bank_accounts.verify, submitted["bank_account_id"])
    assert states(partners, structure_id) == {1: "replaced", 2: "verified"}
    assert events(partners)[-2:] == ["bank_account_submitted.v1", "bank_account_verified.v1"]


def test_the_event_carries_the_number_sealed_for_its_reader_only(partners):
    structure_id = structure(partners)
    submitted = submit(partners, structure_id)
    cool_off(partners, submitted["bank_account_id"])
    as_agent(partners, bank_accounts.verify, submitted["bank_account_id"])
    from sqlalchemy import select

    from services.chassis import serializer
    from services.chassis.tables import outbox

    with partners.unit_of_work() as uow:
        body = uow.session.scalars(select(outbox.c.body).order_by(outbox.c.id.desc())).first()
    data = serializer.loads(body)["data"]
    assert IBANS[1] not in body
    opened = secrets.transport.open(
        data["iban_sealed"], table="bank_account", column="iban", row_id=data["bank_account_id"]
    )
    assert opened == IBANS[1]


@pytest.mark.parametrize("proof", ["", "rubbish", "of somebody else"])
def test_a_change_needs_the_password_again(partners, proof):
    structure_id = structure(partners)
    if proof == "of somebody else":
        proof = actors.issue_proof("another-account", rules.STEP_UP)
    with pytest.raises(Refused) as refused:
        submit(partners, structure_id, proof=proof)
    assert refused.value.code == "step_up_required"
    assert states(partners, structure_id) == {1: "verified"}


def test_a_wrong_number_and_the_same_number_are_refused(partners):
    structure_id = structure(partners)
    with pytest.raises(ValidationFailed):
        submit(partners, structure_id, "FR7630006000011234567890188")
    with pytest.raises(SameBankAccount):
        submit(partners, structure_id, "FR76 3000 6000 0112 3456 7890 189")


def test_a_second_change_replaces_the_one_that_waits(partners):
    structure_id = structure(partners)
    submit(partners, structure_id)
    submit(partners, structure_id, IBANS[2])
    assert states(partners, structure_id) == {1: "verified", 2: "replaced", 3: "submitted"}


def test_a_rejected_account_leaves_the_old_one_in_force(partners):
    structure_id = structure(partners)
    submitted = submit(partners, structure_id)
    as_agent(partners, bank_accounts.reject, submitted["bank_account_id"], "Titulaire différent")
    assert states(partners, structure_id) == {1: "verified", 2: "rejected"}
    with pytest.raises(TransitionRefused):
        as_agent(partners, bank_accounts.verify, submitted["bank_account_id"])


def test_a_returned_payment_suspends_the_account_until_another_is_verified(partners):
    structure_id = structure(partners)
    with partners.unit_of_work() as uow:
        bank_accounts.on_payout_state_changed(uow, structure_id=structure_id, state="paid")
    assert states(partners, structure_id) == {1: "verified"}
    with partners.unit_of_work() as uow:
        bank_accounts.on_payout_state_changed(uow, structure_id=structure_id, state="returned")
    assert states(partners, structure_id) == {1: "suspended"}
    assert events(partners)[-1] == "bank_account_suspended.v1"
    submitted = submit(partners, structure_id)
    cool_off(partners, submitted["bank_account_id"])
    as_agent(partners, bank_accounts.verify, submitted["bank_account_id"])
    assert states(partners, structure_id) == {1: "replaced", 2: "verified"}


def test_an_agent_sees_who_else_uses_the_number(partners):
    structure(partners, "Autre club", iban=IBANS[1])
    submitted = submit(partners, structure(partners))
    seen = as_agent(partners, bank_accounts.reviewed, submitted["bank_account_id"])
    assert seen["iban"] == IBANS[1]
    assert list(seen["used_by"].values()) == ["Autre club"]
    assert [item["bank_account_id"] for item in as_agent(partners, bank_accounts.to_verify)["items"]] == [
        submitted["bank_account_id"]
    ]


@pytest.mark.parametrize(
    ("rib", "tone"), [(IBANS[1], "good"), (IBANS[0], "bad"), ("sans IBAN", "waiting"), (None, "waiting")]
)
def test_an_agent_is_told_whether_the_rib_says_what_was_typed(partners, rib, tone):
    submitted = submit(partners, structure(partners), rib=rib)
    seen = as_agent(partners, bank_accounts.reviewed, submitted["bank_account_id"])
    assert seen["rib_check"]["tone"] == tone


def test_what_waits_is_counted_and_listed_by_age(partners):
    """Of changed accounts only: the first one goes with its application."""
    young, old = (submit(partners, structure(partners), iban) for iban in (IBANS[1], IBANS[2]))
    for _ in range(2):
        cool_off(partners, old["bank_account_id"])
    told = as_agent(partners, bank_accounts.waiting)
    assert told["count"] == 2
    counts = {band["code"]: band["count"] for band in told["ages"]}
    assert sum(counts.values()) == told["count"]

    def listed(age):
        return [one["bank_account_id"] for one in as_agent(partners, bank_accounts.to_verify, age)["items"]]

    assert {code: len(listed(code)) for code in counts} == counts
    assert young["bank_account_id"] in listed("0-2") and old["bank_account_id"] in listed("3-7")
    assert listed(None)[-1] == young["bank_account_id"], "the longest waiting first"
