"""SMS: the stand-in, and Twilio's own client against a server that answers as Twilio does."""

import json
import threading
from base64 import b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest
from twilio.request_validator import RequestValidator

from deploy.local.waiting import wait_for
from tests.integration.identity.world import World
from tests.refusing import refusal

TOKEN = "twilio-secret-for-tests"
ACCOUNT = "AC00000000000000000000000000000001"


class Twilio(ThreadingHTTPServer):
    """Takes messages as api.twilio.com does; `refusing` makes it answer 400, as for a number it can't reach."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), TwilioHandler)
        self.received = []
        self.refusing = False
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


class TwilioHandler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        sent = {name: values[0] for name, values in body.items()}
        self.server.received.append((self.path, self.headers["Authorization"], sent))
        sid = f"SM{len(self.server.received):032d}"
        answer = {"code": 21211, "message": "Invalid 'To'", "status": 400} if self.server.refusing else None
        answer = answer or {"sid": sid, "status": "accepted", "to": sent["To"], "account_sid": ACCOUNT}
        raw = json.dumps(answer).encode()
        self.send_response(400 if self.server.refusing else 201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_):
        """Quiet."""


@pytest.fixture(scope="module")
def twilio():
    server = Twilio()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def world(platform, token, twilio):
    settings = {
        "PSL_SMS": "twilio",
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_MESSAGING_SERVICE_SID": "MG1",
        "TWILIO_API_URL": twilio.url,
    }
    return World(platform("identity", **settings), token)


@pytest.fixture(scope="module")
def partner(world):
    return world.representative()


def webhook(world):
    return f"{world.running.base_url}/webhooks/twilio/sms"


def report(world, sid, status, *, key=TOKEN):
    parameters = {"MessageSid": sid, "MessageStatus": status, "AccountSid": ACCOUNT}
    signature = RequestValidator(key).compute_signature(webhook(world), parameters)
    return {"provider": "twilio", "url": webhook(world), "parameters": parameters, "signature": signature}


def announced(world, sid):
    found = world.rows("SELECT body FROM outbox WHERE type = 'sms_status_changed.v1' ORDER BY id")
    data = [json.loads(body)["data"] for (body,) in found]
    return [each["status"] for each in data if each["provider_id"] == sid]


def test_a_signing_code_goes_to_the_representatives_own_mobile(world, partner, twilio):
    sent = partner.call("send_signing_code", code="123456")
    path, authorization, message = twilio.received[-1]
    assert path == f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    assert authorization == "Basic " + b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
    assert message["To"] == "+33612345678"
    assert "votre code de vérification est 123456" in message["Body"]
    assert (message["MessagingServiceSid"], message["StatusCallback"]) == ("MG1", webhook(world))
    assert (sent["provider"], sent["masked_phone"], sent["delivery_state"]) == (
        "twilio",
        "+33 6 •• •• •• 78",
        "accepted",
    )


def test_delivery_reports_only_go_forwards_and_are_announced(world, partner):
    sid = partner.call("send_signing_code", code="123456")["provider_id"]
    for status in ("sent", "delivered", "sent", "delivered", "queued"):
        world.call("record_sms_status", **report(world, sid, status))
    assert world.rows("SELECT status FROM sms WHERE provider_id = %s", sid) == [("delivered",)]
    wait_for(lambda: announced(world, sid) == ["sent", "delivered"], "both announcements", 5)


def test_a_report_that_twilio_did_not_sign_is_refused(world, partner):
    sid = partner.call("send_signing_code", code="123456")["provider_id"]
    forged = report(world, sid, "delivered", key="another")
    changed = report(world, sid, "sent")
    changed["parameters"]["MessageStatus"] = "delivered"
    other = report(world, sid, "delivered") | {"provider": "file"}
    for wrong in (forged, changed, other):
        assert refusal(world.call, "record_sms_status", **wrong).code == "sms_signature_invalid"
    assert world.rows("SELECT status FROM sms WHERE provider_id = %s", sid) == [("accepted",)]


def test_a_report_about_an_unknown_message_changes_nothing(world):
    world.call("record_sms_status", **report(world, "SM-unknown", "delivered"))
    assert announced(world, "SM-unknown") == []


def test_what_twilio_refuses_is_told_and_kept(world, partner, twilio):
    twilio.refusing = True
    assert refusal(partner.call, "send_signing_code", code="123456").code == "sms_failed"
    twilio.refusing = False
    assert ("failed",) in world.rows("SELECT status FROM sms")


def test_only_a_representative_has_codes_sent(world, partner):
    for role in ("manager", "cashier", "terminal", "instructor"):
        caller = world.call_as(role, structure_id=partner.structure_id)
        assert refusal(caller, "send_signing_code", code="123456").code == "not_allowed"


def test_no_text_and_no_number_is_kept(world, partner):
    partner.call("send_signing_code", code="987654")
    kept = str(world.rows("SELECT * FROM sms"))
    assert "987654" not in kept and "612345678" not in kept
