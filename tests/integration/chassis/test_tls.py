"""TLS to the broker and to PostgreSQL: a service answers and hears over both, and a wrong certificate is refused."""

import shutil
import ssl
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg2
import pytest
from sqlalchemy.engine import make_url

from deploy.local import postgres
from deploy.local.waiting import wait_for
from services.chassis import broker, deadletters
from services.chassis.bus import Bus
from services.chassis.config import reset, settings
from services.chassis.refusals import Unavailable
from services.payouts.finance import Consumer
from tests.conftest import FOLDER
from tests.integration.chassis.tls_ground import NAME, Authority, TlsInfra, TlsInfrastructure, built_with_tls
from tests.integration.identity.world import World
from tests.platform import Platform, Process, free_port
from tests.ports import free_block

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def folder() -> Any:
    made = FOLDER / f"test-tls-{uuid4().hex[:8]}"
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def authority(folder: Path) -> Authority:
    return Authority(folder / "authority")


@pytest.fixture(scope="module")
def stranger(folder: Path) -> Authority:
    """Another authority, which vouches for nobody here."""
    return Authority(folder / "stranger")


@pytest.fixture(scope="module")
def trusting(authority: Authority) -> Any:
    """This process trusts the authority."""
    with pytest.MonkeyPatch.context() as changed:
        changed.setenv("AMQP_CA", str(authority.file))
        reset()
        yield changed
    reset()


@pytest.fixture(scope="module")
def ground(folder: Path, authority: Authority, trusting: pytest.MonkeyPatch) -> Any:
    if own := built_with_tls():
        trusting.setattr(postgres, "binaries", lambda: own)
    started = TlsInfrastructure(folder / "run", free_block(), authority)
    with ExitStack() as stack:
        stack.callback(started.stop)
        started.start()
        made = TlsInfra(started.describe())
        stack.callback(made.drop_templates)
        yield made


@pytest.fixture(scope="module")
def running(ground: TlsInfra, folder: Path, authority: Authority, _surroundings: Path) -> Any:
    """Identity and its relay, in processes of their own."""
    with ExitStack() as stack:
        place = folder / "platform"
        place.mkdir()
        (place / "keys").symlink_to(_surroundings / "keys")
        extra = {"AMQP_CA": str(authority.file)}
        made = Platform(ground, place, stack.enter_context(ground.virtual_host()), extra)
        stack.callback(made.stop)
        made.start(["identity"], relay=True, gateway=False)
        yield made


def test_a_service_answers_calls_and_hears_events(running: Platform, token: Any) -> None:
    """The event leads to rows, to mails by the relay, and to an account that signs in over the bus."""
    world = World(running, token)
    club = world.representative("Club des Coffres")
    assert club.viewer["structure"]["name"] == "Club des Coffres"


def test_nothing_goes_in_the_clear(running: Platform, ground: TlsInfra) -> None:
    """Every connection of nameko, of the relay and of this test's bus, and every session in the database."""
    found = ground.connections()
    assert len(found) >= 2
    assert {encrypted for _, encrypted, _ in found} == {"true"}
    if built_with_tls():  # else the front takes nothing else, and is the only way in that the platform was told
        sessions = ground.sessions()
        assert {user for user, _ in sessions} >= {"identity", "postgres"}
        assert [user for user, encrypted in sessions if not encrypted] == []


def test_dead_letters_and_finance_reach_it_too(running: Platform, trusting: Any, tmp_path: Path) -> None:
    """The two that speak pika."""
    uri = running.environment["AMQP_URI"]
    with deadletters.opened(uri) as letters:
        assert list(letters.letters("identity")) == []
    consumer = Consumer(uri, "finance.payouts", _NoBooks(), settings().amqp_ca)  # type: ignore[arg-type]
    consumer.stop()
    consumer._consume()


class _NoBooks:
    """Nothing comes, hence nothing is written."""


WRONG = ["another authority", "another name"]


@pytest.fixture(params=WRONG)
def wrong(request: Any, running: Platform, stranger: Authority, monkeypatch: Any) -> tuple[str, str]:
    """(AMQP address, CA file) with a certificate that must not be believed."""
    uri = running.environment["AMQP_URI"]
    if request.param == "another name":
        return uri.replace(NAME, "127.0.0.1"), running.environment["AMQP_CA"]
    monkeypatch.setenv("AMQP_CA", str(stranger.file))
    reset()
    request.addfinalizer(lambda: (monkeypatch.undo(), reset()))
    return uri, str(stranger.file)


def test_a_wrong_broker_is_refused_by_kombu(wrong: tuple[str, str]) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        broker.Addresses(wrong[0]).connect()
    with pytest.raises(ssl.SSLCertVerificationError), broker.connection(wrong[0]) as connection:
        connection.connect()


def test_a_wrong_broker_is_refused_by_pika(wrong: tuple[str, str]) -> None:
    with pytest.raises(ssl.SSLCertVerificationError), deadletters.opened(wrong[0]):
        pass
    with pytest.raises(ssl.SSLCertVerificationError):
        Consumer(wrong[0], "finance.payouts", _NoBooks(), wrong[1])._consume()  # type: ignore[arg-type]


def test_a_wrong_broker_gets_no_call(wrong: tuple[str, str], token: Any) -> None:
    bus = Bus(wrong[0])
    with pytest.raises(Unavailable):
        bus.call("identity", "ready", {}, token=token("visitor"), deadline_s=3)
    bus.close()


def test_a_service_does_not_start_on_a_wrong_broker(running: Platform, stranger: Authority) -> None:
    """nameko's own consumers: the process says why, and never gets ready."""
    environment = {**running.environment, "AMQP_CA": str(stranger.file), "PSL_HEALTH_PORT": str(free_port())}
    command = [sys.executable, "-m", "services.chassis.run", "services.identity.service"]
    ready_url = f"http://127.0.0.1:{environment['PSL_HEALTH_PORT']}/readyz"
    process = Process("mistaken", command, running.var, environment, ready_url)
    process.start()
    try:
        wait_for(lambda: "certificate verify failed" in process.log.read_text(), "the log says why", 40)
        assert not process.is_ready()
    finally:
        process.end()


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_database_is_refused(kind: str, running: Platform, stranger: Authority) -> None:
    url = make_url(running.owner_url("identity"))
    if kind == "another name":
        url = url.set(host="127.0.0.1")
    else:
        url = url.update_query_dict({"sslrootcert": str(stranger.file)})
    with pytest.raises(psycopg2.OperationalError, match="certificate"):
        psycopg2.connect(url.render_as_string(hide_password=False), connect_timeout=5)


def test_a_plain_connection_finds_no_door(running: Platform) -> None:
    plain = running.environment["AMQP_URI"].replace("amqps://", "amqp://")
    with pytest.raises(broker.LOST):
        broker.Addresses(plain).connect()
