"""A real platform for tests: processes on a private virtual host, with databases, keys and a var/ of their own."""

import json
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg2
import psycopg2.extensions
from psycopg2 import sql
from sqlalchemy.engine import make_url

from deploy import keys as deploy_keys
from deploy.local import broker, processes
from deploy.local.waiting import wait_for
from services.chassis import migrate
from services.chassis.bus import Bus
from services.chassis.config import SERVICES
from tests import nursery

ROOT = nursery.ROOT
START_WITHIN_S = 40.0


def free_port() -> int:
    """A port on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Infra:
    """A running broker and PostgreSQL, as ``python -m deploy.local.infra --describe`` tells of them."""

    def __init__(self, described: dict[str, Any]):
        self._described = described
        self._prefix = f"t{os.getpid()}_{uuid4().hex[:6]}"
        self._templates: dict[str, str] = {}

    def _admin(self, *statements: sql.Composable, database: str = "postgres") -> None:
        url = make_url(self._described["postgres"]["url"]).set(drivername="postgresql", database=database)
        connection = psycopg2.connect(url.render_as_string(hide_password=False))
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
        finally:
            connection.close()

    def _url(self, service: str, database: str, *, owner: bool) -> str:
        """Services made up by tests borrow the roles of a real one."""
        known = service if service in SERVICES else SERVICES[0]
        variable = f"{known.upper()}_DATABASE_{'OWNER_' if owner else ''}URL"
        url = make_url(self._described["environment"][variable]).set(database=database)
        return url.render_as_string(hide_password=False)

    def template(self, service: str) -> str:
        """A migrated database to copy from; made once."""
        if service not in self._templates:
            name = f"{self._prefix}_{service}_template"
            owner = make_url(self._url(service, name, owner=True)).username or ""
            self._admin(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(owner)),
            )
            self._admin(
                sql.SQL("CREATE EXTENSION IF NOT EXISTS pg_trgm"),
                sql.SQL("CREATE EXTENSION IF NOT EXISTS unaccent"),
                database=name,
            )
            role = make_url(self._url(service, name, owner=False)).username
            schema = service if service in SERVICES else migrate.CHASSIS
            migrate.upgrade(schema, self._url(service, name, owner=True), role)
            self._templates[service] = name
        return self._templates[service]

    def create_database(self, service: str) -> str:
        """A fresh migrated database of the service; returns its name."""
        name = f"{self._prefix}_{service}_{uuid4().hex[:8]}"
        owner = make_url(self._url(service, name, owner=True)).username or ""
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}")
        template = sql.Identifier(self.template(service))
        self._admin(copy.format(sql.Identifier(name), template, sql.Identifier(owner)))
        return name

    def create_empty_database(self, service: str) -> str:
        """A database as an operator makes it before a restore; returns its name."""
        name = f"{self._prefix}_{service}_{uuid4().hex[:8]}"
        owner = make_url(self._url(service, name, owner=True)).username or ""
        statement = sql.SQL("CREATE DATABASE {} OWNER {}")
        self._admin(statement.format(sql.Identifier(name), sql.Identifier(owner)))
        return name

    def database_urls(self, service: str, database: str) -> dict[str, str]:
        """The environment variables that lead a service to that database."""
        prefix = service.upper()
        return {
            f"{prefix}_DATABASE_URL": self._url(service, database, owner=False),
            f"{prefix}_DATABASE_OWNER_URL": self._url(service, database, owner=True),
        }

    def drop_database(self, name: str) -> None:
        """Drop it, whoever is still connected."""
        self._admin(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def drop_templates(self) -> None:
        for name in self._templates.values():
            self.drop_database(name)
        self._templates.clear()

    def _control(self, *arguments: str) -> str:
        amqp = self._described["amqp"]
        environment = {**os.environ, **amqp["environment"]}
        command = [*amqp["rabbitmqctl"], "-q", "-n", amqp["node"], *arguments]
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

    def evaluate(self, expression: str) -> None:
        """Have the broker evaluate Erlang. Raises BrokerRefused."""
        broker.evaluate(self._described["amqp"]["node"], self._described["amqp"]["environment"], expression)

    def queues(self, amqp_uri: str) -> dict[str, int]:
        """For each queue of a virtual host, how many messages are in it, those in hand included."""
        vhost = amqp_uri.rpartition("/")[2]
        listed = self._control("list_queues", "-p", vhost, "--no-table-headers", "name", "messages")
        return {name: int(count) for name, count in (line.split("\t") for line in listed.splitlines())}

    def broker_counts(self, amqp_uri: str) -> dict[str, int]:
        """How many connections, channels and queues a virtual host has."""
        vhost = amqp_uri.rpartition("/")[2]
        counts = {
            name: [line for line in self._control(f"list_{name}", "vhost").splitlines() if line.strip() == vhost]
            for name in ("connections", "channels")
        }
        return {name: len(lines) for name, lines in counts.items()} | {"queues": len(self.queues(amqp_uri))}

    @contextmanager
    def virtual_host(self) -> Iterator[str]:
        """The AMQP address of a virtual host that lives as long as the block."""
        amqp = self._described["amqp"]
        name = f"{self._prefix}-{uuid4().hex[:8]}"
        self.evaluate(broker.making_vhost(name, amqp["user"]))
        try:
            yield f"amqp://{amqp['user']}:{amqp['password']}@{amqp['host']}:{amqp['port']}/{name}"
        finally:
            self.evaluate(broker.dropping_vhost(name))


class Looking(psycopg2.extensions.connection):
    """A connection that its ``with`` block closes: psycopg2's own only ends the transaction, and a test that looks
    again and again would use up the server."""

    def __exit__(self, *raised: Any) -> None:
        super().__exit__(*raised)
        self.close()


class Process:
    """One process of a platform, which a test may kill and start again."""

    def __init__(
        self,
        name: str,
        command: list[str],
        folder: Path,
        environment: dict[str, str],
        ready_url: str,
        faults: str = "",
    ):
        self.name = name
        self._faults = faults
        self._command, self._folder, self._environment = command, folder, environment
        self._ready_url = ready_url
        self._child: nursery.Child | subprocess.Popen[bytes] | None = None
        self.health_port = 0

    @property
    def log(self) -> Path:
        return self._folder / "log" / f"{self.name}.log"

    @property
    def pid(self) -> int:
        assert self._child is not None
        return self._child.pid

    def start(self) -> None:
        self._child = nursery.start(self.name, self._command, self._folder / "run", self.log, self._environment)

    def wait_ready(self) -> None:
        wait_for(self._ready, f"{self.name} is ready; its log ends: {self._log_end()}", START_WITHIN_S)

    def _log_end(self) -> str:
        return self.log.read_text(errors="replace")[-1500:] if self.log.exists() else ""

    def _ready(self) -> bool:
        assert self._child is not None
        if self._child.poll() is not None:
            raise RuntimeError(f"{self.name} ended by itself: {self._log_end()}")
        if not self._ready_url:
            return True  # it answers no questions: running is all that can be seen from outside
        try:
            with urllib.request.urlopen(self._ready_url, timeout=3) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    @property
    def dead(self) -> bool:
        """Whether it was started and has ended."""
        return self._child is not None and self._child.poll() is not None

    def is_ready(self) -> bool:
        """Whether it runs and says that it can work."""
        try:
            return not self.dead and self._ready()
        except RuntimeError:  # it died in between
            return False

    @property
    def exit_status(self) -> int | None:
        return self._child.poll() if self._child is not None else None

    def arm(self) -> None:
        """From its next start on it kills itself at named points; it is killed for that."""
        if self._faults:
            self._environment["PSL_FAULTS"] = self._faults
            self.kill()

    def spare(self) -> None:
        """End its faults: what kills itself at named points is replaced by a process that doesn't."""
        if self._environment.pop("PSL_FAULTS", None):
            self.kill()

    def kill(self) -> None:
        """``kill -9``, its own children included: a worker that outlived its master would answer in its successor's
        place for a moment."""
        self.end()

    def stop(self) -> None:
        """Ask it to finish, and wait."""
        if self._child is not None:
            processes.stop(self._child)

    def end(self) -> None:
        """End it at once, children included; nothing if it was never started."""
        if self._child is not None:
            processes.kill_session(self._child.pid)
            self._child.wait(5)


