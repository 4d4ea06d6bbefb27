"""Which broker node answers is found out once and remembered."""

import socket
from contextlib import closing

import pytest

from services.chassis import broker
from services.chassis.broker import Addresses


class Connected:
    """Stands in for kombu's connection: only one node answers."""

    tried: list[str] = []
    answers = "amqp://c"

    def __init__(self, node, **_):
        self.node = node

    def ensure_connection(self, **_):
        self.tried.append(self.node)
        if self.node != self.answers:
            raise ConnectionRefusedError
        return self

    @property
    def connection(self):
        return self.node


@pytest.fixture
def nodes(monkeypatch):
    monkeypatch.setattr(broker, "Connection", Connected)
    monkeypatch.setattr(Connected, "tried", [])
    return Addresses("amqp://a;amqp://b;amqp://c")


def test_each_node_is_tried_once(nodes):
    assert nodes.connect() == "amqp://c"
    assert Connected.tried == ["amqp://a", "amqp://b", "amqp://c"]


def test_the_next_connection_goes_to_the_node_that_answered(nodes):
    nodes.connect()
    Connected.tried.clear()
    nodes.connect()
    assert Connected.tried == ["amqp://c"]


def test_no_node_at_all_is_told_after_one_round(nodes, monkeypatch):
    monkeypatch.setattr(Connected, "answers", "amqp://nowhere")
    with pytest.raises(ConnectionRefusedError):
        nodes.connect()
    assert len(Connected.tried) == 3


def test_a_port_that_nobody_listens_on_costs_no_pause():
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(OSError, match="refused"):
        Addresses(f"amqp://u:p@127.0.0.1:{port}/").connect()
