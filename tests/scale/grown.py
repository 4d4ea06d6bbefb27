"""The platform of many machines, on one: three broker nodes, a PostgreSQL primary with a replica that is in step, two
gateways behind a proxy with TLS, and several processes of each service.
"""

import http.client
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy import commandlines
from deploy.local.broker import Broker
from deploy.local.infra import Infrastructure
from deploy.local.postgres import Postgres
from deploy.local.proxy import Proxy
from deploy.local.replica import Replica, either
from services.chassis.config import SERVICES
from tests.chaos.ground import Ground
from tests.chaos.platform_target import PlatformTarget, journal
from tests.platform import Infra, Platform, Process, free_port

COUNTS = {"identity": 2, "partners": 2, "conventions": 2, "transactions": 3, "payouts": 2}
NODES, GATEWAYS = 3, 2


class Machines(Infra):
    """A broker cluster and two PostgreSQL servers."""

    def __init__(self, folder: Path, port: int):
        self._infrastructure = Infrastructure(folder, port, durable=True, nodes=NODES)
        self.primary: Postgres = self._infrastructure.postgres
        self.replica = Replica(folder, self._infrastructure.ports, durable=True)
        self.brokers: Sequence[Broker] = self._infrastructure.brokers
        self.proxy_port = self._infrastructure.ports.proxy

    def start(self) -> None:
        self._infrastructure.start()
        self.replica.follow(self.primary)
        described = self._infrastructure.describe()
        described["environment"] = {
            name: url if name == "AMQP_URI" else either(url, self.primary, self.replica)
            for name, url in described["environment"].items()
        }
        super().__init__(described)

    def stop(self) -> None:
        self.replica.stop()
        self._infrastructure.stop()

    def _control(self, *arguments: str) -> str:
        return next(broker for broker in self.brokers if broker.alive).control(*arguments)

    def drop_database(self, name: str) -> None:
        """All of it goes with the folder."""

    @contextmanager
    def cluster_host(self) -> Iterator[str]:
        """The addresses of one virtual host on every node."""
        with self.virtual_host() as uri:
            yield ";".join(broker.uri(uri.rpartition("/")[2]) for broker in self.brokers)


@dataclass
class Seen:
    """What clients met in one phase: answers of single tries, and the longest time until a request was judged."""

    requests: int = 0
    unjudged: int = 0
    longest_s: float = 0.0
    failed_tries: Counter[int] = field(default_factory=Counter)

    def line(self) -> str:
        tries = " ".join(f"{status or 'no answer'}×{count}" for status, count in sorted(self.failed_tries.items()))
        return (
            f"requests={self.requests} failed={self.unjudged} longest={self.longest_s:.1f}s retried: {tries or 'none'}"
        )


class GrownGround(Ground):
    """Asks through the proxy, as terminals do, and counts what they meet."""

    def __init__(self, platform: Platform, proxy: Proxy):
        super().__init__(platform)
        self._proxy, self._seen = proxy, Seen()
        self._counting = threading.Lock()

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPSConnection("localhost", self._proxy.port, timeout=6, context=self._proxy.trusting())

    def until_judged(self, path: str, body: Any, token: str, key: str) -> tuple[int, dict[str, Any]]:
        began = time.monotonic()
        status, answer = super().until_judged(path, body, token, key)
        with self._counting:
            self._seen.requests += 1
            self._seen.unjudged += not 200 <= status < 500
            self._seen.longest_s = max(self._seen.longest_s, time.monotonic() - began)
        return status, answer

    def failed_try(self, status: int) -> None:
        with self._counting:
            self._seen.failed_tries[status] += 1

    def phase(self) -> Seen:
        """What was met since the last question."""
        with self._counting:
            found, self._seen = self._seen, Seen()
        return found


class GrownTarget(PlatformTarget):
    """The load of the fault campaign, on the grown platform and through its proxy."""

    ground: GrownGround

    def __init__(self, machines: Machines, platform: Platform, files_url: str, *, passes: int):
        self.machines = machines
        self.processes: list[Process] = []
        super().__init__(platform, files_url, passes=passes)

    def _ground(self) -> GrownGround:
        return GrownGround(self.platform, self.proxy)

    def _start(self, scale: Mapping[str, int]) -> Sequence[Process]:
        platform = self.platform
        platform.environment |= {"PSL_GATEWAY_WORKERS": "1", "PSL_TRUSTED_PROXIES": "1"}
        for service, count in COUNTS.items():
            for number in range(1, count + 1):
                self._add(f"{service}-{number}", commandlines.service(service))
        self._wait()
        finance = [sys.executable, "-m", "services.payouts.finance", "--queue", "finance.payouts"]
        self._add("finance", [*finance, "--out", str(journal(platform))], ready_url="")
        for number in (1, 2):
            self._add(f"relay-{number}", commandlines.relay(SERVICES))
        binds = [f"127.0.0.1:{free_port()}" for _ in range(GATEWAYS)]
        for number, bind in enumerate(binds, 1):
            self._add(f"gateway-{number}", commandlines.gateway(bind), ready_url=f"http://{bind}/healthz")
        self._wait()
        self.proxy = Proxy(platform.var, self.machines.proxy_port, binds)
        self.proxy.start()
        return self.processes

    def _add(self, name: str, command: list[str], ready_url: str | None = None) -> None:
        self.processes.append(self.platform.add(name, command, ready_url=ready_url))

    def _wait(self) -> None:
        for process in self.processes:
            process.wait_ready()

    def phase(self) -> Seen:
        """What clients met since the last question."""
        return self.ground.phase()

    def stop(self) -> None:
        self.proxy.stop()


def own_files(folder: Path) -> str:
    """Where documents of such a platform lie."""
    return os.environ.get("PSL_FILES_URL", f"file://{folder}/files")
