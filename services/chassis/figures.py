"""What waits: the figures that tell whether events, mails and journal keep up, measured by the relay
process."""

from collections.abc import Mapping
from contextlib import suppress

from amqp.exceptions import NotFound
from kombu import Connection
from prometheus_client import Gauge
from sqlalchemy import text

from services.chassis import topology
from services.chassis.config import settings
from services.chassis.database import BoundDatabase

_outbox_age = Gauge("psl_outbox_oldest_seconds", "Age of the oldest event not yet sent", ["service"])
_outbox = Gauge("psl_outbox_waiting", "Events not yet sent", ["service"])
_mail = Gauge("psl_mail_waiting", "Mails not yet sent", ["service"])
_mail_given_up = Gauge("psl_mail_given_up", "Mails that nobody will send any more", ["service"])
_dead = Gauge("psl_dead_letters", "Events that kept failing and wait for a person", ["service"])

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
        seen = {name: float(value) for name, value in row._mapping.items()} | {"dead": dead_letters(service)}
        for gauge, name in (
            (_outbox, "outbox"),
            (_outbox_age, "outbox_age"),
            (_mail, "mail"),
            (_mail_given_up, "mail_given_up"),
            (_dead, "dead"),
        ):
            gauge.labels(service).set(seen[name])
        return seen


def dead_letters(service: str) -> float:
    """How many of a listener's events lie among the dead letters."""
    with Connection(settings().amqp_uri, connect_timeout=2) as connection, suppress(NotFound):
        with connection.channel() as channel:
            name = topology.dead_queue(service).name
            return float(channel.queue_declare(name, passive=True).message_count)
    return 0.0
