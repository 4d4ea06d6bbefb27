"""The reference consumer on a real broker: duplicates, lost connections, kill -9 at any moment."""

import csv
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pika
import pytest

from deploy.local.waiting import wait_for
from services.payouts.finance import EXCHANGE, TYPES
from tests.platform import ROOT

QUEUE = "finance.payouts"


@pytest.fixture
def broker(infra) -> Iterator[str]:
    with infra.virtual_host() as uri:
        yield uri


class Finance:
    """The consumer as a process."""

    def __init__(self, uri: str, folder: Path):
        self._command = [
            sys.executable, "-m", "services.payouts.finance", "--uri", uri, "--queue", QUEUE, "--out", str(folder),
        ]  # fmt: skip
        self.folder = folder
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self._command, cwd=ROOT, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(5)

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(10)

    def journal(self) -> list[str]:
        path = self.folder / "payouts.jsonl"
        return [json.loads(line)["id"] for line in path.read_text().splitlines()] if path.exists() else []

    def table(self) -> list[str]:
        with (self.folder / "payouts.csv").open() as file:
            return [row[0] for row in list(csv.reader(file, delimiter=";"))[1:]]


@pytest.fixture
def finance(broker: str, tmp_path: Path) -> Iterator[Finance]:
    started = Finance(broker, tmp_path / "finance")
    yield started
    if started.process.poll() is None:
        started.kill()


class Publisher:
    """Publishes as the relay does: persistent, confirmed, to a queue that must exist."""

    def __init__(self, uri: str):
        self.connection = pika.BlockingConnection(pika.URLParameters(uri))
        self.channel = self.connection.channel()
        self.channel.exchange_declare(EXCHANGE, exchange_type="topic", durable=True)
        self.channel.confirm_delivery()

    def bound(self) -> bool:
        channel = self.connection.channel()
        try:
            return channel.queue_declare(QUEUE, passive=True).method.consumer_count > 0
        except pika.exceptions.ChannelClosedByBroker:
            return False

    def waiting(self) -> int:
        return self.connection.channel().queue_declare(QUEUE, passive=True).method.message_count

    def send(self, number: int, *, body: bytes | None = None) -> None:
        event = {
            "specversion": "1.0", "id": f"e-{number}", "source": "/payouts", "type": TYPES[number % len(TYPES)],
            "time": "2026-11-25T09:00:00+00:00", "subject": "p", "data": {"amount_cents": number},
        }  # fmt: skip
        properties = pika.BasicProperties(message_id=event["id"], delivery_mode=2)
        self.channel.basic_publish(
            EXCHANGE, TYPES[number % len(TYPES)], body or json.dumps(event).encode(), properties, mandatory=True
        )


@pytest.fixture
def publisher(broker: str, finance: Finance) -> Iterator[Publisher]:
    made = Publisher(broker)
    wait_for(made.bound, "finance listens", 20)
    yield made
    made.connection.close()


def test_each_event_is_written_once_through_kills_and_duplicates(finance, publisher):
    chance, written = random.Random(20261124), 0
    for number in range(150):
        publisher.send(number)
        if chance.random() < 0.2:
            publisher.send(chance.randrange(number + 1))
        if number % 15 == 14:
            wait_for(lambda before=written: len(finance.journal()) > before, "it is writing", 20)
            finance.kill()
            written = len(finance.journal())
            finance.start()
    expected = sorted(f"e-{number}" for number in range(150))
    wait_for(lambda: len(finance.journal()) >= 150 and publisher.waiting() == 0, "all events are written", 30)
    wait_for(publisher.bound, "the last one started listens", 20)
    assert finance.stop() == 0
    assert sorted(finance.journal()) == sorted(finance.table()) == expected


def test_the_queue_survives_and_keeps_what_comes_meanwhile(finance, publisher):
    finance.kill()
    for number in range(5):
        publisher.send(number)
    finance.start()
    wait_for(lambda: len(finance.journal()) == 5, "what came meanwhile is written", 20)


def test_what_is_no_event_does_not_stop_the_others(finance, publisher):
    publisher.send(0, body=b"not json")
    publisher.send(1)
    wait_for(lambda: finance.journal() == ["e-1"], "the event after it is written", 20)
    assert "not json" in (finance.folder / "unreadable.txt").read_text()


def test_a_lost_connection_is_made_again(finance, publisher, infra, broker):
    infra._control("close_all_connections", "--vhost", broker.rpartition("/")[2], "test")
    other = Publisher(broker)
    wait_for(other.bound, "finance listens again", 30)
    other.send(7)
    wait_for(lambda: finance.journal() == ["e-7"], "the event is written", 20)
    other.connection.close()
    publisher.connection = other.connection = pika.BlockingConnection(pika.URLParameters(broker))
