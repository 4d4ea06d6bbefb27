"""The install page, followed: a platform in production mode with a real broker, database, mail server, object store and
proxy with TLS; Twilio's interface is played by a server that checks each request."""

import json
import os
import ssl
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from aiosmtpd.controller import Controller
from twilio.request_validator import RequestValidator

from deploy.local.infra import Infrastructure
from deploy.local.platform import answers
from deploy.local.postgres import binaries
from deploy.local.proxy import Proxy
from deploy.local.waiting import wait_for
from services.chassis import actor, config
from services.chassis import keys as chassis_keys
from services.chassis.bus import Bus
from services.chassis.config import SERVICES
from services.chassis.files import FileStore
from tests.conftest import FOLDER
from tests.integration.deploy.installation import Machine, blocks
from tests.integration.identity.world import World
from tests.platform import free_port
from tests.ports import free_block
from tests.stand_ins import Twilio, s3_store

ACCOUNT, TOKEN, SENDER = "AC" + "0" * 32, "the-auth-token", "MG" + "0" * 32
BUCKET = "pass-sports-loisirs"

pytestmark = pytest.mark.timeout(240)


class Mailbox:
    """What the mail server was given."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        parsed = BytesParser(policy=policy.default).parsebytes(envelope.content)
        self.mails.append(parsed)  # type: ignore[arg-type]
        return "250 taken"


class Installed:
    """The platform as the page made it, and the servers around it."""

    def __init__(self, machine: Machine, proxy: Proxy, twilio: Twilio, mailbox: Mailbox, bus: Bus, amqp_uri: str):
        self.machine, self.proxy, self.twilio, self.mailbox = machine, proxy, twilio, mailbox
        self.bus, self.environment = bus, {"AMQP_URI": amqp_uri}

    def mails(self, to: str | None = None) -> list[EmailMessage]:
        return [mail for mail in self.mailbox.mails if to is None or to in str(mail["To"])]

    def get(self, path: str) -> Any:
        return urllib.request.urlopen(f"{self.proxy.base_url}{path}", timeout=10, context=self.proxy.trusting())


@pytest.fixture(scope="module")
def installed() -> Iterator[Installed]:
    with ExitStack() as stack:
        root = FOLDER / f"install-{os.getpid()}"
        root.mkdir(parents=True)
        stack.callback(_remove, root)
        infrastructure = Infrastructure(root / "machine", free_block(), durable=False)
        stack.callback(infrastructure.stop)
        infrastructure.start(services=())
        mailbox = Mailbox()
        smtp = Controller(mailbox, hostname="127.0.0.1", port=free_port())
        smtp.start()
        stack.callback(smtp.stop)
        twilio = Twilio(ACCOUNT, TOKEN, SENDER)
        stack.callback(twilio.shutdown)
        s3 = stack.enter_context(s3_store(BUCKET))
        ports = {name: free_port() for name in (*SERVICES, "relay", "gateway")}
        proxy = Proxy(root, infrastructure.ports.proxy, [f"127.0.0.1:{ports['gateway']}"])
        stack.callback(proxy.stop)
        machine = _machine(root, infrastructure, proxy.base_url, f"smtp://127.0.0.1:{smtp.port}", s3)
        stack.callback(machine.stop)
        for kind, commands in blocks():
            if kind != "system" and "--from" not in commands:
                machine.run(commands)
        with open(root / "etc" / "psl" / "psl.env", "a", encoding="utf-8") as settings:
            settings.write(f"TWILIO_API_URL={twilio.url}\nPSL_SPANS=log\n")
        proxy.start()
        machine.start_all(ports)
        stack.enter_context(_keys_of(root / "etc" / "psl" / "keys"))
        uri = infrastructure.broker.uri("psl")
        infrastructure.broker.control("set_permissions", "-p", "psl", infrastructure.broker.user, ".*", ".*", ".*")
        bus = Bus(uri)
        stack.callback(bus.close)
        yield Installed(machine, proxy, twilio, mailbox, bus, uri)


def _machine(root: Path, infrastructure: Infrastructure, base_url: str, mail: str, s3: str) -> Machine:
    """The page's examples stand for this machine's broker, database and servers."""
    broker, postgres = infrastructure.broker, infrastructure.postgres
    place = f"--broker 127.0.0.1:{broker.amqp} --database 127.0.0.1:{postgres.port} --var {root}/var"
    replaced = {
        "--base-url https://pass-sports-loisirs.example": f"--base-url {base_url} {place}",
        "smtp://user:password@mail.example:587": mail,
        "https://s3.example": s3,
        "rabbitmqctl --quiet": f"/usr/lib/rabbitmq/bin/rabbitmqctl --quiet -n {broker.node}",
    }
    environment = {
        **broker.environment(),
        "PATH": f"{binaries()}:{os.environ['PATH']}",
        "PGHOST": "127.0.0.1",
        "PGPORT": str(postgres.port),
        "PGUSER": "postgres",
        "PGPASSWORD": postgres.password,
    }
    return Machine(root, environment, replaced)


class _keys_of:
    """This process signs with the installation's own keys inside the block."""

    def __init__(self, folder: Path):
        self._folder, self._before = folder, os.environ.get("PSL_KEYS")

    def __enter__(self) -> None:
        self._use(str(self._folder))

    def __exit__(self, *_: object) -> None:
        self._use(self._before)

    def _use(self, folder: str | None) -> None:
        os.environ.pop("PSL_KEYS", None) if folder is None else os.environ.update(PSL_KEYS=folder)
        config.reset()
        chassis_keys.reload()


