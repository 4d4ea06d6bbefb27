"""`kill -9` in the middle of a decision: «CONTINUER» and the approval happen once or not yet."""

import random
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event

import pytest

from services.chassis.refusals import Refused, Unavailable
from tests.integration.partners.world import Club, World


@pytest.fixture(scope="module")
def world(platform, token):
    """A pair of its own, to be killed."""
    return World(platform("identity", "partners"), token)


COMMAND = [sys.executable, "-m", "services.chassis.run", "services.partners.service"]
AN_ANSWER_TAKES_S = 0.12


def kill_and_start_again(world):
    world.running.processes["partners"].kill()
    world.running.add("partners", COMMAND).wait_ready()


def until_answered(ask):
    """Repeat as a person does who sees «réessayez dans un instant»."""
    for _ in range(10):
        try:
            return ask()
        except Unavailable:
            continue
    raise AssertionError("never answered")


def killed_in_the_middle(world, ask):
    """Ask, kill the service at a random moment meanwhile, start it again, ask again until there is an answer."""
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(ask, deadline_s=3)
        Event().wait(random.SystemRandom().uniform(0, AN_ANSWER_TAKES_S))
        kill_and_start_again(world)
        with suppress(Unavailable):
            return first.result()
    return until_answered(lambda: ask(deadline_s=20))


def test_dying_in_the_middle_of_continuer_leaves_one_structure(world):
    for club in [world.filled(Club("company")) for _ in range(3)]:
        version = world.call("draft", draft_token=club.token)["version"]
        asked = {"draft_token": club.token, "version": version, "consent": True}
        done = killed_in_the_middle(
            world, lambda deadline_s, asked=asked: world.call("submit_application", deadline_s=deadline_s, **asked)
        )
        club.structure_id = done["structure_id"]
        assert world.events(club).count("application_submitted.v1") == 1
        assert world.rows("SELECT count(*) FROM structures WHERE structure_id = %s", club.structure_id) == [(1,)]
        world.until_accounts_live(club)


def test_dying_in_the_middle_of_an_approval_gives_one_number(world):
    for club in [world.submitted(Club("company")) for _ in range(2)]:
        world.judge(club)

        def approve(deadline_s, club=club):
            return world.as_agent("approve_application", application_id=club.application_id, deadline_s=deadline_s)

        with suppress(Refused):
            killed_in_the_middle(world, approve)
        with pytest.raises(Refused) as over:
            until_answered(lambda approve=approve: approve(20))
        assert over.value.code == "transition_refused"
        assert world.events(club).count("application_approved.v1") == 1
    ranks = [rank for (rank,) in world.rows("SELECT rank FROM partner_numbers ORDER BY rank")]
    assert ranks == list(range(1, len(ranks) + 1)) and len(ranks) >= 2
