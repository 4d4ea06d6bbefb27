"""A fault campaign: load runs while processes die and worse befalls; afterwards every accepted request must have one
effect at every listener, and one only.

What is under fire is a `Target`. It says how one request is made, whether it was accepted, which processes may
be killed, when everything has settled, and what came of the requests. The same campaign runs against a control built on
stock nameko, in which it must find losses: a harness that can't fail proves nothing.
"""

import random
import signal
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import cycle
from typing import Protocol

from deploy.local.waiting import TooLate, wait_for
from tests.chaos.troubles import Trouble
from tests.platform import Process

LOOK_EVERY_S = 0.05
BACK_WITHIN_S = 60.0
BACK_AFTER_REQUESTS = 3


@dataclass(frozen=True)
class Tally:
    """What became of the accepted requests: how many lost an effect, how many have one twice, and in which words."""

    accepted: int
    lost: int
    duplicated: int
    remarks: tuple[str, ...] = ()

    @property
    def clean(self) -> bool:
        return self.accepted > 0 and self.lost == 0 and self.duplicated == 0 and not self.remarks


@dataclass(frozen=True)
class Outcome:
    """How many processes were killed, what came of the requests, and how long each trouble kept people waiting."""

    kills: int
    tally: Tally
    waits_s: tuple[tuple[str, float], ...] = ()

    @property
    def longest_wait_s(self) -> float:
        return max((seconds for _, seconds in self.waits_s), default=0.0)

    def __str__(self) -> str:
        return report(self.kills, self.tally)


class Target(Protocol):
    """A platform under fire."""

    @property
    def victims(self) -> Sequence[Process]: ...

    def request(self, worker: int, number: int) -> bool:
        """Make one request; True if it was accepted. Retries as a well-behaved client would; raises nothing."""
        ...

    def closing(self) -> None:
        """What follows the load, still under fire; raises TooLate if it never ends."""
        ...

    def settled(self) -> bool:
        """Whether nothing waits any more in any outbox or queue."""
        ...

    def waiting(self) -> str:
        """What waits, in words."""
        ...

    def tally(self) -> Tally:
        """Compare what was accepted with what happened."""
        ...


class Keeper:
    """Starts processes again as soon as they die, as the runner does, and counts those that were killed. One that ended
    by itself (it found no broker) is given a moment."""

    MOMENT_S = 1.0

    def __init__(self, processes: Sequence[Process]):
        self._processes = processes
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="keeper", daemon=True)
        self._not_before: dict[str, float] = {}
        self.kills = 0

    def __enter__(self) -> "Keeper":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(LOOK_EVERY_S):
            for process in self._processes:
                if process.dead:
                    self._revive(process)

    def _revive(self, process: Process) -> None:
        if process.name in self._not_before:
            if time.monotonic() >= self._not_before[process.name]:
                del self._not_before[process.name]
                process.start()
        elif process.exit_status == -signal.SIGKILL:
            self.kills += 1
            process.start()
        else:
            self._not_before[process.name] = time.monotonic() + self.MOMENT_S


