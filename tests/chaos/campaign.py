"""A fault campaign: load runs while processes die; afterwards every accepted request must have exactly one effect at
every listener.

What is under fire is a `Target`. It says how one request is made, whether it was accepted, which processes may
be killed, when everything has settled, and what came of the requests. The same campaign runs against a control built on
stock nameko, in which it must find losses: a harness that can't fail proves nothing.
"""

import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

from deploy.local.waiting import TooLate, wait_for
from tests.platform import Process

LOOK_EVERY_S = 0.05


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

    def tally(self) -> Tally:
        """Compare what was accepted with what happened."""
        ...


class Keeper:
    """Starts processes again as soon as they die, as the runner does, and counts the deaths."""

    def __init__(self, processes: Sequence[Process]):
        self._processes = processes
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="keeper", daemon=True)
        self.deaths = 0

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
                    self.deaths += 1
                    process.start()


@dataclass
class Campaign:
    """``kills`` deaths from outside at random moments, spread so that the platform works in between, on top of those
    that the processes deal themselves at named points."""

    target: Target
    kills: int
    workers: int = 6
    pause_s: tuple[float, float] = (0.15, 1.2)
    settle_within_s: float = 90.0
    seed: int = field(default_factory=lambda: random.SystemRandom().randrange(1 << 30))

    def run(self) -> tuple[int, Tally]:
        """Number of deaths and what came of the requests. Raises TooLate if something waits for ever."""
        dice = random.Random(self.seed)
        with Keeper(self.target.victims) as keeper:
            with self._load():
                self._fire(dice, keeper, self.kills - self.kills // 4)
            with ThreadPoolExecutor(1) as aside:
                closing = aside.submit(self.target.closing)
                self._fire(dice, keeper, self.kills, enough=closing.done)
                closing.result()
            self._calm_down(keeper)
            wait_for(self.target.settled, "nothing waits any more", self.settle_within_s, every_s=0.3)
        return keeper.deaths, self.target.tally()

    def _load(self) -> "_Load":
        return _Load(self.target, self.workers)

    def _fire(
        self, dice: random.Random, keeper: Keeper, kills: int, enough: Callable[[], bool] = lambda: False
    ) -> None:
        """Kill until ``kills`` have died in all, or until it is ``enough``."""
        pause = threading.Event()
        limit = time.monotonic() + self.kills * 10
        while keeper.deaths < kills and not enough():
            if time.monotonic() > limit:
                raise TooLate(f"only {keeper.deaths} of {self.kills} kills within {self.kills * 10} s")
            pause.wait(dice.uniform(*self.pause_s))
            victim = dice.choice(list(self.target.victims))
            if not victim.dead:
                victim.kill()

    def _calm_down(self, keeper: Keeper) -> None:
        """From here on nobody dies any more, so that what waits can be worked off."""
        for victim in self.target.victims:
            victim.spare()
        for victim in self.target.victims:
            wait_for(victim.is_ready, f"{victim.name} is back", 60)


class _Load:
    """Workers that make one request after the other."""

    def __init__(self, target: Target, workers: int):
        self._target = target
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(n,), name=f"load-{n}") for n in range(workers)]

    def __enter__(self) -> "_Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _work(self, worker: int) -> None:
        number = 0
        while not self._stop.is_set():
            if not self._target.request(worker, number):
                self._stop.wait(0.05)
            number += 1


def report(kills: int, tally: Tally) -> str:
    """The line that ends a campaign."""
    return f"kills={kills} accepted={tally.accepted} lost={tally.lost} duplicated={tally.duplicated}"
