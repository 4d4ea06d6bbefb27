"""The processes of one platform on a given infrastructure: services, relay, gateway. Used by run, demo and tests."""

import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy import commandlines
from deploy.local import processes
from deploy.local.ports import HOST, Ports
from deploy.local.waiting import wait_for

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("identity", "partners", "conventions", "transactions", "payouts")
RELAY = "relay"
READY_WITHIN_S = 180.0  # a slow machine that starts for the first time
PASSED_ON = ("PATH", "HOME", "LANG", "TZ", "PYTHONPATH", "VIRTUAL_ENV")


class ProcessFailed(Exception):
    """A process ended before it was ready; the message holds the last lines of its log."""


@dataclass
class Process:
    """One process of the platform: what to run and where it says that it is well."""

    name: str
    command: list[str]
    health_url: str
    env: dict[str, str] = field(default_factory=dict)
    child: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def alive(self) -> bool:
        return self.child is not None and self.child.poll() is None


class Platform:
    """Services, relay and gateway as child processes.

    `surroundings` names the broker and the databases as environment variables; `scale` says how many processes
    of a service run (one if not named). `broker_addresses`, filled before the start, give each process its own broker
    account instead of the one in `surroundings`.
    """

    def __init__(
        self,
        var: Path,
        port: int,
        surroundings: Mapping[str, str],
        *,
        services: Iterable[str] = SERVICES,
        relay: bool = True,
        gateway: bool = True,
        scale: Mapping[str, int] | None = None,
    ) -> None:
        self.broker_addresses: dict[str, str] = {}
        self.var, self.ports = var.resolve(), Ports(port)
        self.services = tuple(services)
        self.base_url = f"http://{HOST}:{port}"
        self._surroundings = dict(surroundings)
        self.processes = self._plan(dict(scale or {}), relay=relay, gateway=gateway)

    def _plan(self, scale: dict[str, int], *, relay: bool, gateway: bool) -> dict[str, Process]:
        commands: dict[str, list[str]] = {}
        for service in self.services:
            for number in range(1, scale.get(service, 1) + 1):
                name = service if number == 1 else f"{service}-{number}"
                commands[name] = commandlines.service(service)
        if relay:
            commands[RELAY] = commandlines.relay(self.services)
        planned = {}
        for index, (name, command) in enumerate(commands.items()):
            health_port = self.ports.health(index)
            url = f"http://{HOST}:{health_port}/healthz"
            planned[name] = Process(name, command, url, {"PSL_HEALTH_PORT": str(health_port)})
        if gateway:
            planned["gateway"] = Process(
                "gateway",
                commandlines.gateway(f"{HOST}:{self.ports.gateway}"),
                f"{self.base_url}/healthz",
                {"PSL_HEALTH_PORT": str(self.ports.health(len(commands)))},
            )
        return planned

    @property
    def environment(self) -> dict[str, str]:
        """What every process of this platform gets; of the outer environment only what is named here or PSL_…"""
        inherited = {k: v for k, v in os.environ.items() if k in PASSED_ON or k.startswith(("PSL_", "TWILIO_"))}
        return {
            **inherited,
            "PYTHONUNBUFFERED": "1",
            "PSL_VAR": str(self.var),
            "PSL_BASE_URL": os.environ.get("PSL_BASE_URL", self.base_url),
            **self._surroundings,
        }

    def run(self, *arguments: str, timeout_s: float = 300) -> str:
        """Run `python <arguments>` in this platform's environment to its end and return what it printed."""
        done = subprocess.run(
            [sys.executable, *arguments],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        if done.returncode != 0:
            raise ProcessFailed(f"python {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def start(self, names: Iterable[str] | None = None, *, within_s: float = READY_WITHIN_S) -> None:
        """Start these processes (all if not named); return when each answers on /healthz.

        The relay comes last: by then each service has declared the queues of what it listens to.
        """
        wanted = [self.processes[name] for name in (names or self.processes)]
        for group in ([p for p in wanted if p.name != RELAY], [p for p in wanted if p.name == RELAY]):
            for process in group:
                self.launch(process)
            for process in group:
                self.wait_until_healthy(process, within_s)

    def launch(self, process: Process) -> None:
        """Start one process without waiting for it."""
        process.child = processes.start(
            process.name,
            process.command,
            self.var / "run",
            self.log(process.name),
            {**self.environment, **process.env, **self._broker_of(process.name)},
            cwd=ROOT,
        )

    def _broker_of(self, name: str) -> dict[str, str]:
        """Each process by its own broker account, where there are such (further processes of a service share it)."""
        address = self.broker_addresses.get(name.partition("-")[0])
        return {"AMQP_URI": address} if address else {}

    def log(self, name: str) -> Path:
        return self.var / "log" / f"{name}.log"

    def wait_until_healthy(self, process: Process, within_s: float = READY_WITHIN_S) -> None:
        wait_for(lambda: self._healthy(process), f"{process.name} answers on {process.health_url}", within_s)

    def _healthy(self, process: Process) -> bool:
        if not process.alive:
            raise ProcessFailed(f"{process.name} ended while starting:\n{tail(self.log(process.name))}")
        return answers(process.health_url)

    def wait_until_ready(self, within_s: float = READY_WITHIN_S) -> None:
        """Until the gateway's /readyz says that broker, databases and all services answer."""
        wait_for(lambda: answers(f"{self.base_url}/readyz"), "GET /readyz answers 200", within_s)

    def stop(self) -> None:
        """The gateway first, so that nobody is served half a platform; then the rest, side by side."""
        gateway = self.processes.get("gateway")
        others = [process for process in self.processes.values() if process is not gateway]
        for group in ([gateway] if gateway else [], others):
            running = [process.child for process in group if process.child]
            for child in running:
                if child.poll() is None:
                    child.terminate()
            for child in running:
                processes.stop(child)
        for process in self.processes.values():
            processes.PidFile(self.var / "run", process.name).remove()
            process.child = None

    def kill(self, name: str) -> int:
        """kill -9, as a fault would; returns the pid that died."""
        child = self.processes[name].child
        if child is None:
            raise ProcessFailed(f"{name} isn't running")
        processes.kill_session(child.pid)
        child.wait(10)
        return child.pid


def answers(url: str, timeout_s: float = 3) -> bool:
    """Whether a GET of the address ends in 200."""
    try:
        with urllib.request.urlopen(url, timeout=timeout_s) as response:  # noqa: S310
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def tail(path: Path, lines: int = 20) -> str:
    """The last lines of a log, or nothing if there is no log."""
    if not path.exists():
        return ""
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
