"""The RPC client, for the front end and for services alike.

Each call has a deadline that travels with it, borrows a connection of its own from a pool, and reads the answer through
RabbitMQ's direct reply-to: no reply queue to declare, none to leak. A service that keeps silent is left in peace for a
moment (circuit breaker), so that a hung one costs its callers little. A call that may take longer than `DEADLINE_S`
asks to be told, within that time, that somebody has taken it in hand. Works with threads and with green threads.
"""

import logging
import select
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from amqp import Message

from services.chassis import actor as actors
from services.chassis import faults, serializer, telemetry
from services.chassis.broker import LOST, Addresses
from services.chassis.config import settings
from services.chassis.ids import new_id
from services.chassis.refusals import Refused, Unavailable
from services.chassis.rpc_headers import ACCEPT_BY, DEADLINE, TOKEN, TRACE

DEADLINE_S = 2.5
_EXCHANGE = "nameko-rpc"
_REPLY_TO = "amq.rabbitmq.reply-to"
_CLOCKS_DIFFER_S = 0.05
_log = logging.getLogger(__name__)


class _Silence(Exception):
    """Nobody answered in time (a dead connection is something else: `LOST`)."""


class _Line:
    """One connection to the broker on which one call at a time waits for its answer."""

    def __init__(self, addresses: Addresses):
        self._connection = addresses.connect()
        self._channel = self._connection.channel()
        self._answer: Any = None
        self._accepted = False
        self._awaited = ""
        self._channel.basic_consume(_REPLY_TO, no_ack=True, callback=self._received)
        self._channel.events["basic_return"].add(self._returned)

    def _received(self, message: Any) -> None:
        if message.properties.get("correlation_id") != self._awaited:
            return
        body = serializer.loads(message.body)
        if body.get("accepted"):
            self._accepted = True
        else:
            self._answer = body

    def _returned(self, *_: Any) -> None:
        self._answer = {"error": {"exc_args": ["unavailable", {}]}}

    def usable(self) -> bool:
        """Whether an idle line is still connected."""
        try:
            while select.select([self._connection.sock], [], [], 0)[0]:
                self._connection.drain_events(timeout=0.01)
        except (*LOST, ValueError):
            return False
        return bool(self._connection.connected)

    def ask(self, routing_key: str, body: str, headers: dict[str, Any], deadline: float) -> Any:
        """Send the question and wait. Raises _Silence or a connection error."""
        self._answer, self._accepted, self._awaited = None, False, new_id()
        accept_by = float(headers.get(ACCEPT_BY, deadline))
        question = Message(
            body,
            content_type=serializer.JSON,
            content_encoding="utf-8",
            correlation_id=self._awaited,
            reply_to=_REPLY_TO,
            expiration=str(max(1, int((accept_by - time.time()) * 1000))),
            application_headers=headers,
            delivery_mode=1,
        )
        self._channel.basic_publish(question, exchange=_EXCHANGE, routing_key=routing_key, mandatory=True)
        while self._answer is None:
            self._wait_until(deadline if self._accepted else accept_by)
        return self._answer

    def _wait_until(self, limit: float) -> None:
        """Read what comes next. Raises _Silence if nothing does; the kernel's ETIMEDOUT is a lost connection."""
        remaining = limit - time.time()
        if remaining <= 0:
            raise _Silence
        try:
            self._connection.drain_events(timeout=remaining)
        except TimeoutError as fault:
            if limit - time.time() > _CLOCKS_DIFFER_S:
                raise ConnectionError("the line is dead") from fault
            raise _Silence from None

    def close(self) -> None:
        """Say goodbye."""
        try:
            self._connection.close()
        except LOST:
            _log.debug("line already closed")

    def drop(self) -> None:
        """Close without a word: a node that is cut off would never answer a goodbye."""
        try:
            self._connection.collect()
        except LOST:
            _log.debug("line already closed")


class _Breaker:
    """Opens after several calls in a row got no answer; while open, one call per pause may try."""

    def __init__(self, failures: int = 5, pause_s: float = 1.0):
        self._limit, self._pause_s = failures, pause_s
        self._failures, self._next_try = 0, 0.0

    def check(self) -> None:
        if self._failures < self._limit:
            return
        if time.monotonic() < self._next_try:
            raise Unavailable("circuit open")
        self._next_try = time.monotonic() + self._pause_s

    def succeeded(self) -> None:
        self._failures = 0

    def failed(self) -> None:
        self._failures += 1
        self._next_try = time.monotonic() + self._pause_s


