"""Counter-signing one and many: each reports for itself, nothing signed is touched again."""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pikepdf
import pytest
from sqlalchemy.exc import OperationalError

from deploy.local.waiting import wait_for
from services.chassis import clock
from services.chassis.refusals import Unavailable
from services.conventions import verify
from services.conventions.domain.evidence import check_chain
from services.conventions.domain.refusals import (
    ConventionUnknown,
    NothingToSign,
    TerminationInEffect,
    TerminationInThePast,
    TransitionRefused,
)
from services.conventions.handlers import deciding, ending, jobs
from tests.integration.conventions.world import ORIGIN, World

MANY, BROKEN = 300, 3


def states(report):
    return [item["state"] for item in report["items"]]


def test_the_last_signature_seals_and_announces(world: World):
    club = world.club(approved=True).sign()
    report = world.countersign(club)
    assert (report["signed"], report["waiting"], report["total"]) == (1, 0, 1) and report["finished_at"]
    [recent] = world.run(jobs.recent)["items"]
    assert recent == {name: value for name, value in report.items() if name != "items"}
    found = world.look(club)
    assert found["state"] == "active" and found["effective_on"] == clock.today()
    assert found["ends_on"] == clock.today().replace(year=clock.today().year + 1) - timedelta(days=1)
    [announced] = world.events("convention_activated.v1")
    assert announced["partner_number"] == found["partner_number"]
    assert announced["effective_on"] == clock.today().isoformat()
    assert [link.kind for link in world.links(club)][-2:] == ["countersigned", "sealed"]
    check_chain(club.convention_id, world.links(club))


def test_it_needs_the_application_s_approval(world: World):
    club = world.club().sign()
    report = world.countersign(club)
    assert states(report) == ["failed"] and report["items"][0]["reason"] == "not_approved"
    club.approve()
    assert states(world.countersign(club)) == ["signed"]


def test_it_needs_the_partner_s_signature(world: World):
    report = world.countersign(world.club(approved=True))
    assert report["items"][0]["reason"] == "transition_refused"


def shown(world: World, **filters):
    """The list of what waits for the Caf's signature."""
    asked = {"state": None, "countersignable": True, "words": None, "limit": 50, "cursor": None} | filters
    return world.run(deciding.conventions, **asked)


def test_a_signed_one_is_never_overwritten(world: World):
    club = world.club(approved=True).sign()
    world.countersign(club)
    before = world.look(club)
    assert states(world.countersign(club)) == ["already_signed"]
    assert world.look(club) == before
    assert len(world.events("convention_activated.v1")) == 1


def test_two_agents_at_once_make_one_signature(world: World):
    club = world.club(approved=True).sign()
    kept = set(world.store.names())
    ids = [club.convention_id]
    started = [world.run(jobs.start, actor=world.agent(), convention_ids=ids, **ORIGIN)["job_id"] for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: jobs.work(world.database, world.identity), range(2)))
    found = sorted(states(world.run(jobs.progress, job_id=job_id))[0] for job_id in started)
    assert found == ["already_signed", "signed"]
    assert len(world.events("convention_activated.v1")) == 1
    assert set(world.store.names()) - kept == {world.look(club)["sealed_sha256"]}


def test_one_that_fails_stops_nothing_and_is_signed_when_mended(world: World):
    clubs = [world.club(name=f"Club {number}", approved=True).sign() for number in range(8)]
    mend = [world.lose(club.document_sha256) for club in clubs[2:5]]
    report = world.countersign(*clubs)
    assert (report["signed"], report["failed"]) == (5, 3)
    assert {item["reason"] for item in report["items"] if item["state"] == "failed"} == {"document_damaged"}
    for put_back in mend:
        put_back()
    again = world.countersign(*clubs)
    assert (again["signed"], again["already_signed"], again["failed"]) == (3, 5, 0)


def test_everything_that_waits_in_one_go(world: World):
    with pytest.raises(NothingToSign):
        world.run(jobs.start_all, actor=world.agent(), seen_at=shown(world)["at"], **ORIGIN)
    for _ in range(3):
        world.club(approved=True).sign()
    world.club().sign()
    assert shown(world)["to_countersign"] == 3
    job = world.run(jobs.start_all, actor=world.agent(), seen_at=shown(world)["at"], **ORIGIN)
    assert job["total"] == 3 and jobs.work(world.database, world.identity) == 3
    assert world.run(jobs.progress, job_id=job["job_id"])["signed"] == 3


