"""The dead-letter tool on a real broker: look, replay once, drop."""

import json
from contextlib import closing

import pika
import pytest
from kombu import Connection

from deploy import deadletters
from services.chassis import topology
from services.chassis.config import SERVICES
from services.chassis.deadletters import NoSuchLetter, QueueGone, opened

ORIGIN = "transactions.conventions.convention_activated.v1"


@pytest.fixture
def broker(infra):
    """The address of a virtual host with every service's dead-letter queue and one event queue."""
    with infra.virtual_host() as uri:
        with Connection(uri) as connection:
            for service in SERVICES:
                topology.dead_queue(service)(connection.channel()).declare()
        with closing(pika.BlockingConnection(pika.URLParameters(uri))) as connection:
            arguments = {"x-queue-type": "quorum"}
            connection.channel().queue_declare(ORIGIN, durable=True, arguments=arguments)
        yield uri


def park(uri: str, body: bytes, **headers) -> None:
    """What the inbox does with an event that it gave up."""
    with Connection(uri) as connection:
        sender = connection.Producer()
        sender.publish(body, exchange=topology.dead_exchange("transactions"), routing_key=ORIGIN, headers=headers)


def take(uri: str, queue: str):
    with closing(pika.BlockingConnection(pika.URLParameters(uri))) as connection:
        return connection.channel().basic_get(queue, auto_ack=True)


HISTORY = {"psl-attempt": 9, "psl-fault": "KeyError", "psl-first-failed": 1_790_000_000.0, "psl-origin": ORIGIN}


def test_a_letter_is_listed_with_its_history_and_without_its_content(broker, capsys) -> None:
    park(broker, json.dumps({"id": "e-1", "data": {"name": "Zoé"}}).encode(), **HISTORY)
    with opened(broker) as dead:
        assert deadletters.show_list(dead, deadletters.parser().parse_args(["list"])) == 0
    printed = capsys.readouterr().out
    assert f"e-1  {ORIGIN}  KeyError  attempts=9" in printed
    assert "Zoé" not in printed


def test_looking_takes_nothing_away(broker) -> None:
    park(broker, b'{"id": "e-1"}', **HISTORY)
    for _ in range(2):
        with opened(broker) as dead:
            assert [letter.id for letter in dead.letters()] == ["e-1"]


def test_a_replayed_letter_is_back_in_its_queue_as_if_new(broker) -> None:
    park(broker, b'{"id": "e-1"}', **HISTORY, trace_id="t-1")
    with opened(broker) as dead:
        dead.replay(dead.find("e-1"))
    _, properties, body = take(broker, ORIGIN)
    assert body == b'{"id": "e-1"}'
    assert {name: value for name, value in properties.headers.items() if name != "x-delivery-count"} == {
        "trace_id": "t-1"
    }
    assert take(broker, "transactions.dead")[0] is None


def test_a_letter_whose_queue_is_gone_stays_among_the_dead(broker) -> None:
    park(broker, b'{"id": "e-1"}', **{**HISTORY, "psl-origin": "no.such.queue"})
    with opened(broker) as dead, pytest.raises(QueueGone):
        dead.replay(dead.find("e-1"))
    with opened(broker) as dead:
        assert dead.find("e-1").origin == "no.such.queue"


def test_what_is_not_an_event_can_be_found_and_dropped(broker) -> None:
    park(broker, b"\xff not json")
    with opened(broker) as dead:
        (letter,) = dead.letters("transactions")
        dead.drop(letter)
    with opened(broker) as dead, pytest.raises(NoSuchLetter):
        dead.find(letter.id)
