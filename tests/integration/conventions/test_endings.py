"""Terminations: of everything that both have signed, told once, and taken back whole."""

from datetime import date, timedelta

import pytest

from services.chassis import clock
from services.conventions import documents
from services.conventions.domain.refusals import (
    AmendmentPending,
    TerminationAfterTerm,
    TerminationInEffect,
    TerminationInThePast,
    TerminationPending,
    TransitionRefused,
)
from services.conventions.handlers import deciding, ending, proof, terms
from tests.integration.conventions.world import Club, World


def renewed(world: World, move_clock) -> tuple[Club, dict, dict]:
    """A partner fifty days before its term, whose next year both have signed: the club, this year, the next."""
    club = world.partner()
    first = club.convention_id
    move_clock("+314d")
    world.run(terms.prepare_renewals)
    world.countersign(club.sign())
    return club, world.run(deciding.convention, convention_id=first), world.look(club)


def terminate(world: World, convention: dict, on: date, reason: str = "Cessation d’activité") -> dict:
    arguments = {"convention_id": convention["convention_id"], "reason": reason, "effective_on": on}
    world.run(ending.terminate, actor=world.agent(), **arguments)
    return again(world, convention)


def withdraw(world: World, convention: dict) -> None:
    arguments = {"convention_id": convention["convention_id"], "reason": "L’activité reprend"}
    world.run(ending.withdraw_termination, actor=world.agent(), **arguments)


def again(world: World, convention: dict) -> dict:
    found: dict = world.run(deciding.convention, convention_id=convention["convention_id"])
    return found


def standing(world: World, *conventions: dict) -> list[tuple[str, date | None]]:
    return [(found["state"], found["terminated_on"]) for found in (again(world, one) for one in conventions)]


def kinds(convention: dict) -> list[str]:
    return [link["kind"] for link in convention["history"]]


def test_a_termination_ends_the_renewal_that_both_have_signed(world: World, move_clock):
    club, this_year, next_year = renewed(world, move_clock)
    on = clock.today() + timedelta(days=10)
    terminate(world, this_year, on)
    assert standing(world, this_year, next_year) == [("terminated", on)] * 2
    assert [kinds(again(world, one)).count("terminated") for one in (this_year, next_year)] == [1, 1]
    [told] = world.events("convention_terminated.v1")
    assert (told["convention_id"], told["effective_on"]) == (this_year["convention_id"], on.isoformat())
    move_clock("+370d")
    assert world.run(terms.prepare_renewals) == 0 and world.run(ending.end_terms) == 0
    assert not club.own()["in_force"], "the next year would have begun"
    assert len(world.events("convention_terminated.v1")) == 1


def test_it_is_the_same_from_the_page_of_the_renewal(world: World, move_clock):
    _, this_year, next_year = renewed(world, move_clock)
    on = this_year["ends_on"] - timedelta(days=3)
    terminate(world, next_year, on)
    assert standing(world, this_year, next_year) == [("terminated", on)] * 2


def test_the_amendment_that_takes_over_tomorrow_ends_too(world: World, newer_text):
    club = world.partner()
    before = world.look(club)
    newer_text()
    world.run(terms.amend, actor=world.agent(), convention_id=before["convention_id"])
    world.countersign(club.sign())
    amended = world.look(club)
    terminate(world, before, clock.today())
    assert standing(world, before, amended) == [("terminated", clock.today())] * 2
    assert not club.own()["in_force"]


def test_a_termination_during_the_next_year_leaves_this_one_to_its_term(world: World, move_clock):
    _, this_year, next_year = renewed(world, move_clock)
    on = next_year["effective_on"] + timedelta(days=30)
    terminate(world, next_year, on)
    assert standing(world, this_year, next_year) == [("active", None), ("terminated", on)]
    move_clock("+366d")
    world.run(ending.end_terms)
    assert again(world, this_year)["reason"] == "Remplacée par une nouvelle convention"
    [told] = world.events("convention_terminated.v1")
    assert told["convention_id"] == next_year["convention_id"]


