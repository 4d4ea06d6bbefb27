"""`make run`: the whole platform in the foreground; what dies is started again, what is stopped leaves nothing."""

import contextlib
import fcntl
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event
from time import monotonic
from types import FrameType

from deploy.local.broker import Broker
from deploy.local.infra import SERVICES, CannotStart, Infrastructure
from deploy.local.platform import READY_WITHIN_S, Platform, Process, answers
from deploy.local.postgres import Postgres
from deploy.local.waiting import wait_for
from deploy.surroundings import forget, note

LOOK_EVERY_S = 0.2
FIRST_PAUSE_S, LONGEST_PAUSE_S, STEADY_AFTER_S = 0.5, 30.0, 60.0


class Stopped(Exception):
    """SIGTERM or Ctrl-C arrived."""


class Runner:
    """One run of the platform on this machine."""

    def __init__(
        self,
        var: Path,
        port: int,
        *,
        scale: Mapping[str, int] | None = None,
        nodes: int = 1,
        durable: bool = True,
    ) -> None:
        self.var = var.resolve()
        self.infrastructure = Infrastructure(self.var, port, durable=durable, nodes=nodes)
        surroundings = {**self.infrastructure.environment(), **given_surroundings()}
        self.platform = Platform(self.var, port, surroundings, scale=scale)
        self._surroundings = surroundings
        self._pauses: dict[str, Pause] = {}

    @contextmanager
    def running(self) -> Iterator[None]:
        """Everything up and ready inside the block, everything gone after it, however it ends."""
        with ExitStack() as cleaning:
            cleaning.enter_context(alone_in(self.var))
            cleaning.callback(self.infrastructure.stop)
            cleaning.callback(self.platform.stop)
            self._start_infrastructure()
            note(self.var, {**self._surroundings, "PSL_VAR": str(self.var), "PSL_BASE_URL": self.platform.base_url})
            cleaning.callback(forget, self.var)
            self.platform.start()
            wait_for(self._ready, "GET /readyz answers 200", READY_WITHIN_S, every_s=LOOK_EVERY_S)
            yield

    def _start_infrastructure(self) -> None:
        given = given_surroundings()
        if "AMQP_URI" in given and len(given) > len(SERVICES):
            self.prepare()
        else:
            self.infrastructure.start(when_databases_answer=self.prepare)
        if "AMQP_URI" not in given:
            self.platform.broker_addresses = self.infrastructure.give_broker_accounts()

    def prepare(self) -> None:
        """Keys and tables, in a process of its own."""
        self.platform.run("-m", "deploy", "migrate")

    def _ready(self) -> bool:
        """Whether the whole platform answers; what died meanwhile is started again."""
        self._tend()
        return answers(f"{self.platform.base_url}/readyz")

    def supervise(self, ended: Event) -> None:
        """Start again what dies, with growing pauses, until `ended` is set."""
        while not ended.wait(LOOK_EVERY_S):
            self._tend()

    def _tend(self) -> None:
        self._revive_infrastructure(self.infrastructure.postgres)
        for broker in self.infrastructure.brokers:
            self._revive_infrastructure(broker)
        for process in list(self.platform.processes.values()):
            self._revive(process)

    def _revive_infrastructure(self, part: Broker | Postgres) -> None:
        if part.pid is not None and not part.alive and self._pause(part.name).over():
            print(f"{part.name} ended; starting it again", flush=True)
            with contextlib.suppress(Exception):
                part.start()

    def _revive(self, process: Process) -> None:
        if not process.alive and self._pause(process.name).over():
            print(f"{process.name} ended; starting it again (see {self.platform.log(process.name)})", flush=True)
            self.platform.launch(process)

    def _pause(self, name: str) -> "Pause":
        return self._pauses.setdefault(name, Pause())


class Pause:
    """How long to wait before the next start: twice as long each time, short again after a steady minute."""

    def __init__(self) -> None:
        self._length_s, self._last, self._until = FIRST_PAUSE_S, 0.0, 0.0

    def over(self) -> bool:
        """Whether to start now; asked for the first time after a death it sets the waiting time."""
        now = monotonic()
        if not self._until:
            steady = now - self._last > STEADY_AFTER_S
            self._length_s = FIRST_PAUSE_S if steady else min(self._length_s * 2, LONGEST_PAUSE_S)
            self._until = now + self._length_s
        if now < self._until:
            return False
        self._last, self._until = now, 0.0
        return True


def given_surroundings() -> dict[str, str]:
    """What the environment says of a broker and databases that somebody else runs."""
    names = ["AMQP_URI"]
    for service in SERVICES:
        names += [f"{service.upper()}_DATABASE_URL", f"{service.upper()}_DATABASE_OWNER_URL"]
    return {name: os.environ[name] for name in names if os.environ.get(name)}


@contextmanager
def alone_in(var: Path) -> Iterator[None]:
    """Hold the folder for this run; a second run in the same folder is refused. Raises CannotStart."""
    (var / "run").mkdir(parents=True, exist_ok=True)
    with open(var / "run" / "lock", "w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(f"another run works in {var}; stop it first, or choose another --var") from None
        yield


@contextmanager
def signals() -> Iterator[Event]:
    """Inside the block SIGTERM and Ctrl-C raise Stopped once; afterwards they only set the event."""
    ended = Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        if not ended.is_set():
            ended.set()
            raise Stopped

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield ended
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
