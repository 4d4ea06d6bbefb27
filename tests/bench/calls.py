"""One RPC through our client and server against bare nameko and bare py-amqp; and how long an event takes."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from amqp import Message
from kombu import Connection
from nameko.standalone.rpc import ClusterRpcProxy
from sqlalchemy import text

from deploy.local.waiting import wait_for
from services.chassis.actor import issue
from services.chassis.ids import new_id
from tests.bench import amqp_echo
from tests.bench.results import Line, median, percentile
from tests.bench.stage import Stage

CALLS, ROUNDS, EVENTS = 400, 5, 100


def measure(stage: Stage) -> Iterator[Line]:
    """Rounds of the three kinds of call alternate."""
    uri = stage.surroundings["AMQP_URI"]
    with ExitStack() as stack:
        stack.enter_context(stage.platform(gateway=False))
        stack.enter_context(stage.process(_nameko(), lambda: _has_queue(uri, "rpc-bare_echo"), AMQP_URI=uri))
        command = [sys.executable, "-m", "tests.bench.amqp_echo"]
        stack.enter_context(stage.process(command, lambda: _has_queue(uri, amqp_echo.QUEUE), AMQP_URI=uri))
        yield from _rpc_lines(stack, stage, uri)
        yield from _event_lines(stage)


def _nameko() -> list[str]:
    nameko = str(Path(sys.executable).with_name("nameko"))
    return [nameko, "run", "tests.bench.bare_echo", "--broker", os.environ["AMQP_URI"]]


def _has_queue(uri: str, name: str) -> bool:
    with Connection(uri) as connection:
        try:
            connection.channel().queue_declare(name, passive=True)
        except connection.channel_errors:
            return False
    return True


def _rpc_lines(stack: ExitStack, stage: Stage, uri: str) -> Iterator[Line]:
    proxy = stack.enter_context(ClusterRpcProxy({"AMQP_URI": uri}))
    token, _ = issue(["visitor"], issuer="gateway", lifetime_s=3600)
    kinds: dict[str, Callable[[], Any]] = {
        "ours": lambda: stage.bus.call("transactions", "verification_keys", {}, token=token, idempotent=True),
        "nameko": lambda: proxy.bare_echo.echo("word"),
        "amqp": _AmqpCaller(uri).echo,
    }
    seen: dict[str, list[float]] = {kind: [] for kind in kinds}
    for call in kinds.values():
        _each(call, CALLS // 4)
    for _ in range(ROUNDS):
        for kind, call in kinds.items():
            seen[kind].append(median(_each(call, CALLS)))
    ours, bare, amqp = (median(seen[kind]) * 1000 for kind in ("ours", "nameko", "amqp"))
    yield Line("amqp_echo", amqp, "ms")
    yield Line("nameko_echo", bare, "ms")
    yield Line("rpc", ours, "ms", "nameko_echo", ours / bare, "<= 1.3")


def _each(call: Callable[[], Any], times: int) -> list[float]:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    return taken


class _AmqpCaller:
    """Asks the bare server over one connection, by direct reply-to."""

    def __init__(self, uri: str):
        self._connection = Connection(uri).connect()
        self._channel = self._connection.channel()
        self._answered = False
        self._channel.basic_consume("amq.rabbitmq.reply-to", no_ack=True, callback=self._take)

    def _take(self, _: Any) -> None:
        self._answered = True

    def echo(self) -> None:
        self._answered = False
        asked = Message("word", correlation_id="1", reply_to="amq.rabbitmq.reply-to")
        self._channel.basic_publish(asked, exchange="", routing_key=amqp_echo.QUEUE)
        while not self._answered:
            self._connection.drain_events(timeout=5)


def _event_lines(stage: Stage) -> Iterator[Line]:
    """identity announces sessions that were closed; transactions takes note. Both write the database's own time."""
    delays = [_event_delay(stage) for _ in range(EVENTS)]
    yield Line("event_delay", percentile(delays, 0.5) * 1000, "ms", goal="<= 20")
    yield Line("event_delay_p99", percentile(delays, 0.99) * 1000, "ms", goal="<= 100")


def _event_delay(stage: Stage) -> float:
    """Seconds from the publisher's commit to the listener's own."""
    from services.identity.messages import SessionClosed

    with stage.identity_db.unit_of_work() as uow:
        event_id = uow.publish(SessionClosed, session_id=new_id())
    began = time.time()
    found: list[float] = []

    def handled() -> bool:
        with stage.db.engine.connect() as connection:
            asked = text("SELECT extract(epoch FROM handled_at) FROM inbox WHERE event_id = :id")
            found.extend(float(at) for at in connection.scalars(asked, {"id": event_id}))
        return bool(found)

    wait_for(handled, "the event is handled", 10)
    return found[0] - began
