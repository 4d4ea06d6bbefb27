"""The whole platform under fire: five services, relay, gateway and finance, each of which may die at any moment and at
every named point, while terminals scan, offices work, and the day is paid."""

import random
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from services.chassis.config import SERVICES
from services.chassis.faults import MARK, POINTS
from tests.chaos.books import examine, unheard
from tests.chaos.campaign import Tally
from tests.chaos.desk import Desk
from tests.chaos.ground import Ground
from tests.chaos.money import Money
from tests.chaos.offices import Offices
from tests.platform import Platform, Process

OFFICE_ONE_IN = 3
UNSENT = "SELECT 1 FROM outbox WHERE sent_at IS NULL LIMIT 1"


def faults(chance: float, *beginnings: str) -> str:
    """The named points with these beginnings, each hit with this chance."""
    return ",".join(f"{name}={chance}" for name in POINTS if name.startswith(beginnings))


def start(platform: Platform, *, scale: Mapping[str, int] | None = None) -> list[Process]:
    """Five services, relay, finance and gateway, ready to work; once armed they die at named points.

    ``scale``: how many processes of a service, one if not named.
    """
    started = []
    for service in SERVICES:
        # A quiet service passes each point rarely: there it dies more readily.
        chance = 0.003 if service in ("transactions", "payouts") else 0.012
        for number in range(1, (scale or {}).get(service, 1) + 1):
            name = service if number == 1 else f"{service}-{number}"
            command = [sys.executable, "-m", "services.chassis.run", f"services.{service}.service"]
            started.append(platform.add(name, command, faults=faults(chance, "commit", "rpc", "inbox", "call")))
    for process in started:
        process.wait_ready()
    relay = [sys.executable, "-m", "services.chassis.relay", *SERVICES]
    started.append(platform.add("relay", relay, faults=faults(0.01, "relay")))
    out = ["--queue", "finance.payouts", "--out", str(journal(platform))]
    finance = [sys.executable, "-m", "tests.chaos.finance", *out]
    started.append(platform.add("finance", finance, ready_url="", faults=faults(0.05, "finance")))
    started.append(platform.add_gateway(faults(0.002, "call")))
    for process in started:
        process.wait_ready()
    return started


def journal(platform: Platform) -> Path:
    """Finance's folder."""
    return platform.var / "finance"


def waiting(ground: Ground) -> list[str]:
    """What waits in any outbox, job, queue or inbox, in words. The broker's counts are up to five seconds old and leave
    out what is between two queues: only the inboxes tell for sure."""
    found = [f"{name}'s outbox" for name in SERVICES if ground.column(name, UNSENT)]
    if ground.column("conventions", "SELECT 1 FROM countersign_job WHERE finished_at IS NULL LIMIT 1"):
        found.append("a job of counter-signing")
    queues = ground.platform.queues().items()
    found += [f"{count} in {name}" for name, count in queues if count and not name.endswith(".dead")]
    return found or [f"{len(which)} {what}" for what, which in unheard(ground)]


class PlatformTarget:
    """A started platform, those who work with it, and what they have been promised."""

    def __init__(
        self,
        platform: Platform,
        files_url: str,
        *,
        passes: int = 300,
        workers: int = 6,
        scale: Mapping[str, int] | None = None,
    ):
        self.platform = platform
        platform.environment["PSL_FILES_URL"] = files_url
        platform.use(SERVICES)
        self.victims: Sequence[Process] = self._start(scale or {})
        self.ground = self._ground()
        self.desk = Desk(self.ground, passes)
        self._offices = Offices(self.ground, workers=workers, conventions=passes // 20)
        self._money = Money(self.ground, self.desk, files_url)
        self._dice = random.SystemRandom()

    def _start(self, scale: Mapping[str, int]) -> Sequence[Process]:
        return start(self.platform, scale=scale)

    def _ground(self) -> Ground:
        return Ground(self.platform)

    def request(self, worker: int, number: int) -> bool:
        if self._dice.randrange(OFFICE_ONE_IN) == 0:
            return self._offices.request(worker)
        return self.desk.request(worker, number)

    def closing(self) -> None:
        self._offices.read_reports()
        self._money.pay_the_day()

    def settled(self) -> bool:
        return not waiting(self.ground)

    def waiting(self) -> str:
        return ", ".join(waiting(self.ground))

    def tally(self) -> Tally:
        found = examine(self.ground, self.desk, self._offices, journal(self.platform))
        accepted = len(self.desk.accepted) + self._offices.accepted
        return Tally(accepted, found.lost, found.duplicated, tuple(found.remarks))

    def stop(self) -> None:
        """End all processes; the databases stay."""
        for process in reversed(self.victims):
            process.stop()

    def deaths_at_points(self) -> Counter[str]:
        """How often which kind of process died at which named point, as the logs tell."""
        deaths: Counter[str] = Counter()
        for process in self.victims:
            for line in process.log.read_text(errors="replace").splitlines():
                if line.startswith(MARK):
                    deaths[f"{process.name} {line.removeprefix(MARK)}"] += 1
        return deaths
