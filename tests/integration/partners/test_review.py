"""The review on real processes: verdicts, corrections that open only what was refused, numbers without gaps."""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import uuid4

import pikepdf
import pytest

from deploy.local.waiting import wait_for
from services.chassis import clock
from services.chassis.refusals import Refused
from services.chassis.vault import Vault
from services.partners.domain.partner_number import is_partner_number
from tests.integration.partners.world import Club
from tests.refusing import refusal
from tests.upload_samples import document, picture


def approve(world, club, agent=None):
    return world.as_agent("approve_application", agent=agent, application_id=club.application_id)


def test_the_screen_of_one_application_has_it_all(world):
    club = world.submitted()
    world.until_accounts_live(club)
    shown = world.as_agent("application", application_id=club.application_id)
    assert shown["representative"]["last_name"] == "Benali"
    assert shown["representative"]["mobile"].startswith("+33")
    assert {"take", "judge", "reject"} <= set(shown["may"]) and "approve" not in shown["may"]
    assert [item["verdict"] for item in shown["items"]] == ["pending"] * len(shown["items"])
    assert any("IBAN" in check["text"] for check in shown["checks"])


@pytest.mark.parametrize(("same", "tone"), [(True, "good"), (False, "bad")])
def test_the_screen_says_whether_the_rib_agrees(world, same, tone):
    club = world.filled(Club(), own_files=True)
    written = club.bank_account["iban"] if same else "FR7630006000011234567890189"
    world.add(club, "bank_details", document(text=f"IBAN {written}"))
    world.submit(club)
    shown = world.as_agent("application", application_id=club.application_id)
    assert [check["tone"] for check in shown["checks"] if check["text"].startswith("RIB")] == [tone]


def test_the_representative_is_shown_before_the_accounts_live_too(world):
    club = world.submitted()
    shown = world.as_agent("application", application_id=club.application_id)
    assert shown["representative"]["email"] == club.representative["email"]


def test_accepting_all_and_approving_gives_a_number(world):
    club = world.submitted()
    world.judge(club)
    number = approve(world, club)["partner_number"]
    assert is_partner_number(number)
    assert {"application_approved.v1", "bank_account_verified.v1", "structure_updated.v1"} <= set(world.events(club))
    (account,) = world.rows("SELECT state FROM bank_accounts WHERE structure_id = %s", club.structure_id)
    assert account == ("verified",)


def test_the_iban_travels_sealed_and_opens_with_the_transport_key_only(world):
    club = world.submitted()
    world.judge(club)
    approve(world, club)
    query = "SELECT body::json->'data' FROM outbox WHERE key = %s AND type = 'bank_account_verified.v1'"
    ((data,),) = world.rows(query, club.structure_id)
    assert club.bank_account["iban"] not in str(data)
    place = {"table": "bank_account", "column": "iban", "row_id": data["bank_account_id"]}
    assert Vault("transport").open(data["iban_sealed"], **place) == club.bank_account["iban"]


def test_an_application_changes_hands_and_goes_back_to_the_queue(world):
    club = world.submitted(Club("company"))
    asked = {"application_id": club.application_id}
    assert world.as_agent("take_application", **asked)["assigned_to"] == world.agent
    assert world.as_agent("take_application", agent=world.other_agent, **asked)["assigned_to"] == world.other_agent
    assert world.as_agent("release_application", agent=world.other_agent, **asked)["assigned_to"] is None
    waiting = world.as_agent("applications", assigned_to="nobody", words=club.structure["name"])["items"]
    assert [line["application_id"] for line in waiting] == [club.application_id]


def test_nothing_is_approved_that_nobody_has_judged(world):
    club = world.submitted()
    assert refusal(approve, world, club).code == "verdicts_missing"
    world.judge(club, refuse={"document:statutes": "Document illisible ou incomplet."})
    refused = refusal(approve, world, club)
    assert refused.code == "items_refused" and refused.fields["refused"] == ["Statuts"]
    assert world.rows("SELECT partner_number FROM structures WHERE structure_id = %s", club.structure_id) == [(None,)]


def test_a_refusal_without_a_reason_is_refused(world):
    club = world.submitted()
    asked = {"application_id": club.application_id, "item": "document:statutes", "accepted": False, "round": 1}
    assert refusal(world.as_agent, "record_verdict", **asked).code == "reason_missing"


def test_verdicts_are_the_cafs_own_business_until_they_are_sent(world):
    club = world.submitted()
    world.judge(club, refuse={"document:statutes": "Illisible."})
    own = world.as_partner(club, "own_application")["application"]
    assert {(item["verdict"], item["reason"]) for item in own["items"]} == {("pending", None)}
    assert [entry["action"] for entry in own["history"]] == ["application:submit", "application:take"]


def test_another_structures_application_is_an_unknown_one(world):
    club, other = world.submitted(), world.submitted()
    file = world.as_partner(other, "own_application")["application"]["items"]
    theirs = next(item for item in file if item["documents"])["documents"][0]["document_id"]
    assert refusal(world.as_partner, club, "own_document", document_id=theirs).code == "document_unknown"
    assert refusal(world.as_agent, "application", application_id=str(uuid4())).code == "application_unknown"


@pytest.mark.parametrize("roles", [("visitor",), ("legal_representative",), ("agent", "signatory"), ("terminal",)])
def test_only_instructors_review(world, roles):
    club = world.submitted(Club("company"))
    token = world.sign(*roles, account_id=None if roles == ("visitor",) else str(uuid4()))
    for method in ("application", "take_application", "approve_application"):
        assert refusal(world.call, method, token=token, application_id=club.application_id).code == "not_allowed"


