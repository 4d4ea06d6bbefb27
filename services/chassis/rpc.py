"""The RPC entrypoint: arguments by schema, roles stated, deadlines kept, refusals told from faults.

On the wire it is nameko's RPC: exchange ``nameko-rpc``, queue ``rpc-<service>``, routing key ``<service>.<method>``,
body ``{"args": [], "kwargs": {...}}``, answer ``{"result": ..., "error": ...}``. Four headers are ours: ``psl-token``
(the caller's signed actor token), ``psl-deadline`` (Unix seconds after which nobody listens), ``psl-accept-by`` (of a
call that may take long: until when ``{"accepted": true}`` must tell that it is in hand) and ``psl-trace``.

A method is called with one `Call`. Work whose caller has given up is dropped unexecuted, also when it had to wait here
for a free worker. A message that was in another process's hands when that process died is executed again only if the
method says that it is ``idempotent``. The queue is transient: calls outlive nobody's patience, and when the broker node
that holds it is gone, the processes make it anew on another.
"""

import functools
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from amqp import Message
from marshmallow import Schema, ValidationError
from nameko.extensions import register_entrypoint
from nameko.rpc import Rpc, RpcConsumer

from services.chassis import actor as actors
from services.chassis import faults, serializer, telemetry, topology
from services.chassis.actor import Actor
from services.chassis.broker import LOST
from services.chassis.consumer import SafeQueueConsumer
from services.chassis.database import DATABASE_AWAY
from services.chassis.ids import new_id
from services.chassis.refusals import NotAllowed, Refused, ValidationFailed, refusal_of
from services.chassis.revocations import refuse_revoked
from services.chassis.rpc_headers import ACCEPT_BY, DEADLINE, TOKEN, TRACE

_NEVER = float("inf")
_ACCEPTED = serializer.dumps({"accepted": True})
_log = logging.getLogger(__name__)


class Anyone(frozenset[str]):
    """Stands for every role: any genuine token will do."""


ANYONE = Anyone()


class Nothing(Schema):
    """The schema of a method without arguments."""


@dataclass(frozen=True)
class Call:
    """One call as its method sees it: who asks, what for, until when."""

    actor: Actor
    arguments: dict[str, Any]
    trace_id: str
    deadline: float
    token: str

    @property
    def remaining_s(self) -> float:
        """Seconds until the caller gives up."""
        return self.deadline - time.time()


class Expired(Exception):
    """The caller has given up already: don't execute, don't answer."""


