"""The event entrypoint: each event has its effect once, failures are retried with growing delays, and what keeps
failing is parked among the dead letters with its history.

nameko acknowledges an event whose handler raised, and its queues are classic ones without a limit of deliveries; hence
a subclass. Queues are quorum queues, one per listener and event type, read by one process at a time (others take over
when it dies), so that events of one aggregate are handled in order; a retried event may be overtaken, so a handler of
"last value" events compares ``event.time``.
"""

import functools
import logging
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from eventlet.semaphore import Semaphore
from kombu import Exchange
from marshmallow import Schema, ValidationError
from nameko.amqp.publish import Publisher
from nameko.constants import AMQP_URI_CONFIG_KEY
from nameko.events import EventHandler
from nameko.extensions import register_entrypoint

from services.chassis import faults, serializer, telemetry, topology
from services.chassis.consumer import SafeQueueConsumer
from services.chassis.database import AlreadyHandled
from services.chassis.events import Reading, ReceivedEvent, queue_name

ATTEMPT, FAULT, FIRST_FAILED, ORIGIN = "psl-attempt", "psl-fault", "psl-first-failed", "psl-origin"
_log = logging.getLogger(__name__)


class PoisonEvent(Exception):
    """The envelope or its data can't be read: retrying is useless, straight to the dead letters."""


def on_event(reading: type[Reading]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a method the listener of one event type; it is called with a `ReceivedEvent`."""

    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def handle(service: Any, event: ReceivedEvent) -> Any:
            telemetry.trace(event.trace_id)  # here and not before: a green thread begins with an empty context
            try:
                return method(service, event)
            except AlreadyHandled:
                return "already handled"

        entrypoint = InboxEntrypoint(reading)
        register_entrypoint(handle, entrypoint)
        handle.inbox_entrypoint = entrypoint  # type: ignore[attr-defined]
        return handle

    return decorate


class _Turns:
    """Lets the events of one aggregate through one at a time, in the order of arrival."""

    def __init__(self) -> None:
        self._locks: dict[str, Semaphore] = {}
        self._waiting: Counter[str] = Counter()

    def take(self, key: str) -> None:
        self._waiting[key] += 1
        self._locks.setdefault(key, Semaphore()).acquire()

    def give(self, key: str) -> None:
        self._locks[key].release()
        self._waiting[key] -= 1
        if not self._waiting[key]:
            del self._locks[key], self._waiting[key]


class InboxEntrypoint(EventHandler):
    """The queue of one listener for one event type."""

    queue_consumer = SafeQueueConsumer()

    def __init__(self, reading: type[Reading]):
        self.reading = reading
        self._schema: Schema = reading()
        self._turns = _Turns()
        super().__init__(reading.publisher, reading.type)

    def setup(self) -> None:
        self.queue = topology.event_queue(self.container.service_name, self.reading)
        self._retry = Publisher(self.container.config[AMQP_URI_CONFIG_KEY], serializer="json", mandatory=True)
        self.queue_consumer.register_provider(self)

    def handle_message(self, body: Any, message: Any) -> None:
        subject = str(body.get("subject", "")) if isinstance(body, dict) else ""
        self._turns.take(subject)
        done = functools.partial(self._done, body, message, subject, time.perf_counter())
        try:
            event = self._received(body, message)
        except PoisonEvent:
            done(None, None, sys.exc_info())
            return
        telemetry.trace(event.trace_id)
        self.container.spawn_worker(self, (event,), {}, handle_result=done)

    def _received(self, body: Any, message: Any) -> ReceivedEvent:
        try:
            return ReceivedEvent(
                id=body["id"],
                type=body["type"],
                source=body["source"],
                time=datetime.fromisoformat(body["time"]),
                subject=body["subject"],
                data=self._schema.load(body["data"]),
                trace_id=str(message.headers.get("trace_id", body["id"])),
                attempt=_attempt(message),
                handler=self.method_name,
            )
        except (KeyError, TypeError, ValueError, ValidationError) as fault:
            raise PoisonEvent(f"{type(fault).__name__}: {fault}") from None

    def _done(self, body: Any, message: Any, subject: str, began: float, ctx: Any, result: Any, exc_info: Any) -> Any:
        """Acknowledge what succeeded; send what failed to a retry queue, with a confirm, and then acknowledge."""
        outcome = "handled" if exc_info is None else "retried"
        try:
            if exc_info is not None:
                outcome = self._again_later(body, message, exc_info[1])
            faults.point("inbox.effect")
            self.queue_consumer.ack_message(message)
            faults.point("inbox.acknowledged")
        except Exception:
            _log.exception("event neither acknowledged nor retried: the broker delivers it again")
            self.queue_consumer.requeue_message(message)
        finally:
            self._turns.give(subject)
        telemetry.event_handled(self.container.service_name, self.reading.type, outcome, time.perf_counter() - began)
        return None, None

    def _again_later(self, body: Any, message: Any, fault: BaseException) -> str:
        service = self.container.service_name
        attempt = _attempt(message) + 1
        headers = {
            **message.headers,
            ATTEMPT: attempt,
            FAULT: f"{type(fault).__name__}",
            FIRST_FAILED: message.headers.get(FIRST_FAILED) or time.time(),
            ORIGIN: self.queue.name,
        }
        delay = None if isinstance(fault, PoisonEvent) else topology.retry_delay(attempt)
        exchange = topology.retry_exchange(service, delay) if delay else topology.dead_exchange(service)
        _log.warning("event %s attempt %d failed: %s", self.reading.type, attempt, type(fault).__name__)
        self._send(exchange, body, headers)
        return "retried" if delay else "dead"

    def _send(self, exchange: Exchange, body: Any, headers: dict[str, Any]) -> None:
        self._retry.publish(
            serializer.dumps(body),
            exchange=exchange,
            routing_key=self.queue.name,
            extra_headers=headers,
            serializer=None,
            content_type=serializer.CLOUDEVENTS,
            content_encoding="utf-8",
        )


def _attempt(message: Any) -> int:
    value = message.headers.get(ATTEMPT, 0)
    return value if isinstance(value, int) else 0


def queue_of(service: str, reading: type[Reading]) -> str:
    """The name of the queue that a listener reads."""
    return queue_name(service, reading)
