"""A partner's second factor, by choice: put on, asked for where it counts, lost, taken off, reset by the Caf."""

import pyotp
import pytest

from deploy.local.waiting import wait_for
from tests.integration.identity.test_sign_in import BROWSER, enrolled_agent, outcome
from tests.integration.identity.world import PASSWORD
from tests.mails import text_of
from tests.refusing import refusal


class Phone:
    """An authenticator whose next code is always a fresh one: the platform is told that none was used yet."""

    def __init__(self, world, secret, recovery_codes):
        self._world, self._totp, self.recovery_codes = world, pyotp.TOTP(secret), recovery_codes

    def code(self):
        self._world.rows("UPDATE accounts SET totp_last_step = 0 WHERE totp_secret IS NOT NULL")
        return self._totp.now()


def puts_on(world, partner):
    """The partner enrols; the session goes on under a new token."""
    step = partner.call("begin_enrolment", password=PASSWORD, **BROWSER)["step_token"]
    secret = partner.call("totp_enrolment", step_token=step)["secret"]
    opened = partner.call("confirm_enrolment", step_token=step, code=pyotp.TOTP(secret).now())
    partner.session = opened["session_token"]
    return Phone(world, secret, opened["recovery_codes"])


@pytest.fixture
def partner(world):
    return world.representative()


def test_it_goes_on_in_the_same_structure_and_ends_the_other_sessions(world, partner):
    elsewhere = world.sign_in(partner.email, PASSWORD)["session_token"]
    earlier, phone = partner.session, puts_on(world, partner)
    assert partner.session != earlier
    assert partner.viewer["structure"]["structure_id"] == partner.structure_id
    assert partner.viewer["second_factor"] is True
    assert refusal(world.viewer, elsewhere).code == "session_unknown"
    assert len(set(phone.recovery_codes)) == 10
    assert partner.call("second_factor") == {"enrolled": True, "recovery_codes_left": 10}
    assert "activée" in text_of(world.mail(partner.email, "double authentification est activée"))


def test_without_it_the_password_is_enough(world, partner):
    assert partner.viewer["second_factor"] is False
    assert world.sign_in(partner.email, PASSWORD)["next"] == "session"


def test_signing_in_then_takes_the_code_too(world, partner):
    phone = puts_on(world, partner)
    step = world.sign_in(partner.email, PASSWORD)
    assert (step["next"], step["session_token"]) == ("totp", None)
    assert outcome(world.call, "confirm_totp", step_token=step["step_token"], code="000000") == "totp_wrong"
    opened = world.call("confirm_totp", step_token=step["step_token"], code=phone.code())
    assert world.viewer(opened["session_token"])["email"] == partner.email


def test_a_code_passes_once_and_a_recovery_code_too(world, partner):
    phone = puts_on(world, partner)
    code = phone.code()
    for used in (code, phone.recovery_codes[0]):
        for expected in ("", "totp_wrong"):
            step = world.sign_in(partner.email, PASSWORD)["step_token"]
            assert outcome(world.call, "confirm_totp", step_token=step, code=used) == expected
    assert partner.call("second_factor")["recovery_codes_left"] == 9


ACTS = [
    ("step_up", {"act": "bank_account:change"}, "totp"),
    ("request_email_change", {"email": "fresh@exemple.fr"}, "code"),
    ("request_mobile_change", {"mobile": "06 11 22 33 44"}, "code"),
    ("renew_recovery_codes", {}, "code"),
    ("take_off_second_factor", {}, "code"),
    ("erase_person", {}, "code"),
]


@pytest.mark.parametrize(("method", "said", "name"), ACTS, ids=[act[0] for act in ACTS])
def test_an_act_that_weighs_wants_password_and_code(world, partner, method, said, name):
    phone = puts_on(world, partner)
    alone = outcome(partner.call, method, password=PASSWORD, **said)
    assert alone == "totp_wrong"
    assert (
        outcome(partner.call, method, password="Pas-le-bon-du-tout", **{**said, name: phone.code()}) == "step_up_failed"
    )
    both = outcome(partner.call, method, password=PASSWORD, **{**said, name: phone.code()})
    assert both == ("last_administrator" if method == "erase_person" else "")