def rpc(
    arguments: type[Schema], *, demands: Iterable[str], idempotent: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a method callable over the bus.

    ``arguments``: marshmallow schema of the keyword arguments. ``demands``: the roles of which the actor must have one,
    or ANYONE. ``idempotent``: whether running it twice does what running it once does.
    """

    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def answer(service: Any, call: Call) -> Any:
            telemetry.trace(call.trace_id)  # here and not before: a green thread begins with an empty context
            if call.remaining_s <= 0:
                return Refused("deadline_exceeded")
            try:
                return method(service, call)
            except Exception as fault:
                return _refusal_or_raise(fault)

        entrypoint = RpcEntrypoint(arguments, demands if demands is ANYONE else frozenset(demands), idempotent)
        register_entrypoint(answer, entrypoint)
        answer.rpc_entrypoint = entrypoint  # type: ignore[attr-defined]
        return answer

    return decorate


def _refusal_or_raise(fault: Exception) -> Refused:
    """A refusal is an answer; a database that is away means "later"; anything else is a fault."""
    refusal = refusal_of(fault)
    if refusal is not None:
        return refusal
    if isinstance(fault, DATABASE_AWAY):
        _log.warning("database unavailable: %s", type(fault).__name__)
        return Refused("unavailable")
    raise fault


class BoundedRpcConsumer(RpcConsumer):
    """nameko's RPC consumer on the safe queue consumer, answering through the channel that brought the question."""

    queue_consumer = SafeQueueConsumer()

    def __init__(self) -> None:
        self._by_key: dict[str, Any] = {}
        super().__init__()

    queue: Any

    def setup(self) -> None:
        if self.queue is None:
            self.queue = topology.rpc_queue(self.container.service_name)
            self.queue_consumer.register_provider(self)
            self._registered = True

    def get_provider_for_method(self, routing_key: str) -> Any:
        if not self._by_key:
            name = self.container.service_name
            self._by_key = {f"{name}.{provider.method_name}": provider for provider in self._providers}
        if routing_key not in self._by_key:
            raise Refused("unknown_method")
        return self._by_key[routing_key]

    def handle_message(self, body: Any, message: Any) -> None:
        try:
            provider = self.get_provider_for_method(message.delivery_info["routing_key"])
            provider.handle_message(body, message)
        except Expired:
            telemetry.rpc_expired(self.container.service_name)
            self.queue_consumer.ack_message(message)
        except Refused as refusal:
            self.answer(message, error=refusal)

    def answer(self, message: Any, *, result: Any = None, error: Refused | None = None) -> None:
        """Send the answer and acknowledge the question; a lost connection is the broker's to repair."""
        try:
            _reply(message, _body(result, error))
            faults.point("rpc.answered")
        except LOST:
            _log.info("answer lost with the connection")
        self.queue_consumer.ack_message(message)


def _reply(message: Any, body: str) -> None:
    reply_to = message.properties.get("reply_to")
    if not reply_to or not message.channel.connection:
        return
    answer = Message(
        body,
        content_type=serializer.JSON,
        content_encoding="utf-8",
        correlation_id=message.properties.get("correlation_id", ""),
    )
    exchange = "" if reply_to.startswith("amq.rabbitmq.reply-to") else "nameko-rpc"
    message.channel.basic_publish(answer, exchange=exchange, routing_key=reply_to)


def _body(result: Any, error: Refused | None) -> str:
    wire_error = None
    if error is not None:
        wire_error = {
            "exc_type": "Refused",
            "exc_path": "services.chassis.refusals.Refused",
            "exc_args": [error.code, error.fields],
            "value": error.code,
        }
    try:
        return serializer.dumps({"result": result, "error": wire_error})
    except (TypeError, ValueError):
        _log.exception("an answer that is no JSON")
        return _body(None, Refused("internal_error"))


class RpcEntrypoint(Rpc):
    """One method on the bus."""

    rpc_consumer = BoundedRpcConsumer()

    def __init__(self, arguments: type[Schema], demands: frozenset[str], idempotent: bool):
        self.arguments = arguments
        self.demands = demands
        self.idempotent = idempotent
        self._schema = arguments()
        super().__init__()

    def handle_message(self, body: Any, message: Any) -> None:
        call = self._accept(body, message)
        telemetry.trace(call.trace_id)
        self.container.spawn_worker(
            self, (call,), {}, handle_result=functools.partial(self._answer, message, time.perf_counter())
        )

    def _accept(self, body: Any, message: Any) -> Call:
        """Who asks for what. Raises Expired or Refused."""
        headers = message.headers or {}
        deadline, accept_by = _number(headers.get(DEADLINE)), _number(headers.get(ACCEPT_BY))
        if min(deadline or _NEVER, accept_by or _NEVER) <= time.time():
            raise Expired
        if message.delivery_info.get("redelivered") and not self.idempotent:
            raise Refused("unavailable")
        actor = self._entitled(headers.get(TOKEN))
        arguments = self._load(body)
        if accept_by is not None:
            self._tell_accepted(message)
        return Call(
            actor=actor,
            arguments=arguments,
            trace_id=headers.get(TRACE) or new_id(),
            deadline=deadline or time.time() + 60,
            token=headers[TOKEN],
        )

    def _tell_accepted(self, message: Any) -> None:
        """Without a connection nobody waits any more: the broker gives the call to somebody else."""
        try:
            _reply(message, _ACCEPTED)
        except LOST:
            raise Expired from None

    def _entitled(self, token: str | None) -> Actor:
        """Who asks, if they may. Whoever may not is written in the log. Raises Refused."""
        who = "unknown"
        try:
            actor = actors.verify(token)
            who = actor.label
            refuse_revoked(self.container.service_name, actor)
            if self.demands is not ANYONE and not actor.has(*self.demands):
                raise NotAllowed
        except Refused as refusal:
            _log.warning("call refused", extra={"code": refusal.code, "method": self.method_name, "actor": who})
            raise
        return actor

    def _load(self, body: Any) -> dict[str, Any]:
        if not isinstance(body, dict) or body.get("args") or not isinstance(body.get("kwargs"), dict):
            raise Refused("malformed_request")
        try:
            return self._schema.load(body["kwargs"])
        except ValidationError as invalid:
            raise ValidationFailed(invalid.normalized_messages()) from None

    def _answer(self, message: Any, began: float, worker_ctx: Any, result: Any, exc_info: Any) -> Any:
        error = result if isinstance(result, Refused) else None
        if exc_info is not None:
            error = Refused("internal_error")
        self.rpc_consumer.answer(message, result=None if error else result, error=error)
        outcome = error.code if error else "ok"
        telemetry.rpc_handled(self.container.service_name, self.method_name, outcome, time.perf_counter() - began)
        return None, None


def _number(value: Any) -> float | None:
    try:
        return float(value) if value is not None else None
    except (TypeError, ValueError):
        return None
