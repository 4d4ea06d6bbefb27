"""What waits: the figures that tell whether events, mails and journal keep up, measured by the relay
process."""

from collections.abc import Mapping
from contextlib import suppress

from amqp.exceptions import NotFound
from kombu import Connection
from prometheus_client import Gauge
from sqlalchemy import text

from services.chassis import broker, topology
from services.chassis.database import BoundDatabase

_outbox_age = Gauge("psl_outbox_oldest_seconds", "Age of the oldest event not yet sent", ["service"])
_outbox = Gauge("psl_outbox_waiting", "Events not yet sent", ["service"])
_mail = Gauge("psl_mail_waiting", "Mails not yet sent", ["service"])
_mail_given_up = Gauge("psl_mail_given_up", "Mails that nobody will send any more", ["service"])
_dead = Gauge("psl_dead_letters", "Events that kept failing and wait for a person", ["service"])

_calls = Gauge("psl_calls_waiting", "Calls in a service's queue that no process has taken yet", ["service"])
_processes = Gauge("psl_service_processes", "Processes that take calls from a service's queue", ["service"])
_retries = Gauge("psl_events_retrying", "Events that failed and wait for their next attempt", ["service"])

_WAITING = text(
    """
    SELECT (SELECT count(*) FROM outbox WHERE sent_at IS NULL) AS outbox,
           (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)
              FROM outbox WHERE sent_at IS NULL) AS outbox_age,
           (SELECT count(*) FROM mail WHERE sent_at IS NULL AND due_at < 'infinity') AS mail,
           (SELECT count(*) FROM mail WHERE sent_at IS NULL AND due_at = 'infinity') AS mail_given_up
    """
)


class Figures:
    """The figures of one service."""

    def __init__(self, database: BoundDatabase):
        self._database = database

    def measure(self) -> Mapping[str, float]:
        """Look, publish as metrics, and return what was seen."""
        service = self._database.service
        with self._database.engine.connect() as connection:
            row = connection.execute(_WAITING).one()
        seen = {name: float(value) for name, value in row._mapping.items()} | queues(service)
        for gauge, name in (
            (_outbox, "outbox"),
            (_outbox_age, "outbox_age"),
            (_mail, "mail"),
            (_mail_given_up, "mail_given_up"),
            (_dead, "dead"),
            (_calls, "calls"),
            (_processes, "processes"),
            (_retries, "retrying"),
        ):
            gauge.labels(service).set(seen[name])
        return seen


def queues(service: str) -> dict[str, float]:
    """What lies in a service's queues on the broker: calls, events to be retried, dead letters; and who takes calls."""
    with broker.connection(connect_timeout=2) as connection:
        calls, processes = _look(connection, topology.rpc_queue(service).name)
        retrying = [_look(connection, queue.name)[0] for queue in topology.retry_queues(service)]
        dead, _ = _look(connection, topology.dead_queue(service).name)
    return {"calls": calls, "processes": processes, "retrying": sum(retrying), "dead": dead}


def _look(connection: Connection, name: str) -> tuple[float, float]:
    """(messages, consumers) of a queue; nothing and nobody if it doesn't exist."""
    with suppress(NotFound), connection.channel() as channel:
        found = channel.queue_declare(name, passive=True)
        return float(found.message_count), float(found.consumer_count)
    return 0.0, 0.0
