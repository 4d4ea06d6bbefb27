"""The command `status`: what answers, what waits to be sent, what could not be handled."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pika
import psycopg2
from sqlalchemy.engine import make_url

from deploy.local.platform import answers
from services.chassis.config import SERVICES, settings
from services.chassis.tls import pika_parameters


def show(*, as_json: bool) -> int:
    """Print the state; exit status 0 if all is well, 1 if something needs a look."""
    found = state()
    if as_json:
        print(json.dumps(found, indent=2))
    else:
        for line in lines(found):
            print(line)
    return 0 if found["well"] else 1


def state() -> dict[str, Any]:
    """Gateway, and for each service: database, events not yet sent, dead letters, consumers."""
    services = {service: {**_database(service), **_queues(service)} for service in SERVICES}
    ready = answers(f"{settings().base_url}/readyz")
    troubled = any(s["database"] != "answers" or s["dead_letters"] or not s["processes"] for s in services.values())
    return {"base_url": settings().base_url, "ready": ready, "services": services, "well": ready and not troubled}


def _database(service: str) -> dict[str, Any]:
    url = make_url(settings().database_url(service)).set(drivername="postgresql")
    try:
        with closing(psycopg2.connect(url.render_as_string(hide_password=False), connect_timeout=3)) as connection:
            with connection.cursor() as cursor:
                cursor.execute("select count(*) from outbox where sent_at is null")
                (unsent,) = cursor.fetchone() or (0,)
    except psycopg2.OperationalError:
        return {"database": "away", "unsent_events": None}
    except psycopg2.errors.UndefinedTable:
        return {"database": "not migrated", "unsent_events": None}
    return {"database": "answers", "unsent_events": unsent}


def _queues(service: str) -> dict[str, Any]:
    """Messages among the dead letters, and how many processes read the queue of calls."""
    parameters = [pika_parameters(uri) for uri in settings().amqp_uri.split(";")]
    try:
        with closing(pika.BlockingConnection(parameters)) as connection:
            dead = _passive(connection, f"{service}.dead")
            calls = _passive(connection, f"rpc-{service}")
    except (pika.exceptions.AMQPError, OSError):
        return {"broker": "away", "dead_letters": None, "waiting_calls": None, "processes": None}
    return {"broker": "answers", "dead_letters": dead[0], "waiting_calls": calls[0], "processes": calls[1]}


def _passive(connection: Any, queue: str) -> tuple[int, int]:
    """(messages, consumers) of a queue; nothing and nobody if it doesn't exist."""
    channel = connection.channel()
    try:
        found = channel.queue_declare(queue, passive=True).method
    except pika.exceptions.ChannelClosedByBroker:
        return 0, 0
    return int(found.message_count), int(found.consumer_count)


def lines(found: dict[str, Any]) -> Iterator[str]:
    """The state for reading."""
    yield f"{found['base_url']}   {'ready' if found['ready'] else 'NOT READY'}"
    yield f"{'service':<14}{'processes':>10}{'calls':>7}{'unsent':>8}{'dead':>6}   database"
    for name, service in found["services"].items():
        values = [service[key] for key in ("processes", "waiting_calls", "unsent_events", "dead_letters")]
        processes, calls, unsent, dead = ("?" if value is None else value for value in values)
        yield f"{name:<14}{processes:>10}{calls:>7}{unsent:>8}{dead:>6}   {service['database']}"
