"""The control under fire."""

import sys
import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any

from nameko.standalone.rpc import ClusterRpcProxy

from tests.chaos.campaign import Tally
from tests.platform import Platform, Process

TABLES = "CREATE TABLE payments (key text PRIMARY KEY); CREATE TABLE effects (key text)"


class ControlTarget:
    """One process of the stock service; requests carry a key and are repeated until they are answered."""

    def __init__(self, platform: Platform):
        self._platform = platform
        platform.use(["control"])
        self._connection = platform.connect("control")
        self._connection.cursor().execute(TABLES)
        platform.environment["CONTROL_DATABASE"] = platform.owner_url("control")
        self._process = platform.add("control", [sys.executable, "-m", "tests.chaos.control.run"])
        self._process.wait_ready()
        self._accepted: set[str] = set()
        self._lock = threading.Lock()
        self._proxies = threading.local()

    @property
    def victims(self) -> Sequence[Process]:
        return [self._process]

    def _proxy(self) -> Any:
        if getattr(self._proxies, "made", None) is None:
            config = {"AMQP_URI": self._platform.environment["AMQP_URI"]}
            self._proxies.made = ClusterRpcProxy(config, timeout=1).start()
        return self._proxies.made

    def request(self, worker: int, number: int) -> bool:
        key = f"{worker}-{number}"
        for _ in range(20):
            try:
                self._proxy().control.record(key)
            except Exception:  # a client of stock nameko can't tell what happened: it asks again
                self._proxies.made = None
                continue
            with self._lock:
                self._accepted.add(key)
            return True
        return False

    def closing(self) -> None:
        """Nothing follows."""

    def settled(self) -> bool:
        return not any(count for name, count in self._platform.queues().items() if name.startswith("evt-"))

    def waiting(self) -> str:
        return str({name: count for name, count in self._platform.queues().items() if count})

    def tally(self) -> Tally:
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT key FROM effects")
            effects = Counter(key for (key,) in cursor.fetchall())
        lost = sum(1 for key in self._accepted if not effects[key])
        duplicated = sum(1 for key in self._accepted if effects[key] > 1)
        return Tally(len(self._accepted), lost, duplicated)