def test_all_of_a_filtered_list_is_what_it_showed_and_nothing_that_came_later(world: World, move_clock):
    old = [world.club(name=f"Judo {number}", approved=True).sign() for number in range(3)]
    move_clock("+5d")
    others = [world.club(name=name, approved=True).sign() for name in ("Judo 4", "Danse", "Tir à l’arc")]
    judo = shown(world, words="judo", limit=1)
    assert (judo["to_countersign"], len(judo["items"])) == (4, 1), "of all pages"
    aged = shown(world, words="judo", age="3-7")
    assert aged["to_countersign"] == 3
    move_clock("+6d")
    world.club(name="Judo 5", approved=True).sign()
    started = world.run(jobs.start_all, actor=world.agent(), seen_at=judo["at"], words="judo", **ORIGIN)
    assert {item["convention_id"] for item in started["items"]} == {
        club.convention_id for club in (*old, others[0])
    }  # fmt: skip
    move_clock("+8d")
    narrowed = {"seen_at": aged["at"], "words": "judo", "age": "3-7"}
    started = world.run(jobs.start_all, actor=world.agent(), **narrowed, **ORIGIN)
    assert started["total"] == aged["to_countersign"], "the ages are those of the list, not of the click"
    with pytest.raises(NothingToSign):
        world.run(jobs.start_all, actor=world.agent(), seen_at=judo["at"], kind="renewal", **ORIGIN)


def test_an_unknown_one_refuses_the_whole_job(world: World):
    club = world.club(approved=True).sign()
    with pytest.raises(ConventionUnknown):
        world.run(jobs.start, actor=world.agent(), convention_ids=[club.convention_id, club.structure_id], **ORIGIN)


@pytest.mark.parametrize("fault", [Unavailable(), OperationalError("SELECT", {}, Exception("the server is gone"))])
def test_what_is_away_is_tried_again_and_then_told(world: World, monkeypatch, move_clock, fault):
    """Another service, or a database that restarts."""
    club = world.club(approved=True).sign()

    def away(*_, **__):
        raise fault

    with monkeypatch.context() as patched:
        patched.setattr(world.identity, "persons", away)
        report = world.countersign(club)
        assert states(report) == ["waiting"]
        for minutes in (2, 4, 6):
            if states(report) == ["waiting"]:
                move_clock(f"+{minutes}m")
                jobs.work(world.database, world.identity)
                report = world.run(jobs.progress, job_id=report["job_id"])
    assert states(report) == ["failed"] and report["items"][0]["reason"] == "unavailable"
    assert states(world.countersign(club)) == ["signed"]


def test_the_sealed_document_is_pdf_a_2b_tagged_and_carries_the_signed_one(world: World):
    club = world.club(approved=True).sign()
    world.countersign(club)
    found = world.look(club)
    signed = world.content(found["document_sha256"])
    sealed = world.content(found["sealed_sha256"])
    with pikepdf.open(io.BytesIO(sealed)) as document:
        assert document.Root.MarkInfo.Marked and "/StructTreeRoot" in document.Root
        assert str(document.Root.Lang) == "fr"
        assert "/OutputIntents" in document.Root and not document.is_encrypted
        with document.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "B")
        assert [document.attachments[name].get_file().read_bytes() for name in document.attachments] == [signed]
        assert f"psl-document:{found['document_sha256']}" in str(document.docinfo["/Keywords"])


def test_refusing_and_terminating(world: World):
    refused = world.club(approved=True).sign()
    world.run(deciding.refuse, actor=world.agent(), convention_id=refused.convention_id, reason="Doublon")
    assert world.look(refused)["state"] == "refused"
    assert world.countersign(refused)["items"][0]["reason"] == "transition_refused"
    with pytest.raises(TransitionRefused):
        world.run(deciding.refuse, actor=world.agent(), convention_id=refused.convention_id, reason="Doublon")

    club = world.club(approved=True).sign()
    with pytest.raises(TransitionRefused):
        terminate(world, club, clock.today())
    world.countersign(club)
    with pytest.raises(TerminationInThePast):
        terminate(world, club, clock.today() - timedelta(days=1))
    last = clock.today() + timedelta(days=30)
    terminate(world, club, last)
    assert world.look(club)["state"] == "terminated" and world.look(club)["terminated_on"] == last
    [announced] = world.events("convention_terminated.v1")
    assert announced["effective_on"] == last.isoformat()
    assert club.own()["in_force"], "until the day before"


