"""Amendments, renewals, and ends of term, by the platform's clock."""

from datetime import date, timedelta

import pytest

from services.chassis import clock
from services.conventions.domain.refusals import (
    AmendmentPending,
    NotApproved,
    NotInForce,
    TextUpToDate,
    TransitionRefused,
)
from services.conventions.handlers import deciding, ending, preparing, reading, terms, wording
from tests.integration.conventions.world import World


def test_an_amendment_shows_what_changes_and_replaces_once_both_have_signed(world: World, newer_text, move_clock):
    club = world.partner()
    first = club.convention_id
    with pytest.raises(TextUpToDate):
        world.run(terms.amend, actor=world.agent(), convention_id=first)
    newer_text()
    assert "amend" in world.look(club)["may"]
    world.run(terms.amend, actor=world.agent(), convention_id=first)
    with pytest.raises(AmendmentPending):
        world.run(terms.amend, actor=world.agent(), convention_id=first)
    opened = club.open()
    assert opened["kind"] == "amendment" and opened["text_version"] == "2026-2"
    changed = [line for line in opened["changes"] if line["kind"] != "same"]
    [reworded] = changed
    assert reworded["kind"] == "changed" and reworded["heading"].startswith("Article ")
    assert [part["text"].strip() for part in reworded["parts"] if part["kind"] != "same"] == ["d’un", "de deux"]
    club.read()
    club.type_code(club.ask_code())
    assert world.countersign(club)["signed"] == 1
    before, after = world.run(deciding.convention, convention_id=first), world.look(club)
    assert before["replaced_by_id"] == after["convention_id"]
    assert (before["ends_on"], after["effective_on"]) == (clock.today(), clock.today() + timedelta(days=1))
    assert len(world.events("convention_activated.v1")) == 1, "the partner has been one all along"
    assert [event["kind"] for event in world.events("convention_replaced.v1")] == ["amendment"]
    move_clock("+1d")
    world.run(ending.end_terms)
    assert world.run(deciding.convention, convention_id=first)["state"] == "terminated"
    assert world.events("convention_terminated.v1") == []


def test_the_signed_version_never_changes(world: World, newer_text):
    club = world.partner()
    signed = world.look(club)["document_sha256"]
    newer_text()
    world.run(terms.amend, actor=world.agent(), convention_id=club.convention_id)
    club.open()
    first = next(
        line
        for line in world.run(
            deciding.conventions, state="active", countersignable=None, words=None, cursor=None, limit=5
        )["items"]
    )
    assert first["text_version"] == "2026-1"
    assert world.run(deciding.convention, convention_id=first["convention_id"])["document_sha256"] == signed


def test_the_newest_text_is_proposed_to_everybody_with_an_older_one(world: World, newer_text):
    clubs = [world.partner() for _ in range(3)]
    newer_text()
    assert world.run(wording.versions)["to_amend"] == 3
    assert world.run(terms.amend_all, actor=world.agent()) == {"proposed": 3}
    assert world.run(terms.amend_all, actor=world.agent()) == {"proposed": 0}
    assert [club.own()["kind"] for club in clubs] == ["amendment"] * 3


def test_only_a_convention_in_force_is_amended(world: World, newer_text):
    club = world.club(approved=True).sign()
    newer_text()
    with pytest.raises(NotInForce):
        world.run(terms.amend, actor=world.agent(), convention_id=club.convention_id)


def test_a_renewal_is_proposed_two_months_before_and_follows_on(world: World, move_clock):
    club = world.partner()
    first = club.own()
    ends_on: date = first["ends_on"]
    move_clock("+200d")
    assert world.run(terms.prepare_renewals) == 0
    move_clock("+310d")
    assert world.run(terms.prepare_renewals) == 1
    assert world.run(terms.prepare_renewals) == 0
    club.sign()
    world.countersign(club)
    renewed = club.own()
    assert renewed["kind"] == "renewal" and renewed["effective_on"] == ends_on + timedelta(days=1)
    assert renewed["ends_on"] == states_end(ends_on)
    told = world.events("convention_countersignable.v1")[-1]
    assert (told["kind"], told["current_ends_on"]) == ("renewal", ends_on.isoformat())
    move_clock("+366d")
    assert world.run(ending.end_terms) == 1
    assert club.own()["in_force"] and world.events("convention_terminated.v1") == []


def test_who_signs_a_renewal_reads_the_renewal(world: World, move_clock):
    """Beside it, «Télécharger la convention» gives the one that both have signed."""
    club = world.partner()
    in_force = world.look(club)
    move_clock("+310d")
    world.run(terms.prepare_renewals)
    club.open()
    document = {shown: world.run(reading.own_document, actor=club.actor, shown=shown) for shown in (True, False)}
    assert document[True]["sha256"] == club.document_sha256
    assert document[False]["sha256"] == in_force["sealed_sha256"]


def states_end(ends_on: date) -> date:
    return (ends_on + timedelta(days=1)).replace(year=ends_on.year + 1) - timedelta(days=1)


def test_without_renewal_the_term_ends_and_scans_with_it(world: World, move_clock):
    club = world.partner()
    ends_on = club.own()["ends_on"]
    move_clock("+364d")
    assert world.run(ending.end_terms) == 0
    move_clock("+366d")
    assert world.run(ending.end_terms) == 1
    [announced] = world.events("convention_terminated.v1")
    assert announced["effective_on"] == (ends_on + timedelta(days=1)).isoformat()
    assert (announced["cause"], announced["renewal"]) == ("term", None)
    assert club.own()["state"] == "terminated"


