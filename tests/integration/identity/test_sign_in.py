"""Sign-in under attack: guessing, asking who exists, replaying, fixing a session."""

import time
from concurrent.futures import ThreadPoolExecutor

import pyotp
import pytest

from deploy.local.waiting import wait_for
from services.chassis.refusals import Refused
from tests.integration.identity.world import PASSWORD
from tests.refusing import refusal

WRONG = "Pas-le-bon-mot-de-passe"
BROWSER = {"ip": "192.0.2.1", "user_agent": "Firefox"}


def outcome(work, *arguments, **named):
    """ "" when it worked, else the refusal's code."""
    try:
        work(*arguments, **named)
    except Refused as refused:
        return refused.code
    return ""


def enrolled_agent(world, name, *roles):
    """An agent with authenticator, made through the service's own methods."""
    administrator = world.call_as("administrator", "agent")
    administrator("add_agent", first_name="Alice", last_name="Durand", email=f"{name}@caf.example", roles=list(roles))
    password = world.agent_password(f"{name}@caf.example")
    step = world.sign_in(f"{name}@caf.example", password, "agent")
    secret = world.call("totp_enrolment", step_token=step["step_token"])["secret"]
    opened = world.call("confirm_enrolment", step_token=step["step_token"], code=pyotp.TOTP(secret).now())
    world.rows("UPDATE accounts SET totp_last_step = 0 WHERE totp_secret IS NOT NULL")
    return {"login": f"{name}@caf.example", "password": password, "secret": secret, **opened}


def test_the_sixth_failure_must_wait_and_the_right_password_too(world):
    partner = world.representative()
    assert {outcome(world.sign_in, partner.email, WRONG) for _ in range(5)} == {"sign_in_failed"}
    refused = refusal(world.sign_in, partner.email, PASSWORD)
    assert (refused.code, refused.fields["retry_after_s"]) == ("too_many_attempts", 2)


def test_guesses_sent_at_once_are_counted_one_by_one(world):
    partner = world.representative()
    with ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(lambda n: outcome(world.sign_in, partner.email, f"{WRONG}{n}"), range(60)))
    assert answers.count("sign_in_failed") <= 6  # five free ones, and one more if two seconds went by
    assert set(answers) == {"sign_in_failed", "too_many_attempts"}


def test_unknown_identifiers_are_counted_and_delayed_alike(world):
    answers = [outcome(world.sign_in, "nobody@exemple.fr", WRONG) for _ in range(7)]
    assert answers == ["sign_in_failed"] * 5 + ["too_many_attempts"] * 2


def test_a_stranger_who_fails_on_purpose_keeps_nobody_out(world):
    partner = world.representative()
    known = world.sign_in(partner.email, PASSWORD)["device_token"]
    for _ in range(8):
        outcome(world.sign_in, partner.email, WRONG)
    assert outcome(world.sign_in, partner.email, PASSWORD) == "too_many_attempts"
    assert world.sign_in(partner.email, PASSWORD, device_token=known)["next"] == "session"


def test_a_known_browser_of_somebody_else_is_a_stranger(world):
    partner, other = world.representative(), world.representative()
    theirs = world.sign_in(other.email, PASSWORD)["device_token"]
    for _ in range(6):
        outcome(world.sign_in, partner.email, WRONG)
    assert outcome(world.sign_in, partner.email, PASSWORD, device_token=theirs) == "too_many_attempts"


def test_waiting_lets_the_owner_in_and_success_forgets_the_failures(world):
    partner = world.representative()
    for _ in range(5):
        outcome(world.sign_in, partner.email, WRONG)
    world.rows("UPDATE attempts SET last_at = last_at - interval '1 minute'")
    assert world.sign_in(partner.email, PASSWORD)["next"] == "session"
    assert outcome(world.sign_in, partner.email, WRONG) == "sign_in_failed"


def test_known_and_unknown_identifiers_take_the_same_time(world):
    partner = world.representative()
    took = {partner.email: [], "nobody.at.all@exemple.fr": [], partner.structure_email: []}
    for _ in range(25):
        for login, times in took.items():
            world.rows("DELETE FROM attempts")
            began = time.perf_counter()
            assert outcome(world.sign_in, login, WRONG) == "sign_in_failed"
            times.append(time.perf_counter() - began)
    usual = [min(times) for times in took.values()]  # a busy machine only makes the slow slower
    assert max(usual) - min(usual) < 0.25 * min(usual)


def test_asking_for_a_new_password_takes_the_same_time_for_everybody(world):
    partner = world.representative()
    took = {partner.email: [], "nobody.at.all@exemple.fr": [], partner.structure_email: []}
    for _ in range(8):
        for email, times in took.items():
            began = time.perf_counter()
            assert world.call("request_password_reset", email=email) == {}
            times.append(time.perf_counter() - began)
    usual = [min(times) for times in took.values()]
    assert max(usual) - min(usual) < 0.1 * min(usual)


def test_an_agents_page_takes_no_partner_and_the_reverse(world):
    partner = world.representative()
    agent = enrolled_agent(world, "both", "instructor")
    assert outcome(world.sign_in, partner.email, PASSWORD, "agent") == "sign_in_failed"
    assert outcome(world.sign_in, agent["login"], agent["password"], "partner") == "sign_in_failed"


def test_a_code_of_the_authenticator_passes_once_even_when_sent_twice_at_once(world):
    agent = enrolled_agent(world, "replay", "instructor")
    steps = [world.sign_in(agent["login"], agent["password"], "agent")["step_token"] for _ in range(6)]
    code = pyotp.TOTP(agent["secret"]).now()
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda step: outcome(world.call, "confirm_totp", step_token=step, code=code), steps))
    assert sorted(answers) == ["", *["too_many_attempts"] * answers.count("too_many_attempts")] + ["totp_wrong"] * (
        5 - answers.count("too_many_attempts")
    )