class Bus:
    """Calls services over the broker. Share one per process; it is safe for threads and green threads."""

    def __init__(self, amqp_uri: str | None = None, *, lines: int = 64):
        self._addresses = Addresses(amqp_uri or settings().amqp_uri)
        self._idle: list[_Line] = []
        self._free = threading.BoundedSemaphore(lines)
        self._breakers: dict[str, _Breaker] = {}

    def call(
        self,
        service: str,
        method: str,
        arguments: Mapping[str, Any],
        *,
        token: str,
        deadline_s: float = DEADLINE_S,
        idempotent: bool = False,
        trace_id: str | None = None,
    ) -> Any:
        """The result of ``service.method(**arguments)``.

        ``token``: the actor token to present. ``deadline_s``: seconds to wait, sent along as an absolute time; of more
        than `DEADLINE_S` the service must take the call in hand within `DEADLINE_S`, or it is not done at all.
        ``idempotent``: whether the call may be sent a second time after a lost connection.
        Raises Refused with the service's code and fields, or Unavailable.
        """
        breaker = self._breakers.setdefault(service, _Breaker())
        breaker.check()
        began = time.perf_counter()
        deadline = time.time() + deadline_s
        headers = {TOKEN: token, DEADLINE: repr(deadline), TRACE: trace_id or telemetry.trace_id()}
        if deadline_s > DEADLINE_S:
            headers[ACCEPT_BY] = repr(deadline - deadline_s + DEADLINE_S)
        body = serializer.dumps({"args": [], "kwargs": arguments})
        outcome = "unavailable"
        try:
            answer = self._ask(f"{service}.{method}", body, headers, deadline, attempts=3 if idempotent else 1)
            breaker.succeeded()
            outcome = "answered"
        except _Silence:
            breaker.failed()
            raise Unavailable(f"{service} did not answer in time") from None
        finally:
            telemetry.call_made(service, method, outcome, time.perf_counter() - began)
        return _result(answer)

    def _ask(self, routing_key: str, body: str, headers: dict[str, Any], deadline: float, attempts: int) -> Any:
        if not self._free.acquire(timeout=max(0.0, deadline - time.time())):
            raise Unavailable("too many calls at once")
        try:
            for left in reversed(range(attempts)):
                try:
                    return self._ask_once(routing_key, body, headers, deadline)
                except LOST as fault:
                    if not left:
                        raise Unavailable("connection to the broker lost") from fault
        finally:
            self._free.release()

    def _ask_once(self, routing_key: str, body: str, headers: dict[str, Any], deadline: float) -> Any:
        line = self._line()
        faults.point("call.asked")
        try:
            answer = line.ask(routing_key, body, headers, deadline)
        except BaseException as fault:
            line.drop()
            if isinstance(fault, _Silence):
                self._drop_idle()
            raise
        faults.point("call.answered")
        self._idle.append(line)
        return answer

    def _drop_idle(self) -> None:
        """Silence may be the service's or the network's: lines made before it are not trusted any more, or a node that
        is cut off would cost one call per idle line."""
        while self._idle:
            with suppress(IndexError):
                self._idle.pop().drop()

    def _line(self) -> _Line:
        """An idle line that still works, or a new one. Raises Unavailable if the broker is away."""
        while self._idle:
            try:
                line = self._idle.pop()
            except IndexError:
                break
            if line.usable():
                return line
            line.drop()
        try:
            return _Line(self._addresses)
        except LOST as fault:
            raise Unavailable("the broker is away") from fault

    def close(self) -> None:
        """Close all idle lines."""
        while self._idle:
            self._idle.pop().close()


def _result(answer: Mapping[str, Any]) -> Any:
    error = answer.get("error")
    if not error:
        return answer.get("result")
    code, fields = _refusal(error.get("exc_args"))
    if code in ("unavailable", "internal_error", "deadline_exceeded"):
        raise Unavailable(code)
    raise Refused(code, fields)


def _refusal(exc_args: Any) -> tuple[str, dict[str, Any]]:
    match exc_args:
        case [str() as code, dict() as fields]:
            return code, fields
    return "internal_error", {}


class ServiceToken:
    """The token with which a service speaks for itself, renewed before it expires."""

    def __init__(self, service: str):
        self._service = service
        self._token, self._expires_at = "", 0.0

    def __call__(self) -> str:
        if self._expires_at - time.time() < 15:
            self._token, self._expires_at = actors.issue([f"service:{self._service}"], issuer=self._service)
        return self._token
