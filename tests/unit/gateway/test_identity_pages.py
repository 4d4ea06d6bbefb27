"""Cookies of signing in, and the provider's webhook, with a bus that answers from a table."""

import pytest

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
