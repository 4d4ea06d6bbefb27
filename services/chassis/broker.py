"""Connections to the broker: the one place that opens them (nameko's own apart), verified where they go over TLS.

From threads, which node answers is found out quickly and remembered.
"""

import threading
from collections import deque
from typing import Any

from amqp.exceptions import AMQPError
from kombu import Connection

from services.chassis import tls
from services.chassis.config import settings

LOST = (OSError, AMQPError)
"""How a connection ends: the kernel says so, or the broker does when it is stopped (``CONNECTION_FORCED``)."""
_ONE_NODE_S, _EACH_NODE_S = 2.0, 1.0


tls.install()  # before anybody connects: nameko too, whose processes import this module


def connection(amqp_uri: str | None = None, **options: Any) -> Connection:
    """A kombu connection, not yet made, to the configured broker or another one."""
    return Connection(amqp_uri or settings().amqp_uri, **options)


class Addresses:
    """The nodes of a broker, as ``AMQP_URI`` names them (separated by semicolons). A new connection goes to the node
    that answered last; one that is away costs each process one wait, not each call."""

    def __init__(self, amqp_uri: str):
        self._nodes = deque(amqp_uri.split(";"))
        self._lock = threading.Lock()
        self._within_s = _EACH_NODE_S if len(self._nodes) > 1 else _ONE_NODE_S

    def connect(self) -> Any:
        """A new py-amqp connection without heartbeats. Raises a connection error if no node answers."""
        for left in reversed(range(len(self._nodes))):
            node = self._nodes[0]
            try:
                made = connection(node, connect_timeout=self._within_s, heartbeat=0)
                return made.ensure_connection(max_retries=0, reraise_as_library_errors=False).connection
            except LOST:
                self._turn_from(node)
                if not left:
                    raise
        raise ConnectionError("no address")

    def _turn_from(self, node: str) -> None:
        with self._lock:
            if self._nodes[0] == node:
                self._nodes.rotate(-1)