def terminate(world, club, effective_on):
    arguments = {"convention_id": club.convention_id, "reason": "Cessation", "effective_on": effective_on}
    world.run(ending.terminate, actor=world.agent(), **arguments)


def withdraw(world, club):
    world.run(
        ending.withdraw_termination, actor=world.agent(), convention_id=club.convention_id, reason="Activité reprise"
    )


def test_a_termination_to_come_is_withdrawn_without_a_gap(world: World, move_clock):
    club = world.club(approved=True).sign()
    world.countersign(club)
    before = club.own()
    effective_on = clock.today() + timedelta(days=30)
    terminate(world, club, effective_on)
    assert {"terminate", "withdraw_termination"} & set(world.look(club)["may"]) == {"withdraw_termination"}
    move_clock("+29d")
    withdraw(world, club)
    found = club.own()
    assert (found["state"], found["reason"], found["terminated_on"]) == ("active", None, None)
    assert (found["effective_on"], found["ends_on"]) == (before["effective_on"], before["ends_on"])
    [announced] = world.events("convention_termination_withdrawn.v1")
    assert (announced["effective_on"], announced["reason"]) == (effective_on.isoformat(), "Activité reprise")
    assert [link.kind for link in world.links(club)][-2:] == ["terminated", "termination_withdrawn"]
    move_clock("+31d")
    assert club.own()["in_force"], "the day has come and nothing happened"
    with pytest.raises(TransitionRefused):
        withdraw(world, club)
    terminate(world, club, clock.today() + timedelta(days=5))
    assert world.look(club)["state"] == "terminated", "it may be decided anew"


def test_a_termination_in_effect_is_not_withdrawn(world: World, move_clock):
    club = world.club(approved=True).sign()
    world.countersign(club)
    terminate(world, club, clock.today() + timedelta(days=2))
    move_clock("+2d")
    assert "withdraw_termination" not in world.look(club)["may"]
    with pytest.raises(TerminationInEffect):
        withdraw(world, club)
    assert world.events("convention_termination_withdrawn.v1") == []


def test_an_ended_term_is_no_decision_to_withdraw(world: World, move_clock):
    club = world.club(approved=True).sign()
    world.countersign(club)
    move_clock("+366d")
    assert world.run(ending.end_terms) == 1
    with pytest.raises(TerminationInEffect):
        withdraw(world, club)


def test_the_evidence_of_a_withdrawn_termination_is_proven(world: World, tmp_path):
    club = world.club(approved=True).sign()
    world.countersign(club)
    terminate(world, club, clock.today() + timedelta(days=2))
    withdraw(world, club)
    pack = tmp_path / "pack.zip"
    pack.write_bytes(world.pack(club))
    assert verify.main([str(pack)]) == 0


@pytest.mark.timeout(400)
def test_three_hundred_in_one_go_three_of_them_broken(world: World):
    """297 signed and 3 reported, progress shown on the way; mended, a second run signs just those 3."""
    clubs = [world.club(name=f"Club {number}", approved=True).sign() for number in range(MANY)]
    mend = [world.lose(club.document_sha256) for club in clubs[50 : 50 + BROKEN]]
    job = world.run(jobs.start, actor=world.agent(), convention_ids=[c.convention_id for c in clubs], **ORIGIN)
    seen = set()
    with ThreadPoolExecutor(2) as workers:
        working = [workers.submit(jobs.work, world.database, world.identity) for _ in range(2)]

        def finished() -> bool:
            found = world.run(jobs.progress, job_id=job["job_id"])
            seen.add(found["total"] - found["waiting"])
            return found["finished_at"] is not None

        wait_for(finished, "the job is done", 200, every_s=0.2)
        assert sum(done.result() for done in working) == MANY
    report = world.run(jobs.progress, job_id=job["job_id"])
    assert (report["signed"], report["failed"], report["total"]) == (MANY - BROKEN, BROKEN, MANY)
    assert {item["reason"] for item in report["items"] if item["state"] == "failed"} == {"document_damaged"}
    assert len(seen) > 5, "progress was shown on the way"
    for put_back in mend:
        put_back()
    again = world.countersign(*clubs)
    assert (again["signed"], again["already_signed"], again["failed"]) == (BROKEN, MANY - BROKEN, 0)
    assert len(world.events("convention_activated.v1")) == MANY
