"""The figures that an operator watches: events, mails and dead letters that wait."""

from typing import Any

import pytest
from amqp import Message
from kombu import Connection
from sqlalchemy import text

from services.chassis import config, figures, topology
from services.chassis.database import BoundDatabase
from services.chassis.figures import Figures
from tests.integration.chassis.echo.service import WordSaid


@pytest.fixture
def echo(database: Any, monkeypatch: pytest.MonkeyPatch) -> BoundDatabase:
    monkeypatch.setattr(figures, "queues", lambda _: {"calls": 0.0, "processes": 1.0, "retrying": 0.0, "dead": 3.0})
    return database("echo")


def test_nothing_waits_at_first(echo: BoundDatabase) -> None:
    waiting = {"outbox": 0, "outbox_age": 0, "mail": 0, "mail_given_up": 0}
    assert Figures(echo).measure() == {**waiting, "calls": 0, "processes": 1, "retrying": 0, "dead": 3}


def test_unsent_events_are_counted_and_age(echo: BoundDatabase) -> None:
    with echo.unit_of_work() as uow:
        uow.publish(WordSaid, speaker="ada", word="hello")
    with echo.engine.begin() as connection:
        connection.execute(text("UPDATE outbox SET created_at = created_at - interval '1 minute'"))
    seen = Figures(echo).measure()
    assert seen["outbox"] == 1
    assert 60 <= seen["outbox_age"] < 90


def test_queues_are_measured_on_the_broker(platform: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    running = platform("tests.integration.chassis.echo.service", relay=False)
    uri = running.environment["AMQP_URI"]
    monkeypatch.setenv("AMQP_URI", uri)
    config.reset()
    assert figures.queues("echo") == {"calls": 0, "processes": 1, "retrying": 0, "dead": 0}
    assert set(figures.queues("nobody").values()) == {0}
    with Connection(uri) as connection, connection.channel() as channel:
        channel.confirm_select()
        channel.basic_publish_confirm(Message("{}"), exchange=topology.dead_exchange("echo").name)
    assert figures.queues("echo")["dead"] == 1
    config.reset()
