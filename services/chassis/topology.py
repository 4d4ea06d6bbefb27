"""Exchanges and queues, declared before anything runs: an event published before its queue exists would be dropped.

Per publisher one durable topic exchange ``<service>.events``. Per listener and event type one quorum queue
``<listener>.<publisher>.<type>``. Per listener four retry queues with a time to live, which return a message to the
queue that it came from, and one queue of dead letters ``<listener>.dead``. RPC queues are classic and transient: a
durable classic queue can't be used while the node that holds it is away, a transient one is made anew on another node.
"""

import importlib
import inspect
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from amqp.exceptions import PreconditionFailed
from kombu import Connection, Exchange, Queue
from nameko.constants import AMQP_URI_CONFIG_KEY
from nameko.rpc import RPC_QUEUE_TEMPLATE, get_rpc_exchange

from services.chassis import broker
from services.chassis.events import Reading, exchange_name, queue_name

DELIVERY_LIMIT = 20
RETRY_LEVELS = {"1s": 1_000, "10s": 10_000, "60s": 60_000, "10m": 600_000}
_SCHEDULE = ("1s", "1s", "10s", "10s", "60s", "60s", "10m", "10m")


def retry_delay(attempt: int) -> str | None:
    """The retry level after the ``attempt``-th failure (1-based), or None when it is time to give up."""
    return _SCHEDULE[attempt - 1] if attempt <= len(_SCHEDULE) else None


def event_exchange(publisher: str) -> Exchange:
    """The topic exchange of a publisher."""
    return Exchange(exchange_name(publisher), type="topic", durable=True)


def dead_exchange(listener: str) -> Exchange:
    """Where a listener's dead letters go."""
    return Exchange(f"{listener}.dead", type="fanout", durable=True)


def retry_exchange(listener: str, level: str) -> Exchange:
    """Where a message waits for its next attempt; the routing key is the queue to return to."""
    return Exchange(f"{listener}.retry.{level}", type="fanout", durable=True)


def event_queue(listener: str, reading: type[Reading]) -> Queue:
    """The queue of one listener for one event type."""
    return Queue(
        queue_name(listener, reading),
        exchange=event_exchange(reading.publisher),
        routing_key=reading.type,
        durable=True,
        queue_arguments={
            "x-queue-type": "quorum",
            "x-single-active-consumer": True,
            "x-delivery-limit": DELIVERY_LIMIT,
            "x-dead-letter-exchange": dead_exchange(listener).name,
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        },
    )


def dead_queue(listener: str) -> Queue:
    """The queue of a listener's dead letters."""
    return Queue(
        f"{listener}.dead",
        exchange=dead_exchange(listener),
        durable=True,
        queue_arguments={"x-queue-type": "quorum"},
    )


def retry_queues(listener: str) -> list[Queue]:
    """One waiting queue per level; what has waited returns through the default exchange."""
    return [
        Queue(
            f"{listener}.retry.{level}",
            exchange=retry_exchange(listener, level),
            durable=True,
            queue_arguments={
                "x-queue-type": "quorum",
                "x-message-ttl": ttl_ms,
                "x-dead-letter-exchange": "",
                "x-dead-letter-strategy": "at-least-once",
                "x-overflow": "reject-publish",
            },
        )
        for level, ttl_ms in RETRY_LEVELS.items()
    ]


def service_class(module_name: str) -> type:
    """The one nameko class of a module ``services.<x>.service``."""
    module = importlib.import_module(module_name)
    found = [
        value
        for value in vars(module).values()
        if inspect.isclass(value) and value.__module__ == module_name and getattr(value, "name", None)
    ]
    if len(found) != 1:
        raise LookupError(f"{module_name} must hold one service class, it holds {len(found)}")
    return found[0]


def readings(service: type) -> list[type[Reading]]:
    """What a service class listens to."""
    return [
        method.inbox_entrypoint.reading
        for _, method in inspect.getmembers(service, inspect.isfunction)
        if hasattr(method, "inbox_entrypoint")
    ]


def rpc_queue(service: str) -> Queue:
    """The queue of calls to a service: nameko's name and exchange, but gone with its node."""
    return Queue(
        RPC_QUEUE_TEMPLATE.format(service),
        exchange=get_rpc_exchange({AMQP_URI_CONFIG_KEY: ""}),
        routing_key=f"{service}.*",
        durable=False,
    )


def queues_of(service: Any) -> Iterator[Queue]:
    """Every queue that a service class needs."""
    yield rpc_queue(service.name)
    yield dead_queue(service.name)
    yield from retry_queues(service.name)
    for reading in readings(service):
        yield event_queue(service.name, reading)


def declare(services: Iterable[Any], amqp_uri: str | None = None) -> int:
    """Declare all exchanges and queues of these service classes; returns the number of queues."""
    services = list(services)
    with broker.connection(amqp_uri) as connection:
        for service in services:
            _replace_durable(connection, rpc_queue(service.name))
        channel = connection.channel()
        for service in services:
            event_exchange(service.name)(channel).declare()
        queues = [queue for service in services for queue in queues_of(service)]
        for queue in queues:
            queue(channel).declare()
    return len(queues)


def _replace_durable(connection: Connection, queue: Queue) -> None:
    """Versions before this one declared the queue of calls as durable; what waits in it has lost its callers."""
    try:
        with connection.channel() as channel:
            queue(channel).declare()
    except PreconditionFailed:
        with connection.channel() as channel:
            queue(channel).delete()


if __name__ == "__main__":
    count = declare(service_class(name) for name in sys.argv[1:])
    print(f"{count} queues declared")