@dataclass
class Campaign:
    """``kills`` deaths at random moments and, if ``armed``, at named points; each of the ``troubles`` at least once."""

    target: Target
    kills: int
    troubles: Sequence[Trouble] = ()
    workers: int = 6
    pause_s: tuple[float, float] = (0.15, 1.2)
    settle_within_s: float = 180.0
    seed: int = field(default_factory=lambda: random.SystemRandom().randrange(1 << 30))
    waits_s: list[tuple[str, float]] = field(default_factory=list)

    def run(self) -> Outcome:
        """The whole campaign. Raises TooLate if something waits for ever."""
        dice = random.Random(self.seed)
        with Keeper(self.target.victims) as keeper:
            with Load(self.target, self.workers) as load:
                self._arm()
                load.wait_for_more()
                self._fire(dice, keeper, self.kills, load=load)
            with ThreadPoolExecutor(1) as aside:
                closing = aside.submit(self.target.closing)
                self._fire(dice, keeper, self.kills + self.kills // 3, enough=closing.done)
                closing.result()
            self._calm_down()
            try:
                wait_for(self.target.settled, "nothing waits any more", self.settle_within_s, every_s=0.3)
            except TooLate as late:
                raise TooLate(f"{late}; still waiting: {self.target.waiting()}") from None
        return Outcome(keeper.kills, self.target.tally(), tuple(self.waits_s))

    def _arm(self) -> None:
        for victim in self.target.victims:
            victim.arm()

    def _fire(
        self,
        dice: random.Random,
        keeper: Keeper,
        kills: int,
        *,
        load: "Load | None" = None,
        enough: Callable[[], bool] = lambda: False,
    ) -> None:
        """Kill until ``kills`` have died in all, or until it is ``enough``; with load, troubles in between."""
        pause, limit = threading.Event(), time.monotonic() + self.kills * 15 + len(self.troubles) * BACK_WITHIN_S
        due, upcoming = list(self.troubles) if load else [], cycle(self.troubles)
        every = max(1, kills // (len(self.troubles) + 1))
        next_at = keeper.kills + every
        while (keeper.kills < kills or due) and not enough():
            if time.monotonic() > limit:
                raise TooLate(f"only {keeper.kills} of {self.kills} kills in time")
            if load and self.troubles and (keeper.kills >= next_at or keeper.kills >= kills):
                trouble = next(upcoming)
                due = [one for one in due if one is not trouble]
                self._befall(trouble, load)
                next_at = keeper.kills + every
            pause.wait(dice.uniform(*self.pause_s))
            victim = dice.choice(list(self.target.victims))
            if not victim.dead and keeper.kills < kills:
                victim.kill()

    def _befall(self, trouble: Trouble, load: "Load") -> None:
        """Strike, wait until requests are accepted again, relieve; for most troubles in the other order."""
        began = time.monotonic()
        trouble.strike()
        if not trouble.survivable:
            trouble.relieve()
        try:
            load.wait_for_more(f"requests are accepted again after «{trouble.name}»")
        except TooLate as late:
            away = [victim.name for victim in self.target.victims if victim.dead or not victim.is_ready()]
            raise TooLate(f"{late}; not ready: {', '.join(away) or 'nobody'}") from None
        self.waits_s.append((trouble.name, time.monotonic() - began))
        if trouble.survivable:
            trouble.relieve()

    def _calm_down(self) -> None:
        """From here on nobody dies any more, so that what waits can be worked off."""
        for victim in self.target.victims:
            victim.spare()
        for victim in self.target.victims:
            wait_for(victim.is_ready, f"{victim.name} is back", 90)


class Load:
    """Workers that make one request after the other."""

    def __init__(self, target: Target, workers: int):
        self._target = target
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._accepted: list[float] = []
        self._mistake: Exception | None = None
        self._threads = [threading.Thread(target=self._work, args=(n,), name=f"load-{n}") for n in range(workers)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._complain()

    def _complain(self) -> None:
        """A request that raised is a mistake of the harness: say so, rather than wait for load that isn't there."""
        if self._mistake is not None:
            raise self._mistake

    def _work(self, worker: int) -> None:
        number = 0
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                accepted = self._target.request(worker, number)
            except Exception as mistake:
                self._mistake = mistake
                return
            if accepted:
                with self._lock:
                    self._accepted.append(began)
            else:
                self._stop.wait(0.05)
            number += 1

    def wait_for_more(self, what: str = "requests are accepted") -> None:
        """Until some requests have been accepted since now, each begun or repeated after it. Raises TooLate."""
        before = len(self._accepted)

        def more() -> bool:
            self._complain()
            return len(self._accepted) >= before + BACK_AFTER_REQUESTS

        wait_for(more, what, BACK_WITHIN_S)


def report(kills: int, tally: Tally) -> str:
    """The line that ends a campaign."""
    return f"kills={kills} accepted={tally.accepted} lost={tally.lost} duplicated={tally.duplicated}"
