"""Terminals: pairing once, tokens, revoking, guessing."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from deploy.local.waiting import wait_for
from services.chassis import actor
from services.chassis.refusals import Refused
from tests.refusing import refusal

DEVICE = {"device_name": "Pixel 9", "device_model": "GKWS6", "app_version": "1.0"}


@pytest.fixture(scope="module")
def partner(world):
    return world.representative("Escrime de Sevran")


@pytest.fixture(scope="module")
def stranger(world):
    return world.representative("Autre club")


def pair(world, partner, ip="192.0.2.10", **more):
    code = partner.call("create_pairing", name="Accueil", **more)["code"]
    return world.call("pair_terminal", pairing_code=code, ip=ip, **DEVICE)


def test_a_paired_terminal_speaks_for_its_structure_and_nothing_else(world, partner):
    paired = pair(world, partner)
    named = actor.verify(world.call("resolve_terminal", terminal_token=paired["token"])["actor_token"])
    assert named.roles == {"terminal"}
    assert dict(named.scope) == {"terminal_id": paired["terminal_id"], "structure_id": partner.structure_id}
    assert refusal(world.call, "terminals", token=paired["actor_token"]).code == "not_allowed"


def test_a_code_pairs_one_device_even_when_two_try_at_once(world, partner):
    code = partner.call("create_pairing", name="Accueil")["code"]

    def attempt(number):
        try:
            return world.call("pair_terminal", pairing_code=code, ip=f"192.0.2.{number}", **DEVICE)["terminal_id"]
        except Refused as refused:
            return refused.code

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(attempt, range(20, 28)))
    assert answers.count("pairing_code_invalid") == 7


def test_a_code_ends_after_ten_minutes(world, partner):
    pairing = partner.call("create_pairing", name="Accueil")
    world.rows("UPDATE pairings SET expires_at = expires_at - interval '10 minutes'")
    refused = refusal(world.call, "pair_terminal", pairing_code=pairing["code"], ip="192.0.2.30", **DEVICE)
    assert refused.code == "pairing_code_invalid"
    shown = partner.call("pairing", pairing_id=pairing["pairing_id"])
    assert (shown["state"], shown["code"]) == ("expired", None)


def test_guessing_codes_is_slowed_down_for_the_address_that_guesses(world, partner):
    codes = [
        refusal(world.call, "pair_terminal", pairing_code=f"BCDF-GH{n:02d}", ip="192.0.2.40", **DEVICE).code
        for n in range(22, 50)
    ]
    assert codes[:20] == ["pairing_code_invalid"] * 20
    assert "too_many_attempts" in codes[20:22]
    assert pair(world, partner, ip="192.0.2.41")["structure_id"] == partner.structure_id


def test_a_withdrawn_terminal_is_refused_within_a_second(world, partner):
    paired = pair(world, partner)
    partner.call("revoke_terminal", terminal_id=paired["terminal_id"])
    assert refusal(world.call, "resolve_terminal", terminal_token=paired["token"]).code == "terminal_token_revoked"

    def refused():
        try:
            world.call("terminals", token=paired["actor_token"])
        except Refused as refused:
            return refused.code == "actor_revoked"
        return False

    wait_for(refused, "the actor token to be refused", 1.5)
    assert refusal(partner.call, "revoke_terminal", terminal_id=paired["terminal_id"]).code == "terminal_unknown"


def test_terminals_of_others_read_as_unknown(world, partner, stranger):
    theirs = pair(world, partner)["terminal_id"]
    pairing = partner.call("create_pairing", name="Accueil")["pairing_id"]
    for asked in (theirs, str(uuid4())):
        assert refusal(stranger.call, "revoke_terminal", terminal_id=asked).code == "terminal_unknown"
        assert refusal(stranger.call, "rename_terminal", terminal_id=asked, name="X").code == "terminal_unknown"
        assert refusal(stranger.call, "limit_terminal", terminal_id=asked).code == "terminal_unknown"
    for asked in (pairing, str(uuid4())):
        assert refusal(stranger.call, "pairing", pairing_id=asked).code == "pairing_unknown"
    assert theirs not in {item["terminal_id"] for item in stranger.call("terminals")["items"]}


def test_ten_codes_may_wait_at_most(world, stranger):
    for _ in range(10):
        stranger.call("create_pairing", name="Accueil")
    assert refusal(stranger.call, "create_pairing", name="Accueil").code == "too_many_pairings"


def test_neither_codes_nor_tokens_are_readable_in_the_tables(world, partner):
    pairing = partner.call("create_pairing", name="Accueil")
    paired = world.call("pair_terminal", pairing_code=pairing["code"], ip="192.0.2.50", **DEVICE)
    tables = str(world.rows("SELECT * FROM pairings")) + str(world.rows("SELECT * FROM terminals"))
    tables += str(world.rows("SELECT * FROM audit")) + str(world.rows("SELECT * FROM outbox"))
    for secret in (pairing["code"], pairing["code"].replace("-", ""), paired["token"]):
        assert secret not in tables