def test_codes_can_not_be_guessed(world):
    agent = enrolled_agent(world, "guessed", "instructor")
    step = world.sign_in(agent["login"], agent["password"], "agent")["step_token"]
    answers = [outcome(world.call, "confirm_totp", step_token=step, code=f"{n:06d}") for n in range(100)]
    assert answers.count("totp_wrong") <= 6
    assert "" not in answers


def test_a_recovery_code_replaces_the_phone_once(world):
    agent = enrolled_agent(world, "lost", "instructor")
    code = agent["recovery_codes"][3].lower()
    for expected in ("", "totp_wrong"):
        step = world.sign_in(agent["login"], agent["password"], "agent")["step_token"]
        assert outcome(world.call, "confirm_totp", step_token=step, code=code) == expected


def test_a_step_serves_once(world):
    agent = enrolled_agent(world, "step", "instructor")
    step = world.sign_in(agent["login"], agent["password"], "agent")["step_token"]
    world.call("confirm_totp", step_token=step, code=agent["recovery_codes"][0])
    again = outcome(world.call, "confirm_totp", step_token=step, code=agent["recovery_codes"][1])
    assert again == "step_expired"


def test_signing_in_again_replaces_the_session(world):
    partner = world.representative()
    earlier, token = partner.session, partner.token
    opened = world.call("sign_in", token=token, kind="partner", login=partner.email, password=PASSWORD, **BROWSER)
    assert opened["session_token"] != earlier
    assert refusal(world.viewer, earlier).code == "session_unknown"


def test_choosing_a_structure_replaces_the_token_and_spares_requests_on_their_way(world):
    partner = world.apply()
    partner.activate()
    earlier = partner.session
    partner.choose()
    assert partner.session != earlier
    assert world.viewer(earlier)["structure"]["structure_id"] == partner.structure_id
    world.rows("UPDATE sessions SET earlier_until = now()")
    assert refusal(world.viewer, earlier).code == "session_unknown"
    assert partner.viewer["roles"] == ["legal_representative"]


def test_sessions_end_when_idle_or_too_old(world):
    partner = world.representative()
    for column, age in (("last_seen_at", "2 hours"), ("opened_at", "12 hours")):
        partner.activate_again(PASSWORD)
        world.rows(f"UPDATE sessions SET {column} = {column} - interval '{age}'")
        assert refusal(world.viewer, partner.session).code == "session_unknown"


def test_closing_a_session_is_felt_within_a_second(world):
    partner = world.representative()
    token = partner.token
    partner.call("close_session", session_id=None)
    assert refusal(world.viewer, partner.session).code == "session_unknown"
    wait_for(lambda: outcome(world.call, "person", token=token) == "actor_revoked", "the token to be refused", 1.5)


def test_nobody_closes_somebody_elses_session(world):
    partner, other = world.representative(), world.representative()
    theirs = other.viewer["session_id"]
    assert outcome(partner.call, "close_session", session_id=theirs) == "session_unknown"
    assert other.viewer["session_id"] == theirs


def test_a_new_password_closes_every_other_session(world):
    partner = world.representative()
    other = world.sign_in(partner.email, PASSWORD)["session_token"]
    fresh = partner.call("change_password", current=PASSWORD, password="Quatre-Girafes-Jaunes-Volent", **BROWSER)
    assert refusal(world.viewer, other).code == "session_unknown"
    assert world.viewer(fresh["session_token"])["kind"] == "person"
    assert "changé" in str(world.mail(partner.email, "Votre mot de passe a été changé")["Subject"])


@pytest.mark.parametrize("made_up", ["", "x", "A" * 43, "' OR 1=1 --"])
def test_made_up_tokens_open_nothing(world, made_up):
    assert refusal(world.viewer, made_up).code == "session_unknown"
    assert refusal(world.call, "resolve_terminal", terminal_token=made_up).code == "terminal_token_invalid"


def test_an_expired_provisional_password_says_so_only_to_who_knows_it(world):
    partner = world.apply()
    given = partner.provisional_password
    world.rows("UPDATE accounts SET password_set_at = password_set_at - interval '14 days' WHERE state = 'provisional'")
    assert refusal(world.sign_in, partner.email, WRONG).code == "sign_in_failed"
    assert refusal(world.sign_in, partner.email, given).code == "provisional_password_expired"


def test_a_reset_link_serves_once_and_the_newest_alone(world):
    partner = world.representative()
    links = []
    for number in range(2):
        world.call("request_password_reset", email=partner.email.upper())
        links.append(world.reset_link(partner.email, number + 1))
    assert refusal(world.call, "reset_password", link_token=links[0], password=PASSWORD).code == "link_invalid"
    assert refusal(world.call, "reset_password", link_token=links[1], password="court").code == "validation_failed"
    world.call("reset_password", link_token=links[1], password="Quatre-Girafes-Jaunes-Volent")
    assert refusal(world.call, "reset_password", link_token=links[1], password=PASSWORD).code == "link_invalid"


def test_a_proof_is_for_one_act_of_one_person(world):
    from services.chassis import actor

    partner = world.representative()
    proof = partner.call("step_up", act="bank_account:change", password=PASSWORD)["proof"]
    mine = actor.verify(partner.token)
    assert actor.verify_proof(proof, mine, "bank_account:change")
    other = actor.verify(world.representative().token)
    for who, act in ((mine, "batch:release"), (other, "bank_account:change")):
        assert refusal(actor.verify_proof, proof, who, act).code == "step_up_required"
    assert outcome(partner.call, "step_up", act="bank_account:change", password=WRONG) == "step_up_failed"
