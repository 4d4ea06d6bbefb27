"""A service works with the rights of its own broker account, and can't read or forge what is another's."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from amqp.exceptions import AccessRefused
from kombu import Connection

from deploy.broker_accounts import rights
from deploy.local.waiting import wait_for
from services.chassis.bus import Bus
from tests.platform import Platform

ACCOUNTS = ("identity", "relay", "gateway", "partners", "finance")


class Accounts:
    """Accounts of one virtual host, with the rights that `deploy.broker_accounts` gives."""

    def __init__(self, infra: Any, uri: str):
        self._infra, self._uri = infra, urlsplit(uri)
        self.names = {name: f"psl-{name}-{uuid4().hex[:8]}" for name in ACCOUNTS}
        for name, user in self.names.items():
            infra._control("add_user", user, "secret")
            infra._control("set_permissions", "-p", self._uri.path[1:], user, *rights()[name])

    def uri(self, name: str) -> str:
        return f"amqp://{self.names[name]}:secret@{self._uri.hostname}:{self._uri.port}{self._uri.path}"

    def remove(self) -> None:
        for user in self.names.values():
            self._infra._control("delete_user", user)


@pytest.fixture(scope="module")
def accounts(infra: Any) -> Iterator[Accounts]:
    with infra.virtual_host() as uri:
        made = Accounts(infra, uri)
        yield made
        made.remove()


@pytest.fixture(scope="module")
def running(accounts: Accounts, infra: Any, tmp_path_factory: Any, _surroundings: Path) -> Iterator[Platform]:
    """Identity and the relay, each with its own account."""
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("accounts")
        (folder / "keys").symlink_to(_surroundings / "keys")
        made = Platform(infra, folder, accounts.uri("identity"))
        stack.callback(made.stop)
        made.start(["identity"], relay=False, gateway=False)
        made.environment["AMQP_URI"] = accounts.uri("relay")
        made.add("relay", [sys.executable, "-m", "services.chassis.relay", "identity"]).wait_ready()
        yield made


def test_a_call_through_the_gateways_account_is_answered(
    running: Platform, accounts: Accounts, token: Callable[..., str]
) -> None:
    bus = Bus(accounts.uri("gateway"))
    assert bus.call("identity", "ready", {}, token=token("visitor"))["ready"] is True
    bus.close()


def test_an_event_leaves_through_the_relays_account(running: Platform, accounts: Accounts) -> None:
    """What stands in the outbox is confirmed by the broker."""
    statement = (
        "INSERT INTO outbox (event_id, type, key, unrouted, body) "
        "VALUES (gen_random_uuid(), 'session_closed.v1', 'k', 'accept', '{}')"
    )
    with running.connect("identity") as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        connection.commit()

    def sent() -> bool:
        with running.connect("identity") as connection, connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM outbox WHERE sent_at IS NULL")
            return cursor.fetchone()[0] == 0

    wait_for(sent, "the event is sent", 20)
    assert sent()


def test_finance_reads_its_own_queue_of_the_payouts_events(running: Platform, accounts: Accounts) -> None:
    with Connection(accounts.uri("finance"), connect_timeout=5) as connection, connection.channel() as channel:
        channel.exchange_declare("payouts.events", "topic", durable=True, auto_delete=False)
        channel.queue_declare("finance.payouts", durable=True, auto_delete=False)
        channel.queue_bind("finance.payouts", "payouts.events", routing_key="payout_ordered.v1")
        assert channel.basic_consume("finance.payouts")


REFUSED = [
    ("partners", lambda channel: channel.basic_consume("rpc-identity"), "reads identity's calls"),
    ("partners", lambda channel: channel.queue_delete("rpc-identity"), "deletes identity's queue"),
    ("partners", lambda channel: publish(channel, "identity.events"), "announces in identity's name"),
    ("gateway", lambda channel: publish(channel, "identity.events"), "announces anything"),
    ("gateway", lambda channel: channel.basic_consume("rpc-identity"), "reads calls"),
    ("gateway", lambda channel: channel.queue_declare("mine"), "declares a queue"),
    ("relay", lambda channel: channel.basic_consume("rpc-identity"), "reads calls"),
    ("relay", lambda channel: publish(channel, "nameko-rpc"), "makes calls"),
    ("finance", lambda channel: publish(channel, "identity.events"), "announces anything"),
    ("finance", lambda channel: channel.basic_consume("rpc-identity"), "reads calls"),
]


def publish(channel: Any, exchange: str) -> None:
    from amqp import Message

    channel.confirm_select()
    channel.basic_publish_confirm(Message("{}"), exchange=exchange, routing_key="x")


@pytest.mark.parametrize(("account", "act", "what"), REFUSED, ids=[f"{a}-{w}" for a, _, w in REFUSED])
def test_an_account_is_refused_what_is_another_s(
    running: Platform, accounts: Accounts, account: str, act: Callable[[Any], Any], what: str
) -> None:
    with Connection(accounts.uri(account), connect_timeout=5) as connection, connection.channel() as channel:
        with pytest.raises(AccessRefused):
            act(channel)
