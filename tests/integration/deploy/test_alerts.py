"""Every alert rule is silent on a platform at rest, and fires when its cause is there: real processes, real figures."""

import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

import psycopg2
import pytest
from amqp import Message
from kombu import Connection

from deploy import commandlines
from deploy.local.waiting import TooLate, wait_for
from services.chassis import topology
from services.chassis.ids import new_id
from services.chassis.refusals import Refused, Unavailable
from services.chassis.rpc_headers import DEADLINE, TOKEN
from tests.integration.deploy.watching import RULES, Watch
from tests.integration.identity.world import World
from tests.platform import Platform, free_port

SERVICES = ("identity", "transactions", "payouts")
FIRES_WITHIN_S = 40

pytestmark = pytest.mark.timeout(200)


class Trouble:
    """One platform, and every kind of trouble that a rule is about."""

    def __init__(self, running: Platform, token: Callable[..., str]):
        self.running, self.token = running, token

    def sql(self, service: str, *statements: str) -> None:
        with closing(psycopg2.connect(self.running.owner_url(service))) as connection, connection:
            for statement in statements:
                connection.cursor().execute(statement)

    def publish(self, exchange: str, routing_key: str, count: int, **headers: Any) -> None:
        with Connection(self.running.environment["AMQP_URI"]) as connection, connection.channel() as channel:
            channel.confirm_select()
            for _ in range(count):
                message = Message("{}", content_type="application/json", application_headers=headers)
                channel.basic_publish_confirm(message, exchange=exchange, routing_key=routing_key)

    def call(self, service: str, method: str, token: str, **arguments: Any) -> None:
        with suppress(Refused, Unavailable):
            self.running.bus.call(service, method, arguments, token=token, deadline_s=8)

    def process_down(self) -> None:
        self.running.processes["relay-2"].kill()

    def nobody_takes_calls(self) -> None:
        self.running.processes["payouts"].kill()

    def calls_wait(self) -> None:
        self.publish("nameko-rpc", "payouts.ready", 30)

    def calls_expire(self) -> None:
        token = self.token("visitor")
        self.publish("nameko-rpc", "transactions.ready", 10, **{DEADLINE: repr(time.time() - 1), TOKEN: token})

    def scans_slow(self) -> None:
        terminal = self.token("terminal", structure_id=new_id(), terminal_id=new_id())
        asked = {"idempotency_key": new_id(), "qr": "PSL1.x", "amount_cents": 100}
        with closing(psycopg2.connect(self.running.owner_url("transactions"))) as held:
            held.cursor().execute("LOCK TABLE partners, passes IN ACCESS EXCLUSIVE MODE")
            scan = threading.Thread(
                target=self.call, args=("transactions", "record_transaction", terminal), kwargs=asked
            )
            scan.start()
            scan.join(1.2)  # what a desk waits for, here on purpose
            held.rollback()
        scan.join()

    def gateway_errors(self) -> None:
        for _ in range(5):
            with suppress(urllib.error.HTTPError):
                urllib.request.urlopen(f"{self.running.base_url}/partenaires", timeout=10)

    @contextmanager
    def bug_and_timer_fails(self) -> Iterator[None]:
        """Tables that are away: what needs them fails on an internal error, until they are back."""
        names = ("seasons", "transactions", "family_notices")
        self.sql("transactions", *(f"ALTER TABLE {name} RENAME TO {name}_away" for name in names))
        self.call("transactions", "seasons", self.token("administrator"))
        yield
        self.sql("transactions", *(f"ALTER TABLE {name}_away RENAME TO {name}" for name in names))

    def events_late(self) -> None:
        columns = "(event_id, type, key, unrouted, body, created_at)"
        values = "(gen_random_uuid(), 'nobody_listens.v1', '1', 'retry', '{}', now() - interval '2 minutes')"
        self.sql("identity", f"INSERT INTO outbox {columns} VALUES {values}")

    def events_retried(self) -> None:
        self.publish(topology.retry_exchange("transactions", "10m").name, "transactions.no.such.v1", 1)

    def dead_letters(self) -> None:
        self.publish(topology.dead_exchange("transactions").name, "", 1)

    def mails_late(self) -> None:
        self.sql(
            "transactions",
            "INSERT INTO mail (id, template, created_at, due_at)"
            " SELECT gen_random_uuid(), 'none', now(), now() + interval '1 hour' FROM generate_series(1, 501)",
        )

    def mails_given_up(self) -> None:
        self.sql(
            "identity",
            "INSERT INTO mail (id, template, created_at, due_at) VALUES (gen_random_uuid(), 'none', now(), 'infinity')",
        )

    def codes_refused(self) -> None:
        """The provider's address leads nowhere."""
        partner = World(self.running, self.token).representative()
        for _ in range(4):
            self.call("identity", "send_signing_code", partner.token, code="123456")

    def money_differs(self) -> None:
        self.sql(
            "payouts",
            "INSERT INTO announced_days (announcement_id, structure_id, locked_on, chunks, received_chunks,"
            " total_cents, received_cents, line_count, received_count)"
            " VALUES (gen_random_uuid(), gen_random_uuid(), current_date, 1, 1, 4200, 4200, 1, 1)",
        )
        self.call("payouts", "reconcile", self.token("agent", "preparer"))