@lru_cache(maxsize=2048)
def mail_in(path: Path) -> EmailMessage:
    """A mail from its file, which never changes: whoever waits for one looks through all of them again and again."""
    return BytesParser(policy=policy.default).parsebytes(path.read_bytes())  # type: ignore[return-value]


class Platform:
    """Some services, optionally with relay and gateway, and the ways to look at them from outside."""

    def __init__(self, infra: Infra, folder: Path, amqp_uri: str, extra: dict[str, str] | None = None):
        self._infra = infra
        self.var = folder
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.processes: dict[str, Process] = {}
        self.databases: dict[str, str] = {}
        self.environment = {
            **os.environ,
            "PSL_ENV": "development",
            "PSL_VAR": str(folder),
            "PSL_KEYS": str(folder / "keys"),
            "PSL_BASE_URL": self.base_url,
            "AMQP_URI": amqp_uri,
            **(extra or {}),
        }
        deploy_keys.create(folder / "keys")
        self.bus = Bus(amqp_uri)

    def use(self, services: Iterable[str]) -> None:
        """Make a database for each of these services."""
        wanted = list(services)
        for service in wanted:
            self._infra.template(service)
        with ThreadPoolExecutor(len(SERVICES)) as pool:  # a copy takes half a second, most of it waiting
            made = pool.map(self._infra.create_database, wanted)
        self.adopt(wanted, dict(zip(wanted, made, strict=True)))

    def adopt(self, services: Iterable[str], databases: Mapping[str, str]) -> None:
        """Use existing databases of these services, by name; they end with the platform."""
        for service in services:
            self.databases[service] = databases[service]
            self.environment |= self._infra.database_urls(service, databases[service])

    def add(self, name: str, command: list[str], *, ready_url: str | None = None, faults: str = "") -> Process:
        """Start one process; it listens for health questions on a port of its own unless it has a ``ready_url``;
        ``faults`` are the named points at which it kills itself once it is armed."""
        port = free_port()
        url = f"http://127.0.0.1:{port}/readyz" if ready_url is None else ready_url
        environment = {**self.environment, "PSL_HEALTH_PORT": str(port)}
        self.processes[name] = Process(name, command, self.var, environment, url, faults)
        self.processes[name].health_port = port
        self.processes[name].start()
        return self.processes[name]

    def start(self, services: Sequence[str], *, relay: bool, gateway: bool) -> None:
        """Start these services (names, or modules) and the gateway, then the relay, and wait until all are ready."""
        names = [name.split(".")[-2] if "." in name else name for name in services]
        self.use(names)
        for name, given in zip(names, services, strict=True):
            module = given if "." in given else f"services.{given}.service"
            self.add(name, [sys.executable, "-m", "services.chassis.run", module])
        if gateway:
            self.add_gateway()
        for process in list(self.processes.values()):
            process.wait_ready()
        if relay:  # after those whom it counts, or it would tell of nobody's taking calls
            self.add("relay", [sys.executable, "-m", "services.chassis.relay", *names]).wait_ready()

    def add_gateway(self, faults: str = "") -> Process:
        """Start the gateway on the platform's own port."""
        bind = f"127.0.0.1:{self.port}"
        command = [sys.executable, "-m", "gunicorn", "--bind", bind, "--threads", "8"]
        command += ["--worker-class", "gateway.worker.SheddingWorker", "--no-control-socket"]
        command += ["gateway.app:create_app()"]
        return self.add("gateway", command, ready_url=f"{self.base_url}/healthz", faults=faults)

    def stop(self) -> None:
        """End all processes, drop all databases. At once: what a process does when asked to leave is tested where it
        matters, and nothing of this platform is looked at any more."""
        for process in self.processes.values():
            process.end()
        self.bus.close()
        for database in self.databases.values():
            self._infra.drop_database(database)

    def queues(self) -> dict[str, int]:
        """How many messages are in each queue, those in hand included."""
        return self._infra.queues(self.environment["AMQP_URI"])

    def broker_counts(self) -> dict[str, int]:
        """How many connections, channels and queues the broker keeps for this platform."""
        return self._infra.broker_counts(self.environment["AMQP_URI"])

    def owner_url(self, service: str) -> str:
        """The address of a service's database with its owner's rights, as libpq takes it."""
        url = make_url(self.environment[f"{service.upper()}_DATABASE_OWNER_URL"]).set(drivername="postgresql")
        return url.render_as_string(hide_password=False)

    def move_clock(self, offset: str) -> None:
        """Set the platform's clock, e.g. ``+1d``; every process follows within half a second."""
        (self.var / "clock").write_text(offset, encoding="ascii")

    def mails(self, to: str | None = None) -> list[EmailMessage]:
        """The mails sent so far, oldest first; only those to one address if given."""
        folder = self.var / "outbox" / "mail"
        found = [mail_in(path) for path in sorted(folder.glob("*.eml"))]
        return [mail for mail in found if to is None or to in str(mail["To"])]

    def text_messages(self) -> list[dict[str, str]]:
        """The SMS sent so far, oldest first."""
        folder = self.var / "outbox" / "sms"
        return [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]

    def connect(self, service: str) -> Any:
        """A psycopg2 connection to a service's database with the owner's rights (tests look, they don't write)."""
        connection = psycopg2.connect(self.owner_url(service), connection_factory=Looking)
        connection.autocommit = True
        return connection
