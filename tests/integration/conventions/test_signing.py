"""Reading and signing: what is recorded, and what can't be got around."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from services.chassis import clock
from services.conventions.domain.evidence import Evidence, check_chain
from services.conventions.domain.refusals import (
    CodeNotSent,
    DocumentChanged,
    ReadingRequired,
    SigningBlocked,
    SigningCodeExpired,
    SigningCodeMissing,
    SigningCodeWrong,
    TooManyCodes,
    TransitionRefused,
)
from services.conventions.handlers import deciding, preparing, reading, signing
from services.conventions.models import SigningCode
from tests.integration.conventions.world import World, wrong


def test_the_representative_reads_gets_a_code_and_signs(world: World):
    club = world.club()
    assert club.own()["state"] == "prepared"
    opened = club.open()
    assert opened["document"]["pages"] >= 3 and opened["text"]["articles"][0]["title"] == "Objet de la convention"
    club.read()
    signed = club.type_code(club.ask_code())
    assert signed["state"] == "signed_by_partner" and signed["document_sha256"] == opened["document"]["sha256"]
    [announced] = world.events("convention_signed.v1")
    assert announced["convention_id"] == signed["convention_id"]
    kinds = [link.kind for link in world.links(club)]
    assert kinds == ["prepared", "rendered", "read", "code_requested", "code_sent", "signed"]


def test_the_evidence_says_all_that_the_rule_wants(world: World):
    """DOMAIN, «Convention»: document, code hash, provider id, delivery state, attempts, account, masked phone, address,
    browser, text version, times."""
    club = world.club()
    club.open()
    club.read()
    code = club.ask_code()
    with pytest.raises(SigningCodeWrong):
        club.type_code(wrong(code))
    club.type_code(code)
    signed = world.links(club)[-1]
    assert signed.kind == Evidence.SIGNED
    assert signed.facts["document_sha256"] == club.document_sha256
    assert signed.facts["account_id"] == club.actor.account_id
    assert signed.facts["wrong_codes_before"] == 1
    assert signed.facts["masked_phone"] == "06 •• •• •• 78"
    assert (signed.facts["ip"], signed.facts["user_agent"]) == ("192.0.2.7", "Firefox")
    assert (signed.facts["provider"], signed.facts["delivery_state"]) == ("file", "sent")
    assert signed.facts["text_version"] == "2026-1"
    assert code not in str([link.facts for link in world.links(club)]).replace(signed.facts["provider_id"], "")
    assert check_chain(club.convention_id, world.links(club)) == signed.hash


def test_the_database_never_holds_the_code(world: World):
    club = world.club()
    club.open()
    club.read()
    code = club.ask_code()
    with world.database.unit_of_work() as uow:
        [row] = uow.session.query(SigningCode).all()
    assert code not in row.code_hash and len(row.code_hash) == 64


def test_no_code_before_reading(world: World):
    club = world.club()
    club.open()
    with pytest.raises(ReadingRequired):
        club.ask_code()
    assert world.identity.codes == []


def test_no_signature_without_a_code(world: World):
    club = world.club()
    club.open()
    club.read()
    with pytest.raises(SigningCodeMissing):
        club.type_code("123456")


def test_a_code_expires_by_the_platform_s_clock(world: World, move_clock):
    club = world.club()
    club.open()
    club.read()
    code = club.ask_code()
    move_clock("+600s")
    with pytest.raises(SigningCodeExpired):
        club.type_code(code)
    assert club.own()["state"] == "prepared"


def test_three_sends_an_hour(world: World, move_clock):
    club = world.club()
    club.open()
    club.read()
    for _ in range(3):
        club.ask_code()
    with pytest.raises(TooManyCodes):
        club.ask_code()
    move_clock("+1h")
    club.ask_code()
    assert len(world.identity.codes) == 4


def test_a_code_that_the_provider_refused_does_not_count(world: World):
    club = world.club()
    club.open()
    club.read()
    world.identity.refuses = "sms_failed"
    for _ in range(4):
        with pytest.raises(CodeNotSent):
            club.ask_code()
    world.identity.refuses = None
    assert club.type_code(club.ask_code())["state"] == "signed_by_partner"


def test_only_the_newest_code_counts(world: World):
    club = world.club()
    club.open()
    club.read()
    first, second = club.ask_code(), club.ask_code()
    if first != second:
        with pytest.raises(SigningCodeWrong):
            club.type_code(first)
    assert club.type_code(second)["state"] == "signed_by_partner"


def test_a_new_code_does_not_reset_the_failures(world: World, move_clock):
    club = world.club()
    club.open()
    club.read()
    code = club.ask_code()
    for left in (4, 3, 2):
        with pytest.raises(SigningCodeWrong) as refused:
            club.type_code(wrong(code))
        assert refused.value.fields == {"tries_left": left}
    code = club.ask_code()
    with pytest.raises(SigningCodeWrong) as refused:
        club.type_code(wrong(code))
    assert refused.value.fields == {"tries_left": 1}
    with pytest.raises(SigningBlocked):
        club.type_code(wrong(code))
    with pytest.raises(SigningBlocked):
        club.type_code(code)
    with pytest.raises(SigningBlocked):
        club.ask_code()
    move_clock("+23h")
    with pytest.raises(SigningBlocked):
        club.ask_code()
    move_clock("+24h")
    clock.reread()
    assert club.type_code(club.ask_code())["state"] == "signed_by_partner"


def test_ten_thousand_guesses_from_eight_places_are_five(world: World):
    """Every guess beyond the fifth is refused unheard, the right one too; guessing in parallel buys nothing."""
    club = world.club()
    club.open()
    club.read()
    code = club.ask_code()
    together = threading.Barrier(8)
    guesses = [f"{number:06d}" for number in range(10_001) if f"{number:06d}" != code][:10_000]

    def guess(share: list[str]) -> Counter[str]:
        answers: Counter[str] = Counter()
        together.wait(20)
        for one in share:
            try:
                club.type_code(one)
                answers["signed"] += 1
            except (SigningCodeWrong, SigningBlocked) as refusal:
                answers[refusal.code] += 1
        return answers

    with ThreadPoolExecutor(8) as pool:
        answers = sum(pool.map(guess, [guesses[start::8] for start in range(8)]), Counter[str]())
    assert answers == {"signing_code_wrong": 4, "signing_blocked": 9_996}  # the fifth is answered with the block
    with pytest.raises(SigningBlocked):
        club.type_code(code)
    assert [link.kind for link in world.links(club)].count("code_wrong") == 5
    check_chain(club.convention_id, world.links(club))


def test_an_agent_lifts_the_block(world: World):
    club = world.club()
    club.open()
    club.read()
    code = club.ask_code()
    for _ in range(5):
        with pytest.raises((SigningCodeWrong, SigningBlocked)):
            club.type_code(wrong(code))
    assert "unblock" in world.look(club)["may"]
    world.run(signing.unblock_signing, actor=world.agent(), convention_id=club.convention_id)
    assert club.type_code(club.ask_code())["state"] == "signed_by_partner"


def test_changed_facts_make_a_new_document_to_be_read_again(world: World):
    club = world.club()
    before = club.open()
    club.read()
    code = club.ask_code()
    world.partners.structure["name"] = "Judo Club du Landy"
    after = club.open()
    assert after["document"]["sha256"] != before["document"]["sha256"] and after["read_at"] is None
    with pytest.raises(ReadingRequired):
        club.ask_code()
    with pytest.raises(SigningCodeMissing):
        club.type_code(code)
    club.document_sha256 = before["document"]["sha256"]
    with pytest.raises(DocumentChanged):
        club.type_code(code)


def test_opening_again_changes_nothing(world: World):
    club = world.club()
    first = club.open()
    assert club.open()["document"] == first["document"]
    assert [link.kind for link in world.links(club)] == ["prepared", "rendered"]


def test_the_next_representative_does_not_sign_what_names_the_one_before(world: World):
    from uuid import uuid4

    from services.chassis.actor import Actor

    club = world.club()
    club.open()
    club.actor = Actor(roles=club.actor.roles, account_id=str(uuid4()), scope=club.actor.scope)
    with pytest.raises(DocumentChanged):
        club.read()


def test_signing_twice_is_refused(world: World):
    club = world.club().sign()
    with pytest.raises(TransitionRefused):
        club.type_code("000000")
    with pytest.raises(TransitionRefused):
        world.run(reading.confirm_reading, actor=club.actor, document_sha256=club.document_sha256, how="statement",
                  ip="", user_agent="")  # fmt: skip


def test_a_delivery_report_becomes_evidence_once(world: World):
    club = world.club().sign()
    sent = next(link for link in world.links(club) if link.kind == "code_sent")
    report = {"provider": "file", "provider_id": sent.facts["provider_id"], "status": "delivered", "at": clock.now()}
    for _ in range(2):
        world.run(signing.on_sms_status_changed, **report)
    found = [link.facts["delivery_state"] for link in world.links(club) if link.kind == "code_delivery"]
    assert found == ["delivered"]


def test_a_report_about_somebody_else_s_message_is_none_of_ours(world: World):
    club = world.club().sign()
    before = len(world.links(club))
    world.run(signing.on_sms_status_changed, provider="file", provider_id="other", status="delivered", at=clock.now())
    assert len(world.links(club)) == before


def test_approval_before_submission_still_makes_one_convention(world: World):
    club = world.club(approved=True)
    world.run(preparing.on_application_submitted, application_id=club.application_id, structure_id=club.structure_id)
    assert len(world.events("convention_prepared.v1")) == 1
    club.sign()
    assert world.look(club)["countersignable"]


def test_a_rejected_application_refuses_its_convention(world: World):
    club = world.club()
    club.open()
    world.run(
        preparing.on_application_rejected,
        application_id=club.application_id,
        structure_id=club.structure_id,
        reason="Pièces fausses",
    )
    assert club.own()["state"] == "refused" and club.own()["reason"] == "Pièces fausses"
    [announced] = world.events("convention_refused.v1")
    assert announced["cause"] == "application_rejected", "its own mail tells the partner"
    with pytest.raises(TransitionRefused):
        club.read()


def test_what_waits_for_the_caf_is_counted_and_listed_by_age(world: World, move_clock):
    old, young = world.club(name="Ancien", approved=True).sign(), world.club(name="Pas approuvé").sign()
    move_clock("+5d")
    young.approve()
    counts = {band["code"]: band["count"] for band in world.run(deciding.counts)["waiting"]["ages"]}
    assert counts == {"0-2": 1, "3-7": 1, "8-30": 0, "31-": 0}
    told = world.run(deciding.counts)["waiting"]
    assert (told["count"], told["since"]) == (2, old.own()["signed_at"])

    def listed(age: str) -> list[str]:
        asked = {"state": None, "countersignable": True, "words": None, "limit": 5, "cursor": None}
        return [line["convention_id"] for line in world.run(deciding.conventions, age=age, **asked)["items"]]

    assert [listed(code) for code in counts] == [[young.convention_id], [old.convention_id], [], []]
    move_clock("+40d")
    assert set(listed("31-")) == {old.convention_id, young.convention_id}


def test_the_caf_s_list_is_longest_waiting_first_and_pages(world: World):
    clubs = [world.club(name=f"Club {number}").sign() for number in range(3)]
    filters = {"state": None, "countersignable": None, "words": "club", "limit": 2}
    first = world.run(deciding.conventions, cursor=None, **filters)
    second = world.run(deciding.conventions, cursor=first["next_cursor"], **filters)
    names = [line["structure_name"] for line in first["items"] + second["items"]]
    assert names == ["Club 0", "Club 1", "Club 2"] and second["next_cursor"] is None
    newest = world.run(deciding.conventions, cursor=None, **filters, sort="newest")
    assert [line["structure_name"] for line in newest["items"]] == ["Club 2", "Club 1"]
    older = world.run(deciding.conventions, cursor=newest["next_cursor"], **filters, sort="newest")
    assert [line["structure_name"] for line in older["items"]] == ["Club 0"]
    assert world.run(deciding.conventions, cursor=None, **filters, kind="renewal")["items"] == []
    assert (
        world.run(deciding.conventions, cursor=None, **{**filters, "words": "Club 2"})["items"][0]["convention_id"]
        == clubs[2].convention_id
    )


# ── the Caf's turn ───────────────────────────────────────────────────────────────────────────────────
def test_it_waits_for_the_caf_once_it_is_signed_and_approved_in_either_order(world: World):
    signed_first, approved_first = world.club().sign(), world.club(approved=True)
    assert world.events("convention_countersignable.v1") == []
    signed_first.approve()
    approved_first.sign()
    told = world.events("convention_countersignable.v1")
    assert [event["structure_id"] for event in told] == [signed_first.structure_id, approved_first.structure_id]
    assert {(event["kind"], event["current_ends_on"]) for event in told} == {("initial", None)}
    assert [event["countersignable"] for event in world.events("convention_signed.v1")] == [False, True]
    signed_first.approve()
    assert len(world.events("convention_countersignable.v1")) == 2, "an announcement that comes twice is told once"
