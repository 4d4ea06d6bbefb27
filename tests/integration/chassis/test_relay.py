"""The relay and queues that aren't there yet."""

import threading

import pika
import pytest

from services.chassis.config import reset
from services.chassis.events import RETRY, exchange_name
from services.chassis.ids import new_id
from services.chassis.outbox import store
from services.chassis.relay import BATCH, Relay


@pytest.fixture
def relay(database, infra, monkeypatch):
    with infra.virtual_host() as amqp_uri:
        monkeypatch.setenv("AMQP_URI", amqp_uri)
        reset()
        made = Relay("payouts", threading.Event())
        made._database = database("payouts")
        yield made
        made._disconnect()
    monkeypatch.undo()
    reset()


def wait_in_outbox(relay, event_type, count, unrouted=""):
    rows = [
        {"event_id": new_id(), "type": event_type, "key": "k", "unrouted": unrouted, "body": str(n), "headers": {}}
        for n in range(count)
    ]
    with relay._database.engine.begin() as connection:
        store(connection, rows)


def drain(relay):
    with relay._database.engine.connect() as connection:
        return relay._drain(connection)


def unsent(relay):
    with relay._database.engine.connect() as connection:
        query = "SELECT type, count(*) FROM outbox WHERE sent_at IS NULL GROUP BY type"
        return dict(tuple(row) for row in connection.exec_driver_sql(query))


def test_what_no_queue_takes_waits_in_order_and_lets_the_others_pass(relay):
    """However many wait: more than one look takes at once."""
    waiting = BATCH + 20
    wait_in_outbox(relay, "needed.v1", waiting, RETRY)
    wait_in_outbox(relay, "told.v1", 3)
    assert drain(relay) and unsent(relay) == {"needed.v1": waiting}
    channel = pika.BlockingConnection(pika.URLParameters(_uri())).channel()
    channel.queue_declare("late")
    channel.queue_bind("late", exchange_name("payouts"), "needed.v1")
    assert not drain(relay) and unsent(relay) == {}
    got = [int(channel.basic_get("late", auto_ack=True)[2]) for _ in range(waiting)]
    assert got == list(range(waiting))
    channel.connection.close()


def _uri():
    from services.chassis.config import settings

    return settings().amqp_uri