@pytest.fixture(scope="module")
def watched(platform: Any, token: Any) -> tuple[Trouble, Watch, set[str]]:
    """A platform, its watch, and what fired while it was at rest."""
    nowhere = f"http://127.0.0.1:{free_port()}"
    twilio = {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "t", "TWILIO_MESSAGING_SERVICE_SID": "MG1"}
    running: Platform = platform(*SERVICES, PSL_SMS="twilio", TWILIO_API_URL=nowhere, PSL_GATEWAY_WORKERS="2", **twilio)
    bind = f"127.0.0.1:{running.port}"
    running.add("gateway", commandlines.gateway(bind), ready_url=f"{running.base_url}/healthz").wait_ready()
    running.add("relay-2", [sys.executable, "-m", "services.chassis.relay", *SERVICES]).wait_ready()
    targets = {name: f"http://127.0.0.1:{process.health_port}/metrics" for name, process in running.processes.items()}
    watch = Watch(targets)
    wait_for(lambda: urllib.request.urlopen(f"{running.base_url}/healthz", timeout=5).status == 200, "a page", 10)
    return Trouble(running, token), watch, watch.look(20)


@pytest.fixture(scope="module")
def fired(watched: tuple[Trouble, Watch, set[str]]) -> set[str]:
    """Every rule that fired once all troubles were there; those of payouts last, since they end it."""
    trouble, watch, _ = watched
    for _ in range(2):  # Prometheus sees growth only of what it has seen before
        for cause in ("scans_slow", "calls_expire", "gateway_errors"):
            getattr(trouble, cause)()
        seen = watch.look()
    for cause in ("codes_refused", "money_differs", "events_late"):
        getattr(trouble, cause)()
    for cause in ("events_retried", "dead_letters", "mails_late", "mails_given_up", "process_down"):
        getattr(trouble, cause)()
    seen |= watch.look()
    with trouble.bug_and_timer_fails(), suppress(TooLate):
        wait_for(lambda: seen.update(watch.look()) or {"Bug", "TimerFails"} <= seen, "both fire", 20, every_s=0.5)
    trouble.nobody_takes_calls()
    trouble.calls_wait()
    names = {rule["alert"] for rule in RULES}
    with suppress(TooLate):
        wait_for(lambda: seen.update(watch.look()) or names <= seen, "all fire", FIRES_WITHIN_S, every_s=0.5)
    return seen


def test_nothing_fires_on_a_platform_at_rest(watched: tuple[Trouble, Watch, set[str]]) -> None:
    assert watched[2] == set()


@pytest.mark.parametrize("name", [rule["alert"] for rule in RULES])
def test_a_rule_fires_when_its_cause_is_there(fired: set[str], name: str) -> None:
    assert name in fired
