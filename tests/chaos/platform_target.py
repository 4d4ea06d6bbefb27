"""The whole platform under fire: five services, relay, gateway and finance, each of which may die at any moment and at
every named point, while terminals scan, offices work, and the day is paid."""

import random
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from services.chassis.config import SERVICES
from services.chassis.faults import MARK, POINTS
from tests.chaos.books import examine
from tests.chaos.campaign import Tally
from tests.chaos.desk import Desk
from tests.chaos.ground import Ground
from tests.chaos.money import Money
from tests.chaos.offices import Offices
from tests.platform import Platform, Process

OFFICE_ONE_IN = 3


def faults(chance: float, *beginnings: str) -> str:
    """The named points with these beginnings, each hit with this chance."""
    return ",".join(f"{name}={chance}" for name in POINTS if name.startswith(beginnings))


class PlatformTarget:
    """``scale``: how many processes of a service, one if not named. ``boldness`` multiplies the chance of dying at a
    named point."""

    def __init__(
        self,
        platform: Platform,
        files_url: str,
        *,
        passes: int = 300,
        workers: int = 6,
        scale: dict[str, int] | None = None,
        boldness: float = 1.0,
    ):
        self._platform, self._scale, self._boldness = platform, scale or {}, boldness
        platform.environment["PSL_FILES_URL"] = files_url
        platform.use(SERVICES)
        self.victims: Sequence[Process] = self._start()
        self._ground = Ground(platform)
        self._desk = Desk(self._ground, passes)
        self._offices = Offices(self._ground, workers=workers, conventions=passes // 20)
        self._money = Money(self._ground, self._desk, files_url)
        self._dice = random.SystemRandom()

    def _start(self) -> list[Process]:
        platform, python, bold = self._platform, sys.executable, self._boldness
        started = []
        for service in SERVICES:
            # A quiet service passes each point rarely: there it dies more readily.
            chance = 0.003 if service in ("transactions", "payouts") else 0.012
            for number in range(1, self._scale.get(service, 1) + 1):
                name = service if number == 1 else f"{service}-{number}"
                command = [python, "-m", "services.chassis.run", f"services.{service}.service"]
                points = faults(chance * bold, "commit", "rpc", "inbox", "call")
                started.append(platform.add(name, command, faults=points))
        for process in started:
            process.wait_ready()
        relay = [python, "-m", "services.chassis.relay", *SERVICES]
        started.append(platform.add("relay", relay, faults=faults(0.01 * bold, "relay")))
        finance = [python, "-m", "tests.chaos.finance", "--queue", "finance.payouts", "--out", str(self.journal)]
        started.append(platform.add("finance", finance, ready_url="", faults=faults(0.05 * bold, "finance")))
        started.append(platform.add_gateway(faults(0.002 * bold, "call")))
        for process in started:
            process.wait_ready()
        return started

    @property
    def journal(self) -> Path:
        return self._platform.var / "finance"

    def request(self, worker: int, number: int) -> bool:
        if self._dice.randrange(OFFICE_ONE_IN) == 0:
            return self._offices.request(worker)
        return self._desk.request(worker, number)

    def closing(self) -> None:
        self._money.pay_the_day()

    def settled(self) -> bool:
        ground = self._ground
        unsent = any(ground.column(name, "SELECT 1 FROM outbox WHERE sent_at IS NULL LIMIT 1") for name in SERVICES)
        jobs = ground.column("conventions", "SELECT 1 FROM countersign_job WHERE finished_at IS NULL LIMIT 1")
        waiting = {name: count for name, count in self._platform.queues().items() if not name.endswith(".dead")}
        return not unsent and not jobs and not any(waiting.values())

    def tally(self) -> Tally:
        found = examine(self._ground, self._desk, self._offices, self.journal)
        accepted = len(self._desk.accepted) + self._offices.accepted
        return Tally(accepted, found.lost, found.duplicated, tuple(found.remarks))

    def deaths_at_points(self) -> Counter[str]:
        """How often which kind of process died at which named point, as the logs tell."""
        deaths: Counter[str] = Counter()
        for process in self.victims:
            for line in process.log.read_text(errors="replace").splitlines():
                if line.startswith(MARK):
                    deaths[f"{process.name} {line.removeprefix(MARK)}"] += 1
        return deaths