def test_no_termination_prolongs_a_term(world: World):
    """A day after the last one would let scans go on beyond what was signed."""
    club = world.partner()
    found = world.look(club)
    with pytest.raises(TerminationAfterTerm) as refused:
        terminate(world, found, found["ends_on"] + timedelta(days=2))
    assert refused.value.fields == {"ends_on": found["ends_on"].isoformat()}
    with pytest.raises(TerminationInThePast):
        terminate(world, found, clock.today() - timedelta(days=1))
    assert standing(world, found) == [("active", None)]
    assert terminate(world, found, found["ends_on"] + timedelta(days=1))["state"] == "terminated"


def test_a_structure_has_one_termination_at_a_time(world: World, move_clock):
    _, this_year, next_year = renewed(world, move_clock)
    on = next_year["effective_on"] + timedelta(days=30)
    terminate(world, next_year, on)
    assert "terminate" not in again(world, this_year)["may"]
    with pytest.raises(TerminationPending) as refused:
        terminate(world, this_year, clock.today())
    assert refused.value.fields == {"effective_on": on.isoformat()}
    withdraw(world, next_year)
    assert "terminate" in again(world, this_year)["may"]


def test_its_withdrawal_puts_all_back(world: World, move_clock):
    club, this_year, next_year = renewed(world, move_clock)
    terminate(world, this_year, clock.today() + timedelta(days=10))
    withdraw(world, next_year)
    assert standing(world, this_year, next_year) == [("active", None)] * 2
    assert again(world, this_year)["reason"] is None
    assert [kinds(again(world, one))[-1] for one in (this_year, next_year)] == ["termination_withdrawn"] * 2
    assert len(world.events("convention_termination_withdrawn.v1")) == 1
    move_clock("+366d")
    world.run(ending.end_terms)
    assert club.own()["in_force"] and len(world.events("convention_terminated.v1")) == 1


def test_what_waited_for_signatures_is_proposed_anew_when_the_termination_is_withdrawn(world: World, newer_text):
    club = world.partner()
    found = world.look(club)
    newer_text()
    world.run(terms.amend, actor=world.agent(), convention_id=found["convention_id"])
    fell = club.sign().convention_id
    terminate(world, found, clock.today() + timedelta(days=10))
    assert again(world, {"convention_id": fell})["state"] == "refused"
    withdraw(world, found)
    proposed = club.own()
    assert (proposed["state"], proposed["kind"]) == ("prepared", "amendment")
    assert proposed["convention_id"] != fell, "what was signed stays as it was signed"
    assert world.countersign(club.sign())["signed"] == 1


def test_a_termination_in_effect_stays_for_all_that_it_ended(world: World, move_clock):
    _, this_year, next_year = renewed(world, move_clock)
    terminate(world, this_year, clock.today() + timedelta(days=10))
    move_clock("+324d")
    for one in (this_year, next_year):
        with pytest.raises(TerminationInEffect):
            withdraw(world, one)


# ── after the end ────────────────────────────────────────────────────────────────────────────────────
def prepare_again(world: World, convention: dict) -> str:
    made = world.run(terms.prepare_again, actor=world.agent(), convention_id=convention["convention_id"])
    return str(made["convention_id"])


def terminated_today(world: World) -> tuple[Club, dict]:
    club = world.partner()
    return club, terminate(world, world.look(club), clock.today())


def expired(world: World, move_clock) -> tuple[Club, dict]:
    """A partner that never signed the renewal, which an agent then refused: nothing waits any more."""
    club = world.partner()
    found = world.look(club)
    move_clock("+310d")
    world.run(terms.prepare_renewals)
    world.run(deciding.refuse, actor=world.agent(), convention_id=club.convention_id, reason="Sans nouvelles")
    move_clock("+366d")
    world.run(ending.end_terms)
    return club, again(world, found)


@pytest.mark.parametrize("how", ["terminated", "expired"])
def test_whose_convention_is_over_signs_another_one_under_the_same_number(world: World, move_clock, how: str):
    club, over = terminated_today(world) if how == "terminated" else expired(world, move_clock)
    assert over["cause"] == {"terminated": "decision", "expired": "term"}[how] and "prepare_again" in over["may"]
    made = prepare_again(world, over)
    assert club.own()["convention_id"] == made and club.own()["state"] == "prepared"
    assert not club.own()["in_force"]
    assert world.countersign(club.sign())["signed"] == 1
    signed = world.look(club)
    assert (signed["effective_on"], club.own()["in_force"]) == (clock.today(), True)
    assert signed["partner_number"] == over["partner_number"]
    activated = world.events("convention_activated.v1")
    assert [event["partner_number"] for event in activated] == [over["partner_number"]] * 2
    assert activated[-1]["effective_on"] == clock.today().isoformat()


