"""Connections to the broker from threads: which node answers is found out quickly and remembered."""

import threading
from collections import deque
from typing import Any

from amqp.exceptions import AMQPError
from kombu import Connection

LOST = (OSError, AMQPError)
"""How a connection ends: the kernel says so, or the broker does when it is stopped (``CONNECTION_FORCED``)."""
_ONE_NODE_S, _EACH_NODE_S = 2.0, 1.0


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
                made = Connection(node, connect_timeout=self._within_s, heartbeat=0)
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