def test_a_new_password_and_another_representative_want_it_too(world, partner):
    phone = puts_on(world, partner)
    person = {
        "civility": "Mme", "first_name": "Linh", "last_name": "Nguyen", "position": "Présidente",
        "mobile": "06 98 76 54 32", "reason": "Assemblée générale", "email": "linh.autre@exemple.fr",
    }  # fmt: skip
    assert outcome(partner.call, "request_transfer", password=PASSWORD, **person) == "totp_wrong"
    assert outcome(partner.call, "request_transfer", password=PASSWORD, code=phone.code(), **person) == ""
    fresh = {"current": PASSWORD, "password": f"{PASSWORD}-encore", **BROWSER}
    assert outcome(partner.call, "change_password", **fresh) == "totp_wrong"
    assert outcome(partner.call, "change_password", code=phone.code(), **fresh) == ""


def test_a_password_by_mail_does_not_take_it_off(world, partner):
    phone = puts_on(world, partner)
    world.call("request_password_reset", email=partner.email)
    world.call("reset_password", link_token=world.reset_link(partner.email, 1), password=f"{PASSWORD}-par-lien")
    step = world.sign_in(partner.email, f"{PASSWORD}-par-lien")
    assert step["next"] == "totp"
    assert outcome(world.call, "confirm_totp", step_token=step["step_token"], code=phone.code()) == ""


def test_it_begins_with_the_password_and_nobody_else_goes_on_in_that_browser(world, partner):
    assert outcome(partner.call, "begin_enrolment", password="Pas-le-bon-du-tout", **BROWSER) == "step_up_failed"
    step = partner.call("begin_enrolment", password=PASSWORD, **BROWSER)["step_token"]
    other = world.representative()
    for someone in (other.call, world.call):
        assert outcome(someone, "totp_enrolment", step_token=step) == "step_expired"
        assert outcome(someone, "confirm_enrolment", step_token=step, code="123456") == "step_expired"


def test_a_second_one_is_refused(world, partner):
    puts_on(world, partner)
    assert outcome(partner.call, "begin_enrolment", password=PASSWORD, **BROWSER) == "second_factor_present"


def test_taking_it_off_is_told_and_the_password_is_enough_again(world, partner):
    phone = puts_on(world, partner)
    partner.call("take_off_second_factor", password=PASSWORD, code=phone.code())
    assert partner.viewer["second_factor"] is False
    assert world.sign_in(partner.email, PASSWORD)["next"] == "session"
    assert "désactivée" in text_of(world.mail(partner.email, "double authentification est désactivée"))
    assert outcome(partner.call, "take_off_second_factor", password=PASSWORD) == "second_factor_absent"
    left = "SELECT count(*) FROM recovery_codes JOIN accounts USING (account_id) WHERE account_id = %s"
    assert world.rows(left, partner.viewer["account_id"]) == [(0,)]


def test_renewed_recovery_codes_replace_all_earlier_ones(world, partner):
    phone = puts_on(world, partner)
    fresh = partner.call("renew_recovery_codes", password=PASSWORD, code=phone.code())["recovery_codes"]
    assert set(fresh).isdisjoint(phone.recovery_codes)
    for code, expected in ((phone.recovery_codes[0], "totp_wrong"), (fresh[0], "")):
        step = world.sign_in(partner.email, PASSWORD)["step_token"]
        assert outcome(world.call, "confirm_totp", step_token=step, code=code) == expected


def test_codes_can_not_be_guessed(world, partner):
    puts_on(world, partner)
    step = world.sign_in(partner.email, PASSWORD)["step_token"]
    answers = [outcome(world.call, "confirm_totp", step_token=step, code=f"{n:06d}") for n in range(40)]
    assert answers.count("totp_wrong") <= 6
    assert "" not in answers


@pytest.fixture
def administrator(world):
    """An administrator with an authenticator, as a caller of the bus, and the next code."""
    name = f"boss{len(world.rows('SELECT 1 FROM accounts'))}"
    made = enrolled_agent(world, name, "administrator")
    world.rows("UPDATE accounts SET state = 'active' WHERE state = 'provisional' AND kind = 'agent'")

    def call(method, **arguments):
        return world.call(method, token=world.viewer(made["session_token"])["actor_token"], **arguments)

    call.phone = Phone(world, made["secret"], [])
    return call


