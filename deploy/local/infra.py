"""Broker and databases of one run, without the services: `python -m deploy.local.infra --help`."""

import argparse
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from types import FrameType
from typing import Any

from deploy.broker_accounts import rights
from deploy.local import processes
from deploy.local.broker import BIN, Broker, installed, taken
from deploy.local.ports import HOST, Ports
from deploy.local.postgres import SUPERUSER, Postgres

SERVICES = ("identity", "partners", "conventions", "transactions", "payouts")
LAST = ("postgres", "broker-3", "broker-2", "broker", "epmd")


class CannotStart(Exception):
    """Something on the machine stands in the way; the message says what to do about it."""


class Infrastructure:
    """A private broker (one node or a cluster) and a private PostgreSQL, started and stopped together."""

    def __init__(self, var: Path, port: int, *, durable: bool = True, nodes: int = 1) -> None:
        self.var, self.ports = var.resolve(), Ports(port)
        self.postgres = Postgres(self.var, self.ports, durable=durable)
        self.brokers = [Broker(self.var, self.ports, index, durable=durable) for index in range(nodes)]

    @property
    def broker(self) -> Broker:
        return self.brokers[0]

    def start(
        self, services: Iterable[str] = SERVICES, *, when_databases_answer: Callable[[], object] | None = None
    ) -> None:
        """Clean up after a killed run, then start both; on failure nothing stays behind.

        `when_databases_answer` runs beside the broker's start, which takes longest.
        """
        if not installed():
            raise CannotStart("RabbitMQ is missing: run `apt-get install rabbitmq-server` (or `make setup`)")
        self.var.mkdir(parents=True, exist_ok=True)
        processes.end_leftovers(self.var / "run", last=LAST)
        self._check_ports()
        try:
            with ThreadPoolExecutor(1) as beside:  # the broker needs five seconds of its own
                databases = beside.submit(self._start_databases, tuple(services), when_databases_answer)
                self._start_brokers()
                databases.result()
        except BaseException:
            self.stop()
            raise

    def _start_databases(self, services: tuple[str, ...], then: Callable[[], object] | None) -> None:
        self.postgres.start()
        self.postgres.create_databases(services)
        if then:
            then()

    def _check_ports(self) -> None:
        wanted = [self.ports.amqp, self.ports.distribution, self.ports.epmd, self.ports.postgres]
        if busy := taken(wanted):
            raise CannotStart(
                f"port {busy[0]} is in use by another program: choose another PORT (a run takes 60 from it)"
            )

    def _start_brokers(self) -> None:
        for broker in self.brokers:
            fresh = not (broker.folder / "data").exists()
            broker.start()
            if broker.index and fresh:
                broker.join(self.broker)

    def stop(self) -> None:
        """Stop everything; nothing is left running."""
        for broker in reversed(self.brokers):
            broker.stop()
        self.postgres.stop()

    def environment(self) -> dict[str, str]:
        """What the services of one platform on this infrastructure need to find it."""
        found = {"AMQP_URI": ";".join(broker.uri() for broker in self.brokers)}
        for service in SERVICES:
            found |= self.postgres.service_urls(service)
        return found

    def give_broker_accounts(self) -> dict[str, str]:
        """One account per process with the rights that it needs and no more; returns their addresses by name."""
        allowed = rights()
        self.broker.give_accounts(allowed)
        return {name: ";".join(broker.account_uri(name) for broker in self.brokers) for name in allowed}

    def describe(self) -> dict[str, Any]:
        """Everything another process needs to use this infrastructure (tests: PSL_TEST_INFRA)."""
        return {
            "var": str(self.var),
            "port": self.ports.gateway,
            "amqp": {
                "host": self.broker.host,
                "port": self.broker.amqp,
                "user": self.broker.user,
                "password": self.broker.password,
                "node": self.broker.node,
                "rabbitmqctl": self.broker.command(str(BIN / "rabbitmqctl")),
                "environment": self.broker.environment(),
            },
            "postgres": {
                "host": HOST,
                "port": self.ports.postgres,
                "user": SUPERUSER,
                "password": self.postgres.password,
                "url": self.postgres.superuser_url,
            },
            "environment": self.environment(),
        }


def write_private(path: Path, content: str) -> None:
    """Write a file that only its owner reads (it names passwords)."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(content)


def wait_for_signal(while_pid: int | None = None) -> None:
    """Return at SIGTERM or Ctrl-C, or when the process `while_pid` is gone."""
    ended = Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    leader = processes.identity(while_pid) if while_pid else None
    while not ended.wait(1 if while_pid else 3600):
        if while_pid and processes.identity(while_pid) != leader:
            return


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.local.infra", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="first port of the run (default: 8000)")
    parser.add_argument("--var", type=Path, default=Path("var"), help="folder for all data (default: var)")
    parser.add_argument("--nodes", type=int, default=1, help="broker nodes in the cluster (default: 1)")
    parser.add_argument("--describe", type=Path, help="write a JSON that says how to reach both")
    parser.add_argument(
        "--durable",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="--no-durable: faster, loses data in a power cut; for tests",
    )
    parser.add_argument("--while-pid", type=int, help="stop by itself when this process is gone")
    options = parser.parse_args(arguments)
    infrastructure = Infrastructure(options.var, options.port, durable=options.durable, nodes=options.nodes)
    try:
        infrastructure.start()
    except CannotStart as reason:
        print(reason, file=sys.stderr)
        return 1
    with contextlib.ExitStack() as cleaning:
        cleaning.callback(infrastructure.stop)
        if options.describe:
            write_private(options.describe, json.dumps(infrastructure.describe(), indent=2))
            cleaning.callback(options.describe.unlink, missing_ok=True)
        ports = infrastructure.ports
        print(f"broker on port {ports.amqp}, PostgreSQL on port {ports.postgres}", flush=True)
        wait_for_signal(options.while_pid)
    return 0


if __name__ == "__main__":
    sys.exit(main())