def test_an_end_of_term_says_where_the_renewal_stands(world: World, move_clock):
    """It can be signed still: the partner is told what is missing."""
    unsigned, signed = world.partner(), world.partner()
    move_clock("+310d")
    world.run(terms.prepare_renewals)
    signed.sign()
    move_clock("+366d")
    world.run(ending.end_terms)
    told = {event["structure_id"]: event["renewal"] for event in world.events("convention_terminated.v1")}
    assert told == {unsigned.structure_id: "prepared", signed.structure_id: "signed_by_partner"}
    world.countersign(signed)
    assert signed.own()["in_force"] and signed.own()["effective_on"] == clock.today()


def test_what_is_offered_is_announced_with_what_it_follows(world: World, move_clock):
    club = world.partner()
    first = club.own()
    move_clock("+310d")
    world.run(terms.prepare_renewals)
    told = [(event["kind"], event["replaces_id"], event["current_ends_on"]) for event in prepared(world)]
    assert told == [("initial", None, None), ("renewal", first["convention_id"], first["ends_on"].isoformat())]


def prepared(world: World) -> list[dict]:
    return world.events("convention_prepared.v1")


def test_a_renewal_that_the_caf_refused_is_not_offered_once_more_by_itself(world: World, move_clock):
    club = world.partner()
    move_clock("+310d")
    world.run(terms.prepare_renewals)
    world.run(deciding.refuse, actor=world.agent(), convention_id=club.convention_id, reason="Sans nouvelles")
    assert world.run(terms.prepare_renewals) == 0 and len(prepared(world)) == 2


def test_a_renewal_that_fell_with_a_withdrawn_termination_is_offered_anew_once(world: World, move_clock):
    club = world.partner()
    first = club.convention_id
    move_clock("+310d")
    world.run(terms.prepare_renewals)
    arguments = {"convention_id": first, "reason": "Cessation", "effective_on": clock.today() + timedelta(days=5)}
    world.run(ending.terminate, actor=world.agent(), **arguments)
    assert world.run(terms.prepare_renewals) == 0
    world.run(ending.withdraw_termination, actor=world.agent(), convention_id=first, reason="Reprise")
    assert world.run(terms.prepare_renewals) == 0 and len(prepared(world)) == 3
    assert (club.own()["kind"], club.own()["state"]) == ("renewal", "prepared")


def test_a_termination_takes_a_waiting_amendment_with_it(world: World, newer_text):
    club = world.partner()
    first = club.convention_id
    newer_text()
    world.run(terms.amend, actor=world.agent(), convention_id=first)
    fell = club.convention_id
    arguments = {"convention_id": first, "reason": "Fraude", "effective_on": clock.today()}
    world.run(ending.terminate, actor=world.agent(), **arguments)
    assert world.run(deciding.convention, convention_id=fell)["state"] == "refused"
    assert [event["cause"] for event in world.events("convention_refused.v1")] == ["termination"]


def test_a_version_is_previewed_with_a_structure_s_facts(world: World, newer_text):
    from types import SimpleNamespace

    club = world.partner()
    newer_text()
    call = SimpleNamespace(actor=world.agent(), trace_id="trace")
    shown = wording.preview(world.database, call, version="2026-2", convention_id=club.convention_id)  # type: ignore[arg-type]
    assert world.content(shown["sha256"]).startswith(b"%PDF")
    lines = wording.difference(before="2026-1", now="2026-2")["lines"]
    assert [line["kind"] for line in lines if line["kind"] != "same"] == ["changed"]


def test_after_a_refusal_another_convention_can_be_signed(world: World):
    club = world.club(approved=True).sign()
    refused = club.convention_id
    world.run(
        preparing.on_structure_updated, announced_at=clock.now(), structure_id=club.structure_id,
        name="Judo Club du Landy", partner_number=None, commune_name=None,
    )  # fmt: skip
    assert world.look(club)["renamed"]
    world.run(deciding.refuse, actor=world.agent(), convention_id=refused, reason="Ancien nom")
    assert "prepare_again" in world.look(club)["may"]
    world.partners.structure["name"] = "Judo Club du Landy"
    world.run(terms.prepare_again, actor=world.agent(), convention_id=refused)
    with pytest.raises(AmendmentPending):
        world.run(terms.prepare_again, actor=world.agent(), convention_id=refused)
    assert club.convention_id != refused
    club.sign()
    assert world.countersign(club)["signed"] == 1
    assert len(world.events("convention_activated.v1")) == 1
    world.run(preparing.on_application_submitted, application_id=club.application_id, structure_id=club.structure_id)
    assert club.own()["state"] == "active", "an old announcement makes no other convention"


def test_only_an_approved_application_s_refused_convention_is_prepared_again(world: World):
    club = world.club().sign()
    with pytest.raises(TransitionRefused):
        world.run(terms.prepare_again, actor=world.agent(), convention_id=club.convention_id)
    world.run(deciding.refuse, actor=world.agent(), convention_id=club.convention_id, reason="Doublon")
    with pytest.raises(NotApproved):
        world.run(terms.prepare_again, actor=world.agent(), convention_id=club.convention_id)