def test_the_new_convention_says_what_changed_since_the_last_one(world: World, newer_text):
    club, over = terminated_today(world)
    newer_text()
    prepare_again(world, over)
    assert [line["kind"] for line in club.open()["changes"] if line["kind"] != "same"] == ["changed"]


def test_nothing_is_prepared_beside_what_still_binds_or_waits(world: World, move_clock):
    club = world.partner()
    found = world.look(club)
    with pytest.raises(TransitionRefused):
        prepare_again(world, found)
    pending = terminate(world, found, clock.today() + timedelta(days=10))
    assert "prepare_again" not in pending["may"]
    with pytest.raises(TransitionRefused):
        prepare_again(world, found)
    move_clock("+10d")
    prepare_again(world, found)
    with pytest.raises(AmendmentPending):
        prepare_again(world, found)
    assert "prepare_again" not in again(world, found)["may"]
    assert len(again(world, found)["others"]) == 1 and club.own()["state"] == "prepared"


def test_a_refused_renewal_is_prepared_again_as_one_while_the_year_lasts(world: World, move_clock):
    club = world.partner()
    this_year = world.look(club)
    move_clock("+310d")
    world.run(terms.prepare_renewals)
    world.run(deciding.refuse, actor=world.agent(), convention_id=club.convention_id, reason="Nom à corriger")
    refused = next(one for one in again(world, this_year)["others"] if one["state"] == "refused")
    prepare_again(world, refused)
    world.countersign(club.sign())
    renewed = world.look(club)
    assert renewed["kind"] == "renewal" and renewed["effective_on"] == this_year["ends_on"] + timedelta(days=1)
    assert renewed["replaces_id"] == this_year["convention_id"]


# ── what the partner is shown ────────────────────────────────────────────────────────────────────────
def test_a_partner_in_force_is_shown_as_one_whatever_else_waits(world: World, move_clock):
    club = world.partner()
    last_day = club.own()["ends_on"]
    move_clock("+310d")
    world.run(terms.prepare_renewals)
    shown = club.own()
    assert (shown["state"], shown["in_force"], shown["current_ends_on"]) == ("prepared", True, last_day)
    world.countersign(club.sign())
    shown = club.own()
    assert (shown["state"], shown["in_force"], shown["current_ends_on"]) == ("active", True, last_day)
    move_clock("+366d")
    world.run(ending.end_terms)
    assert club.own()["current_ends_on"] == club.own()["ends_on"]


def test_what_fell_with_a_termination_does_not_hide_it(world: World, newer_text):
    club = world.partner()
    found = world.look(club)
    newer_text()
    world.run(terms.amend, actor=world.agent(), convention_id=found["convention_id"])
    on = clock.today() + timedelta(days=10)
    terminate(world, found, on)
    shown = club.own()
    assert shown["convention_id"] == found["convention_id"]
    assert (shown["state"], shown["cause"]) == ("terminated", "decision")
    assert (shown["in_force"], shown["terminated_on"]) == (True, on)
    assert shown["current_ends_on"] == on - timedelta(days=1)


def test_the_evidence_is_that_of_the_convention_that_is_shown(world: World, newer_text):
    club = world.partner()
    found = world.look(club)
    newer_text()
    world.run(terms.amend, actor=world.agent(), convention_id=found["convention_id"])
    club.sign()
    terminate(world, found, clock.today() + timedelta(days=10))
    stored = proof.own_pack(world.database, club.call)  # type: ignore[arg-type]
    assert documents.reference_of(club.own()["convention_id"]) in stored["filename"]
    assert club.own()["convention_id"] == found["convention_id"]


def test_a_refused_renewal_does_not_hide_the_year_that_lasts(world: World, move_clock):
    club = world.partner()
    move_clock("+310d")
    world.run(terms.prepare_renewals)
    world.run(deciding.refuse, actor=world.agent(), convention_id=club.convention_id, reason="Sans nouvelles")
    assert (club.own()["state"], club.own()["in_force"]) == ("active", True)