def test_agents_see_a_watermarked_identity_document(world):
    club = world.submitted()
    shown = world.as_agent("application", application_id=club.application_id)
    card = next(item for item in shown["items"] if item["item"] == "document:identity_document")["documents"][0]
    asked = {"application_id": club.application_id, "document_id": card["document_id"]}
    for_agent = world.as_agent("application_document", **asked)
    own = world.as_partner(club, "own_document", document_id=card["document_id"])
    assert for_agent["sha256"] != own["sha256"]
    with pikepdf.open(io.BytesIO(world.store.open(for_agent["sha256"]).read())) as pdf:
        marked = b"".join(part.read_bytes() for part in pdf.pages[0].Contents)
    assert "Copie réservée".encode("cp1252").hex().encode() in marked
    looks = "SELECT count(*) FROM audit WHERE action = 'document:look' AND subject = %s"
    assert world.rows(looks, card["document_id"]) == [(1,)]


def test_the_same_iban_elsewhere_is_a_warning(world):
    first = world.submitted(Club("company"))
    second = world.submitted(Club("company", bank_account={"iban": first.bank_account["iban"]}))
    shown = world.as_agent("application", application_id=second.application_id)
    found = {(one["what"], one["application_id"]) for one in shown["duplicates"]}
    assert ("iban", first.application_id) in found


def test_a_rejection_says_why_and_ends_it(world):
    club = world.submitted(Club("company"))
    assert (
        refusal(world.as_agent, "reject_application", application_id=club.application_id, reason=" ").code
        == "reason_missing"
    )
    world.as_agent("reject_application", application_id=club.application_id, reason="Hors dispositif.")
    assert world.as_partner(club, "own_application")["application"]["rejection_reason"] == "Hors dispositif."
    assert "application_rejected.v1" in world.events(club)
    assert refusal(approve, world, club).code == "transition_refused"


def test_two_agents_approve_at_once_and_there_is_one_number_and_one_history(world):
    club = world.submitted()
    world.judge(club)

    def attempt(agent):
        try:
            return approve(world, club, agent)["partner_number"]
        except Refused as refused:
            return refused.code

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(attempt, [world.agent, world.other_agent] * 4))
    assert sorted(set(outcomes))[1:] == ["transition_refused"] and outcomes.count("transition_refused") == 7
    history = "SELECT count(*) FROM application_history WHERE application_id = %s AND action = 'application:approve'"
    assert world.rows(history, club.application_id) == [(1,)]
    assert world.events(club).count("application_approved.v1") == 1


def test_numbers_have_no_gap_whatever_fails_and_whoever_is_first(world):
    clubs = [world.submitted(Club("company")) for _ in range(6)]
    for club in clubs[:4]:
        world.judge(club)

    def attempt(club):
        try:
            return approve(world, club)["partner_number"]
        except Refused as refused:
            return refused.code

    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(attempt, clubs))
    assert outcomes.count("verdicts_missing") == 2
    ranks = [rank for (rank,) in world.rows("SELECT rank FROM partner_numbers ORDER BY rank")]
    assert ranks == list(range(1, len(ranks) + 1))


def test_the_identity_document_goes_once_both_have_signed(world):
    club = world.submitted(own_files=True)
    world.judge(club)
    approve(world, club)
    kept = world.rows("SELECT kind, sha256 FROM documents WHERE application_id = %s", club.application_id)
    world.announce(
        "conventions",
        "convention_activated.v1",
        convention_id=str(uuid4()),
        structure_id=club.structure_id,
        partner_number="1000015",
        activated_at=datetime.now(UTC).isoformat(),
        effective_on=clock.today().isoformat(),
    )
    gone = {sha256 for kind, sha256 in kept if kind == "identity_document"}
    wait_for(lambda: not any(map(world.store.exists, gone)), "the identity document is deleted", 90)
    assert all(world.store.exists(sha256) for kind, sha256 in kept if kind != "identity_document")
    wait_for(lambda: "supporting_documents_purged.v1" in world.events(club), "the purge is announced", 10)


def test_a_content_that_another_document_needs_stays(world):
    content = picture("png", (61, 41))
    one, other = world.start(Club()), world.start(Club())
    for club in (one, other):
        world.save(club, 2)
        world.add(club, "statutes", content)
    (kept,) = world.call("draft", draft_token=one.token)["documents"]
    world.call("remove_document", draft_token=one.token, document_id=kept["document_id"])
    purged = "SELECT purged_at IS NOT NULL FROM documents WHERE document_id = %s"
    wait_for(lambda: world.rows(purged, kept["document_id"]) == [(True,)], "the removed file is settled", 90)
    (theirs,) = world.call("draft", draft_token=other.token)["documents"]
    found = world.call("draft_document", draft_token=other.token, document_id=theirs["document_id"])
    assert world.store.exists(found["sha256"])


def test_a_piece_that_is_over_is_told_to_the_agent(world):
    club = Club("company")
    world.start(club)
    club.structure["date_registration_extract"] = "2020-01-01"
    club.representative["date_identity_document"] = "2099-12-31"
    world.save(club, 2, 3, 4, 5, 6)
    for kind in ("registration_extract", "identity_document", "bank_details"):
        world.add(club, kind)
    world.submit(club)
    shown = world.as_agent("application", application_id=club.application_id)
    told = {check["tone"]: check["text"] for check in shown["checks"] if "31/12/2099" in check["text"]}
    told |= {check["tone"]: check["text"] for check in shown["checks"] if "01/01/2020" in check["text"]}
    assert "périmée ou trop ancienne" in told["bad"] and "valable" in told["good"]