def _remove(root: Path) -> None:
    import shutil

    shutil.rmtree(root, ignore_errors=True)


def _issue(*roles: str, account_id: str | None = None, **scope: str) -> str:
    issuer = "gateway" if roles == ("visitor",) else roles[0].partition(":")[2] or "identity"
    return actor.issue(roles, issuer=issuer, account_id=account_id, scope=scope, lifetime_s=600)[0]


def test_pages_come_through_the_proxy_with_tls_and_strict_transport(installed: Installed) -> None:
    with installed.get("/") as page:
        assert page.status == 200
        assert "max-age" in page.headers["Strict-Transport-Security"]
    with pytest.raises(urllib.error.URLError) as untrusted:
        urllib.request.urlopen(installed.proxy.base_url, timeout=5)
    assert isinstance(untrusted.value.reason, ssl.SSLError)


def test_the_first_administrator_gets_a_password_by_mail(installed: Installed) -> None:
    (creating,) = [commands for _, commands in blocks() if "create-agent" in commands]
    installed.machine.run(creating)
    mail = wait_for(lambda: installed.mails("a.martin@caf.example"), "the mail at the SMTP server", 20)[0]
    assert mail.is_multipart() and "a.martin@caf.example" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_status_says_that_all_is_well(installed: Installed) -> None:
    (asking,) = [commands for _, commands in blocks() if commands.rstrip().endswith("status")]
    trusting = {"SSL_CERT_FILE": str(installed.proxy.authority)}
    installed.machine.environment |= trusting
    assert "ready" in installed.machine.run(asking)


def test_codes_leave_by_twilio_with_all_that_it_demands(installed: Installed) -> None:
    partner = World(installed, _issue).representative()  # type: ignore[arg-type]
    sent = partner.call("send_signing_code", code="123456")
    assert sent["provider"] == "twilio" and installed.twilio.problems == []
    (message,) = installed.twilio.received
    assert "123456" in message["Body"]
    assert message["StatusCallback"] == f"{installed.proxy.base_url}/webhooks/twilio/sms"


def _report(installed: Installed, sid: str, traceparent: str) -> int:
    """Twilio's delivery report, signed, through the proxy. Returns the status of the answer."""
    address = f"{installed.proxy.base_url}/webhooks/twilio/sms"
    parameters = {"MessageSid": sid, "MessageStatus": "delivered", "AccountSid": ACCOUNT}
    signature = RequestValidator(TOKEN).compute_signature(address, parameters)
    headers = {"X-Twilio-Signature": signature, "traceparent": traceparent}
    request = urllib.request.Request(address, urlencode(parameters).encode(), headers)
    with urllib.request.urlopen(request, timeout=10, context=installed.proxy.trusting()) as answer:
        return int(answer.status)


def test_one_trace_joins_gateway_call_and_listener_and_no_log_names_a_person(installed: Installed) -> None:
    partner = World(installed, _issue).representative("Club des Traces")  # type: ignore[arg-type]
    sid = partner.call("send_signing_code", code="654321")["provider_id"]
    trace = uuid4().hex
    assert _report(installed, sid, f"00-{trace}-00f067aa0ba902b7-01") < 300
    logs = installed.machine.root / "log"

    def kinds(process: str) -> set[str]:
        lines = [json.loads(line) for line in (logs / f"{process}.log").read_text().splitlines() if trace in line]
        return {line["kind"] for line in lines if line["event"] == "span"}

    wait_for(lambda: "consumer" in kinds("psl@conventions"), "the listener's span of that trace", 15)
    assert {"server", "client"} <= kinds("psl-gateway") and "server" in kinds("psl@identity")
    written = "".join(path.read_text(errors="replace") for path in logs.glob("psl*.log"))
    assert [word for word in (partner.email, "Club des Traces", "612345678", "654321") if word in written] == []


def test_documents_are_streamed_to_the_object_store_and_back(
    installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of more than one part (an S3 upload of more than 50 MB goes in parts), sealed on the way."""
    settings = (installed.machine.root / "etc" / "psl" / "psl.env").read_text()
    monkeypatch.setenv("AWS_ENDPOINT_URL", settings.partition("AWS_ENDPOINT_URL=")[2].splitlines()[0])
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "the-key-id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the-secret-key")
    store = FileStore(f"s3://{BUCKET}")
    piece = os.urandom(1 << 20)
    stored = store.put(SimpleNamespace(read=_reader(piece, 60)))
    with store.open(stored.sha256) as stream:
        assert all(stream.read(1 << 20) == piece for _ in range(60))


def _reader(piece: bytes, times: int) -> Any:
    left = [times]

    def read(_size: int = -1) -> bytes:
        left[0] -= 1
        return piece if left[0] >= 0 else b""

    return read


def test_a_process_that_lacks_a_secret_refuses_to_start_and_says_which(installed: Installed, tmp_path: Path) -> None:
    folder = installed.machine.root / "etc" / "psl" / "credentials"
    kept = (folder / "TWILIO_AUTH_TOKEN").read_text()
    (folder / "TWILIO_AUTH_TOKEN").write_text("")
    try:
        with pytest.raises(AssertionError, match="TWILIO_AUTH_TOKEN"):
            installed.machine.run("/opt/pass-sports-loisirs/.venv/bin/python -m deploy.enter --from /etc/psl migrate")
    finally:
        (folder / "TWILIO_AUTH_TOKEN").write_text(kept)
    assert answers(installed.proxy.base_url) is False, "an untrusting client gets nothing"
