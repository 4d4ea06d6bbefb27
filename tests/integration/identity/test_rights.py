"""Delegations, the change of representative, agents: who may do what, and what is foreign."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from deploy.local.waiting import wait_for
from services.chassis import clock
from services.chassis.refusals import Refused
from tests.integration.identity.world import PASSWORD, Partner, now, password_in
from tests.refusing import refusal

PERSON = {
    "civility": "Mme", "first_name": "Linh", "last_name": "Nguyen", "position": "Présidente",
    "mobile": "06 98 76 54 32", "reason": "Assemblée générale", "password": PASSWORD,
}  # fmt: skip


def delegate_of(world, partner, role="cashier", **more):
    """Somebody added, granted and signed in, in front of the structure."""
    email = f"d{uuid4().hex[:8]}@exemple.fr"
    account_id = partner.call("add_delegate", first_name="Zoé", last_name="Benali", email=email)["account_id"]
    granted = partner.call("grant_delegation", account_id=account_id, role=role, **more)
    mine = Partner(world, email, "", partner.name)
    mine.structure_id, mine.account_id, mine.delegation_id = partner.structure_id, account_id, granted["delegation_id"]
    mine.activate()
    mine.choose()
    return mine


def establishment(world, partner, open=True):
    """An establishment announced by the partners service."""
    found = str(uuid4())
    data = {"establishment_id": found, "structure_id": partner.structure_id, "name": "Gymnase", "open": open}
    world.announce("partners", "establishment_saved.v1", commune_name="Pantin", is_seat=False, **data)
    known = "SELECT 1 FROM establishments WHERE establishment_id = %s"
    wait_for(lambda: world.rows(known, found), "the establishment to be known", 10)
    return found


@pytest.fixture(scope="module")
def partner(world):
    return world.representative("Basket de Drancy")


@pytest.fixture(scope="module")
def stranger(world):
    return world.representative("Autre club")


def test_adding_grants_nothing(world, partner):
    added = partner.call("add_delegate", first_name="Ali", last_name="Roy", email="ali@exemple.fr")
    mine = Partner(world, "ali@exemple.fr", "", "")
    mine.activate()
    assert (mine.viewer["roles"], mine.viewer["structures"]) == (["person"], [])
    assert refusal(mine.call, "choose_structure", structure_id=partner.structure_id).code == "structure_not_yours"
    shown = [item for item in partner.call("delegates")["items"] if item["account_id"] == added["account_id"]]
    assert (shown[0]["state"], shown[0]["delegation"]) == ("active", None)


@pytest.mark.parametrize("role", ["manager", "accountant", "cashier"])
def test_a_granted_role_is_the_one_that_the_token_names(world, partner, role):
    mine = delegate_of(world, partner, role)
    assert mine.viewer["roles"] == [role]
    assert mine.viewer["structure"]["delegation_id"] == mine.delegation_id


def test_only_the_representative_grants_and_revokes(world, partner):
    manager = delegate_of(world, partner, "manager")
    other = manager.call("add_delegate", first_name="Ana", last_name="Sy", email="ana@exemple.fr")["account_id"]
    assert refusal(manager.call, "grant_delegation", account_id=other, role="manager").code == "not_allowed"
    assert refusal(manager.call, "revoke_delegation", delegation_id=manager.delegation_id).code == "not_allowed"
    cashier = delegate_of(world, partner)
    assert refusal(cashier.call, "delegates").code == "not_allowed"


def test_a_revoked_right_is_refused_within_a_second_and_forgotten_by_the_session(world, partner):
    mine = delegate_of(world, partner)
    token = mine.token
    partner.call("revoke_delegation", delegation_id=mine.delegation_id)
    wait_for(lambda: code_of(world.call, "person", token=token) == "actor_revoked", "the token to be refused", 1.5)
    assert (mine.viewer["roles"], mine.viewer["structure"]) == (["person"], None)


def code_of(work, *arguments, **named):
    try:
        work(*arguments, **named)
    except Refused as refused:
        return refused.code
    return ""


def test_a_right_limited_to_an_establishment_says_so(world, partner, stranger):
    gymnasium = establishment(world, partner)
    mine = delegate_of(world, partner, establishment_id=gymnasium)
    assert mine.viewer["structure"]["establishment_id"] == gymnasium
    for wrong in (establishment(world, stranger), establishment(world, partner, open=False), str(uuid4())):
        account_id = partner.call("add_delegate", first_name="X", last_name="Y", email=f"{uuid4()}@exemple.fr")
        refused = refusal(
            partner.call,
            "grant_delegation",
            account_id=account_id["account_id"],
            role="cashier",
            establishment_id=wrong,
        )
        assert refused.code == "establishment_unknown"


def test_a_right_ends_after_its_last_day_by_the_platforms_clock(world, partner):
    mine = delegate_of(world, partner, ends_on=clock.today().isoformat())
    world.running.move_clock("+2d")
    wait_for(lambda: mine.viewer["roles"] == ["person"], "the right to be over", 5)
    ended = "SELECT ended_at IS NOT NULL FROM delegations WHERE delegation_id = %s"
    wait_for(lambda: world.rows(ended, mine.delegation_id) == [(True,)], "the end to be written", 30)
    world.running.move_clock("+0s")


def test_one_right_per_person_and_structure(world, partner):
    mine = delegate_of(world, partner)
    refused = refusal(partner.call, "grant_delegation", account_id=mine.account_id, role="manager")
    assert refused.code == "already_delegated"


def test_granting_twice_at_once_grants_once(world, partner):
    account_id = partner.call("add_delegate", first_name="A", last_name="B", email="twice@exemple.fr")["account_id"]
    with ThreadPoolExecutor(8) as pool:
        work = lambda _: code_of(partner.call, "grant_delegation", account_id=account_id, role="cashier")  # noqa: E731
        answers = list(pool.map(work, range(8)))
    assert sorted(answers) == ["", *["already_delegated"] * 7]


def test_the_representative_can_not_be_revoked(partner):
    own = next(item for item in partner.call("delegates")["items"] if item["is_me"])
    refused = refusal(partner.call, "revoke_delegation", delegation_id=own["delegation"]["delegation_id"])
    assert refused.code == "last_administrator"


def test_what_belongs_to_others_reads_as_unknown(world, partner, stranger):
    mine = delegate_of(world, partner)
    for foreign, unknown in ((mine.delegation_id, str(uuid4())),):
        for asked in (foreign, unknown):
            assert refusal(stranger.call, "revoke_delegation", delegation_id=asked).code == "delegation_unknown"
    for asked in (mine.account_id, str(uuid4())):
        assert refusal(stranger.call, "remove_delegate", account_id=asked).code == "delegate_unknown"
        assert refusal(stranger.call, "grant_delegation", account_id=asked, role="cashier").code == "delegate_unknown"
    assert stranger.call("persons", account_ids=[mine.account_id]) == {}
    assert set(partner.call("persons", account_ids=[mine.account_id, str(uuid4())])) == {mine.account_id}


def test_one_person_may_act_for_several_structures_with_one_account(world, partner, stranger):
    mine = delegate_of(world, partner)
    added = stranger.call("add_delegate", first_name="Tapé", last_name="Autrement", email=mine.email.upper())
    assert added["account_id"] == mine.account_id
    shown = stranger.call("delegates")["items"][-1]
    assert (shown["first_name"], shown["last_name"]) == ("Tapé", "Autrement")  # never the name that the account holds
    stranger.call("grant_delegation", account_id=mine.account_id, role="accountant")
    assert {each["role"] for each in mine.viewer["structures"]} == {"cashier", "accountant"}
    assert "ajouté aux délégués" in str(world.mail(mine.email, "ajouté")["Subject"])
    again = refusal(stranger.call, "add_delegate", first_name="A", last_name="B", email=mine.email)
    assert again.code == "already_delegate"


def test_a_structures_address_is_nobodys(partner, stranger):
    refused = refusal(partner.call, "add_delegate", first_name="A", last_name="B", email=stranger.structure_email)
    assert refused.code == "email_already_used"


def test_the_caf_decides_on_another_representative(world):
    partner = world.representative("Danse de Stains")
    caf = world.call_as("instructor", "agent")
    asked = partner.call("request_transfer", email="linh@exemple.fr", **PERSON)["transfer_id"]
    refused = refusal(partner.call, "request_transfer", email="other@exemple.fr", **PERSON)
    assert refused.code == "transfer_pending"
    assert refusal(caf, "decide_transfer", transfer_id=asked, accepted=False).code == "validation_failed"
    assert partner.viewer["roles"] == ["legal_representative"]
    caf("decide_transfer", transfer_id=asked, accepted=True)
    assert partner.viewer["roles"] == ["person"]
    fresh = Partner(world, "linh@exemple.fr", "", partner.name)
    fresh.structure_id = partner.structure_id
    fresh.activate()
    fresh.choose()
    assert fresh.viewer["roles"] == ["legal_representative"]
    assert fresh.call("person")["mobile_masked"].endswith("32")
    assert refusal(caf, "decide_transfer", transfer_id=asked, accepted=True).code == "transfer_decided"
    for address in (partner.email, partner.structure_email, "linh@exemple.fr"):
        world.mail(address, "Changement de représentant légal")


def test_two_agents_deciding_at_once_decide_once(world):
    partner = world.representative()
    asked = partner.call("request_transfer", email="linh2@exemple.fr", **PERSON)["transfer_id"]
    caf = world.call_as("instructor", "agent")
    with ThreadPoolExecutor(6) as pool:
        work = lambda _: code_of(caf, "decide_transfer", transfer_id=asked, accepted=True)  # noqa: E731
        answers = list(pool.map(work, range(6)))
    assert sorted(answers) == ["", *["transfer_decided"] * 5]
    held = "SELECT count(*) FROM delegations WHERE structure_id = %s AND ended_at IS NULL"
    assert world.rows(held, partner.structure_id) == [(1,)]


def test_a_refused_transfer_keeps_no_personal_data(world):
    partner = world.representative()
    asked = partner.call("request_transfer", email="linh3@exemple.fr", **PERSON)["transfer_id"]
    caf = world.call_as("instructor", "agent")
    caf("decide_transfer", transfer_id=asked, accepted=False, reason="Procès-verbal manquant")
    shown = partner.call("own_transfer")["transfer"]
    assert (shown["state"], shown["decision_reason"], shown["email"]) == ("rejected", "Procès-verbal manquant", "")
    assert world.rows("SELECT person FROM representative_transfers WHERE transfer_id = %s", asked) == [(None,)]


def test_what_waits_for_the_caf_is_counted_and_listed_by_age(world):
    """Requests that are decided wait no more."""
    caf = world.call_as("instructor", "agent")
    old, decided = (
        world.representative().call("request_transfer", email=f"linh{number}@exemple.fr", **PERSON)["transfer_id"]
        for number in (4, 5)
    )
    caf("decide_transfer", transfer_id=decided, accepted=False, reason="Procès-verbal manquant")
    world.rows(
        "UPDATE representative_transfers SET requested_at = requested_at - interval '8 days' WHERE transfer_id = %s"
        " RETURNING transfer_id", old,
    )  # fmt: skip
    told = caf("transfers_waiting")
    counts = {band["code"]: band["count"] for band in told["ages"]}
    assert sum(counts.values()) == told["count"] >= 1 and counts["8-30"] >= 1

    def listed(age):
        return [one["transfer_id"] for one in caf("transfers", state="requested", age=age)["items"]]

    assert {code: len(listed(code)) for code in counts} == counts
    assert old in listed("8-30") and not [age for age in counts if decided in listed(age)]
    assert refusal(caf, "transfers", age="8-31").code == "validation_failed"


def test_agents_are_managed_by_administrators_and_one_remains(world):
    caf = world.call_as("administrator", "agent")
    ids = [
        caf("add_agent", first_name="A", last_name="B", email=f"admin{n}@caf.example", roles=["administrator"])[
            "account_id"
        ]
        for n in range(2)
    ]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda account_id: code_of(caf, "suspend_agent", account_id=account_id), ids))
    assert sorted(answers) == ["", "last_caf_administrator"]
    kept = ids[answers.index("last_caf_administrator")]
    assert refusal(caf, "set_agent_roles", account_id=kept, roles=["instructor"]).code == "last_caf_administrator"
    assert refusal(world.call_as("instructor", "agent"), "agents").code == "not_allowed"
    assert refusal(caf, "suspend_agent", account_id=str(uuid4())).code == "agent_unknown"


def test_a_suspended_agent_is_out_at_once(world):
    caf = world.call_as("administrator", "agent")
    account_id = caf("add_agent", first_name="A", last_name="B", email="out@caf.example", roles=["instructor"])[
        "account_id"
    ]
    password = password_in(world.mail("out@caf.example", "compte d'agent"))
    assert world.sign_in("out@caf.example", password, "agent")["next"] == "enrol"
    caf("suspend_agent", account_id=account_id)
    assert refusal(world.sign_in, "out@caf.example", password, "agent").code == "sign_in_failed"


def test_newer_names_of_structures_win_whatever_their_order(world, partner):
    newer, older = now(), (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    for at, name in ((newer, "Basket de Drancy 93"), (older, "Ancien nom")):
        data = {"structure_id": partner.structure_id, "name": name, "partner_number": "930000017"}
        event = world.announce("partners", "structure_updated.v1", at=at, **data)
        wait_for(lambda event=event: world.rows("SELECT 1 FROM inbox WHERE event_id = %s", event), "the event", 10)
    assert partner.viewer["structure"]["name"] == "Basket de Drancy 93"
    assert partner.viewer["structure"]["partner_number"] == "930000017"
