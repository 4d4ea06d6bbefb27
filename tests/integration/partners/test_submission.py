"""«CONTINUER»: one structure, two accounts, or nothing at all."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from deploy.local.waiting import wait_for
from services.chassis.refusals import Refused, Unavailable
from tests.integration.partners.world import Club


def test_a_complete_application_becomes_a_structure_and_two_accounts(world):
    club = world.submitted()
    assert world.events(club) == ["application_submitted.v1", "structure_updated.v1", "establishment_saved.v1"]
    world.until_accounts_live(club)
    for address, words in ((club.structure["email"], "Bienvenue"), (club.representative["email"], "provisoire")):
        mails = wait_for(lambda address=address: world.running.mails(address), f"a mail to {address}", 20)
        assert words in mails[0].get_body(("plain",)).get_content()


def test_repeating_it_answers_the_same(world):
    club = world.filled(Club())
    first = world.submit(club)
    version = 1
    again = world.call("submit_application", draft_token=club.token, version=version, consent=True)
    assert again == first
    assert world.events(club).count("application_submitted.v1") == 1


def test_what_is_missing_is_listed_and_nothing_happens(world):
    club = world.start(Club())
    world.save(club, 2, 3)
    with pytest.raises(Refused) as refused:
        world.submit(club)
    steps = [one["step"] for one in refused.value.fields["missing"]]
    assert refused.value.code == "application_incomplete" and steps == sorted(steps) and set(steps) == {3, 4, 5, 6}
    assert world.rows("SELECT 1 FROM structures WHERE name = %s", club.structure["name"]) == []


def test_without_consent_nothing_happens(world):
    club = world.filled(Club())
    version = world.call("draft", draft_token=club.token)["version"]
    with pytest.raises(Refused) as refused:
        world.call("submit_application", draft_token=club.token, version=version, consent=False)
    assert refused.value.code == "consent_missing"
    assert world.call("draft", draft_token=club.token)["state"] == "draft"


def test_a_summary_that_is_behind_is_refused(world):
    club = world.filled(Club())
    version = world.call("draft", draft_token=club.token)["version"]
    world.save(club, 5)
    with pytest.raises(Refused) as refused:
        world.call("submit_application", draft_token=club.token, version=version, consent=True)
    assert refused.value.code == "stale_version"


def test_an_address_that_is_an_accounts_already_is_told_with_its_step(world):
    first = world.submitted()
    second = world.filled(Club(structure={"email": first.structure["email"].upper()}))
    with pytest.raises(Refused) as refused:
        world.submit(second)
    assert (refused.value.code, refused.value.fields) == ("email_already_used", {"which": "structure"})
    assert world.call("draft", draft_token=second.token)["state"] == "draft"
    third = world.start(Club(representative={"email": first.representative["email"]}))
    with pytest.raises(Refused) as refused:
        world.save(third, 4)
    assert (refused.value.code, refused.value.fields) == ("email_already_used", {"which": "person"})


def test_two_hundred_submissions_with_one_address_make_one_structure(world):
    """One account, 199 clear refusals, no orphan structure."""
    count = 200
    model = world.filled(Club("company"))
    shared = Club().structure["email"]
    clubs = [Club("company", structure={"email": shared}) for _ in range(count)]
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda club: world.save(world.start(club), 2, 3, 4, 5, 6), clubs))
        world.copy_documents(model, clubs)
        outcomes = list(pool.map(lambda club: attempt(world, club), clubs))
    assert Counter(outcomes) == {"email_already_used": count - 1, "submitted": 1}
    assert world.rows("SELECT count(*) FROM structures WHERE email = %s", shared) == [(1,)]
    accounts = "SELECT count(*) FROM structures WHERE structure_account_id IS NOT NULL AND name = ANY(%s)"
    assert world.rows(accounts, [club.structure["name"] for club in clubs], service="identity") == [(1,)]


def attempt(world, club):
    """Submit, again if nobody answered; what came of it."""
    for _ in range(10):
        try:
            return world.submit(club) and "submitted"
        except Refused as refused:
            return refused.code
        except Unavailable:
            continue
    return "unavailable"


def test_a_submitted_draft_is_closed_to_its_token(world):
    club = world.submitted()
    with pytest.raises(Refused) as refused:
        world.call("draft", draft_token=club.token)
    assert refused.value.code == "already_submitted" and refused.value.fields["reference"].startswith("L")
