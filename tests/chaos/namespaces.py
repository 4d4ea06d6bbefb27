"""Broker nodes in network namespaces, each with an address of its own, so that one can really be cut off: no packet
reaches it, and nobody is told. Needs root and iproute2."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations
from pathlib import Path

from deploy.local import processes
from deploy.local.broker import Broker, BrokerRefused
from deploy.local.waiting import accepts_connections, wait_for
from tests.chaos.stage import Stage
from tests.chaos.troubles import Trouble

NODES = 3


def why_not() -> str:
    """Why this machine can't do it; nothing if it can."""
    if os.geteuid() != 0:
        return "needs root"
    if not shutil.which("ip"):
        return "iproute2 is missing: apt-get install iproute2"
    name = f"psl-try-{os.getpid()}"
    for attempt in (
        ["netns", "add", name],
        ["link", "add", f"pt{os.getpid()}", "type", "veth", "peer", "name", "inner", "netns", name],
    ):
        tried = subprocess.run(["ip", *attempt], capture_output=True, text=True, check=False)
        if tried.returncode != 0:
            break
    subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)
    return f"network namespaces are not allowed here: {tried.stderr.strip()}" if tried.returncode else ""


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


class Network:
    """A namespace for each node; cables between each two of them, and from each to this machine. Every name and address
    comes from the run's port, and all is gone with the block."""

    def __init__(self, port: int):
        self._mark = f"psl{port}"
        self._subnet = f"10.{200 + port // 256 % 50}.{port % 256}"
        self._outside = f"{self._subnet}.1"
        self._cleaning = contextlib.ExitStack()

    def __enter__(self) -> "Network":
        try:
            self._make()
        except BaseException:
            self._cleaning.close()
            raise
        return self

    def _make(self) -> None:
        for index in range(NODES):
            if Path("/run/netns", self.namespace(index)).exists():  # a killed run left it
                _ip("netns", "delete", self.namespace(index))
            _ip("netns", "add", self.namespace(index))
            self._cleaning.callback(_ip, "netns", "delete", self.namespace(index))
            _ip("-n", self.namespace(index), "link", "set", "lo", "up")
            _ip("-n", self.namespace(index), "address", "add", f"{self.address(index)}/32", "dev", "lo")
            outer = f"{self._mark}h{index}"
            _ip("link", "add", outer, "type", "veth", "peer", "name", "out", "netns", self.namespace(index))
            _ip("address", "add", f"{self._outside}/32", "dev", outer)
            _ip("link", "set", outer, "up")
            _ip("route", "add", f"{self.address(index)}/32", "dev", outer, "src", self._outside)
        for one, other in combinations(range(NODES), 2):
            ends = [f"to{other}", "netns", self.namespace(one)], [f"to{one}", "netns", self.namespace(other)]
            _ip("link", "add", *ends[0], "type", "veth", "peer", "name", *ends[1])
        for index in range(NODES):
            self.mend(index)

    def __exit__(self, *_: object) -> None:
        self._cleaning.close()

    def namespace(self, index: int) -> str:
        return f"{self._mark}n{index}"

    def address(self, index: int) -> str:
        return f"{self._subnet}.{10 + index}"

    def _cables(self, index: int) -> Iterator[tuple[str, str]]:
        """(end in the node's namespace, address at the other end) of each."""
        yield "out", self._outside
        for other in range(NODES):
            if other != index:
                yield f"to{other}", self.address(other)

    def cut(self, index: int) -> None:
        """Pull all cables of a node."""
        for cable, _ in self._cables(index):
            _ip("-n", self.namespace(index), "link", "set", cable, "down")

    def mend(self, index: int) -> None:
        """Plug them in; the node's routes went with them."""
        space = self.namespace(index)
        for cable, there in self._cables(index):
            _ip("-n", space, "link", "set", cable, "up")
            _ip("-n", space, "route", "replace", f"{there}/32", "dev", cable, "src", self.address(index))


@dataclass
class SeparateNode(Broker):
    """A node that lives in a namespace and is known by its address."""

    network: Network = field(kw_only=True)

    def __post_init__(self) -> None:
        self.host = self.network.address(self.index)
        super().__post_init__()
        self.node = f"psl{self.ports.gateway}n{self.index}@{self.host}"

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "RABBITMQ_USE_LONGNAME": "true"}

    def command(self, *words: str) -> list[str]:
        return ["ip", "netns", "exec", self.network.namespace(self.index), *words]

    def _start_port_mapper(self) -> None:
        if self._port_mapper and self._port_mapper.poll() is None:
            return
        command = self.command("epmd", "-port", str(self.ports.epmd), "-address", self.host)
        log = self.var / "log" / f"epmd-{self.index}.log"
        self._port_mapper = processes.start(f"epmd-{self.index}", command, self.run_folder, log, self.environment())
        wait_for(lambda: accepts_connections(self.host, self.ports.epmd), "epmd listens", 10)


class SeparateNodes(Stage):
    """A stage whose broker nodes can be cut off from each other and from everybody."""

    def __init__(self, folder: Path, port: int):
        super().__init__(folder, port, nodes=NODES)
        self.network = Network(port)

    def _set_up(self) -> None:
        self._stack.enter_context(self.network)
        made = self.infrastructure
        made.brokers = [
            SeparateNode(made.var, made.ports, index, durable=False, network=self.network) for index in range(NODES)
        ]
        super()._set_up()


def partitions(stage: SeparateNodes) -> list[Trouble]:
    """Each node once alone: cut off without a word from the other nodes and from its clients."""
    return [
        Trouble(
            f"node {index} cut off",
            partial(stage.network.cut, index),
            partial(_mend, stage, index),
            survivable=True,
        )
        for index in range(NODES)
    ]


def _mend(stage: SeparateNodes, index: int) -> None:
    """Back on the net; its pause ends and it takes part again."""
    stage.network.mend(index)
    node = stage.brokers[index]
    wait_for(partial(_takes_part, node), f"{node.node} is back in the cluster", 90, every_s=1)


def _takes_part(node: Broker) -> bool:
    try:
        return node.control("eval", "rabbit:is_running().").strip() == "true"
    except (BrokerRefused, subprocess.TimeoutExpired):
        return False