def test_the_caf_resets_it_after_a_check_with_a_code_of_its_own(world, partner, administrator):
    puts_on(world, partner)
    account_id = partner.viewer["account_id"]
    asked = {"account_id": account_id, "checked": "called_back"}
    assert outcome(administrator, "reset_second_factor", code="000000", **asked) == "totp_wrong"
    assert outcome(administrator, "reset_second_factor", **{**asked, "checked": "no"}, code="1") == "validation_failed"
    administrator("reset_second_factor", code=administrator.phone.code(), **asked)
    assert refusal(world.viewer, partner.session).code == "session_unknown"
    assert world.sign_in(partner.email, PASSWORD)["next"] == "session"
    assert "Après vérification" in text_of(world.mail(partner.email, "réinitialisée par la Caf"))
    again = outcome(administrator, "reset_second_factor", code=administrator.phone.code(), **asked)
    assert again == "second_factor_absent"
    noted = administrator("audit_entries", limit=5, action="account:reset_totp", subject=account_id)["items"]
    assert [entry["details"] for entry in noted] == [{"checked": "called_back"}]


def test_the_caf_ends_all_sessions_of_a_partner_at_once(world, partner, administrator):
    elsewhere = world.sign_in(partner.email, PASSWORD)["session_token"]
    account_id, token = partner.viewer["account_id"], partner.token
    assert administrator("end_sessions", account_id=account_id) == {"closed": 2}
    for session in (partner.session, elsewhere):
        assert refusal(world.viewer, session).code == "session_unknown"
    wait_for(lambda: outcome(world.call, "person", token=token) == "actor_revoked", "the token to be refused", 1.5)
    assert "fermé" in text_of(world.mail(partner.email, "déconnecté de tous vos appareils"))
    noted = administrator("audit_entries", limit=5, action="account:end_sessions", subject=account_id)["items"]
    assert [entry["details"] for entry in noted] == [{"closed": 2}]
    assert world.sign_in(partner.email, PASSWORD)["next"] == "session"


def test_the_caf_ends_all_sessions_of_an_agent_too(world, administrator):
    agent = enrolled_agent(world, f"gone{len(world.rows('SELECT 1 FROM accounts'))}", "instructor")
    account_id = world.viewer(agent["session_token"])["account_id"]
    assert administrator("end_sessions", account_id=account_id) == {"closed": 1}
    assert refusal(world.viewer, agent["session_token"]).code == "session_unknown"


def test_accounts_are_found_by_structure_and_by_a_whole_address(world, partner, administrator):
    account_id = partner.viewer["account_id"]
    for asked in ({"structure_id": partner.structure_id}, {"email": partner.email.upper()}):
        assert [each["account_id"] for each in administrator("find_accounts", **asked)["items"]] == [account_id]
    for email in (partner.email[:-3], partner.structure_email, ""):
        assert administrator("find_accounts", email=email)["items"] == []
    shown = administrator("partner_account", account_id=account_id)
    assert [(each["structure_id"], each["role"]) for each in shown["rights"]] == [
        (partner.structure_id, "legal_representative")
    ]
    assert [set(each) for each in shown["sessions"]] == [{"opened_at", "last_seen_at", "device"}]


def test_what_is_no_partners_account_is_unknown(world, partner, administrator):
    agent = world.rows("SELECT account_id::text FROM accounts WHERE kind = 'agent' LIMIT 1")[0][0]
    structure = world.rows("SELECT account_id::text FROM accounts WHERE kind = 'structure' LIMIT 1")[0][0]
    for account_id in (agent, structure):
        assert outcome(administrator, "partner_account", account_id=account_id) == "account_unknown"
    assert outcome(administrator, "end_sessions", account_id=structure) == "account_unknown"
    asked = {"account_id": agent, "checked": "in_person", "code": administrator.phone.code()}
    assert outcome(administrator, "reset_second_factor", **asked) == "account_unknown"
