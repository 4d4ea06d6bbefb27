"""Cookies of signing in, and the provider's webhook, with a bus that answers from a table."""

import pytest

from gateway.cookies import name_of
from services.chassis.refusals import Refused, Unavailable

OPENED = {
    "next": "session", "session_token": "fresh-session", "session_expires_at": "2999-01-01T00:00:00+00:00",
    "device_token": "known-device", "step_token": None, "must_personalise": False,
}  # fmt: skip
FORM = {"login": "ada@exemple.fr", "password": "Trois-Chevaux-Bleus"}
REPORT = {"MessageSid": "SM1", "MessageStatus": "delivered"}


def cookies(answer):
    """Attributes of each cookie that the answer sets."""
    return {line.partition("=")[0]: line for line in answer.headers.getlist("Set-Cookie")}


def test_signing_in_sets_cookies_that_scripts_and_other_sites_can_not_use(app, bus):
    bus.answers["identity.sign_in"] = OPENED
    answer = app.test_client().post("/login/partner", data=FORM)
    set_by = cookies(answer)
    assert (answer.status_code, answer.location) == (302, "/espace")
    for name in ("psl_session", "psl_device"):
        assert "HttpOnly" in set_by[name]
        assert "SameSite=Lax" in set_by[name]


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_no_address_elsewhere_follows_signing_in(app, bus, wanted):
    bus.answers["identity.sign_in"] = OPENED
    answer = app.test_client().post("/login/partner", query_string={"suite": wanted}, data=FORM)
    assert answer.location == "/espace"


def test_the_browser_that_signed_in_before_says_so(app, bus):
    bus.answers["identity.sign_in"] = OPENED
    client = app.test_client()
    client.set_cookie("psl_device", "known-device")
    client.post("/login/partner", data=FORM)
    assert bus.called("identity.sign_in")[0]["device_token"] == "known-device"


def test_waiting_is_told_in_seconds(app, bus):
    bus.answers["identity.sign_in"] = Refused("too_many_attempts", {"retry_after_s": 8})
    answer = app.test_client().post("/login/partner", data=FORM)
    assert answer.status_code == 429
    assert "Attendez 8 secondes" in answer.get_data(as_text=True)


def test_a_password_never_comes_back_in_the_page(app, bus):
    bus.answers["identity.sign_in"] = Refused("sign_in_failed")
    answer = app.test_client().post("/login/partner", data=FORM)
    assert answer.status_code == 401
    assert FORM["password"] not in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("said", "status"), [({}, 204), (Refused("sms_signature_invalid"), 403), (Unavailable("late"), 503)]
)
def test_a_delivery_report_needs_no_form_token_but_the_providers_signature(app, bus, said, status):
    app.config["WTF_CSRF_ENABLED"] = True
    bus.answers["identity.record_sms_status"] = said
    client = app.test_client()
    answer = client.post("/webhooks/twilio/sms", data=REPORT, headers={"X-Twilio-Signature": "signed"})
    assert answer.status_code == status
    (asked,) = bus.called("identity.record_sms_status")
    assert (asked["parameters"], asked["signature"]) == (REPORT, "signed")
    assert client.post("/mot-de-passe", data={"email": "ada@exemple.fr"}).status_code == 400


def test_in_production_each_cookie_is_bound_to_the_host_and_to_tls(app, bus):
    app.config.update(PRODUCTION=True, SESSION_COOKIE_NAME=name_of("psl_page", production=True))
    app.config["SESSION_COOKIE_SECURE"] = True
    bus.answers["identity.sign_in"] = OPENED
    bus.answers["partners.start_application"] = {"draft_token": "d", "application_id": "a", "expires_on": "2026-12-24"}
    client = app.test_client()
    https = {"base_url": "https://localhost"}
    answers = [
        client.post("/login/partner", data=FORM, **https),
        client.post("/inscription/nouvelle", **https),
        client.post("/preferences", data={"language": "en", "appearance": "dark"}, **https),
        client.post("/login/agent", data=FORM, **https),
    ]
    set_by = {name: line for answer in answers for name, line in cookies(answer).items()}
    assert {"__Host-psl_session", "__Host-psl_demande", "__Host-psl_langue"} <= set(set_by)
    for name, line in set_by.items():
        assert name.startswith("__Host-"), line
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= {part.strip() for part in line.split(";")}, line


def test_signing_out_empties_the_browsers_memory_but_not_a_terminals_scans(app, bus, sign_in):
    bus.answers["identity.close_session"] = {}
    answer = sign_in("manager").post("/deconnexion")
    assert answer.headers["Clear-Site-Data"] == '"cache"'


def test_one_address_that_tries_many_identifiers_is_slowed_down(app, bus):
    """Identity counts per identifier; whoever walks through a list of stolen passwords is met here."""
    bus.answers["identity.sign_in"] = Refused("sign_in_failed")
    client = app.test_client()
    answers = [
        client.post("/login/partner", data={"login": f"p{n}@example.org", "password": "Stolen-Word-12"})
        for n in range(21)
    ]
    assert [answer.status_code for answer in answers] == [401] * 20 + [429]
    assert len(bus.called("identity.sign_in")) == 20
    assert client.post("/login/agent", data=FORM).status_code == 429


def test_good_sign_ins_from_one_address_are_not_counted(app, bus):
    bus.answers["identity.sign_in"] = OPENED
    client = app.test_client()
    assert {client.post("/login/partner", data=FORM).status_code for _ in range(30)} == {302}


def test_one_address_cannot_have_many_mails_sent(app, bus):
    bus.answers["identity.request_password_reset"] = {}
    client = app.test_client()
    answers = [client.post("/mot-de-passe", data={"email": f"p{n}@example.org"}) for n in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert len(bus.called("identity.request_password_reset")) == 10
