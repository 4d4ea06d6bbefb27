"""What the whole platform costs that nobody uses: the time until it is ready, its memory, its processor."""

import os
import time
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from deploy.local.platform import SERVICES, Platform
from deploy.local.waiting import wait_for
from services.chassis import migrate
from tests.bench.results import Line
from tests.bench.stage import Stage

Groups = dict[str, list[int]]
"""Processes by their part's name: each with its children, as numbers."""

STARTS = 3
SETTLING_S, WATCHED_S = 60.0, 20.0
"""What the start left to do must be done by then; longer than any timer that runs often."""
GLANCE_S, STEADY = 5, 1.2
"""Settled: this many seconds used at most so many times what the seconds before them used."""


def measure(stage: Stage) -> Iterator[Line]:
    """All five services, relay and gateway, one process of each; broker and PostgreSQL run already."""
    for service in SERVICES:
        migrate.upgrade(service)
    seconds = []
    for number in range(STARTS):
        platform = Platform(stage.folder, stage.port, stage.surroundings)
        began = time.perf_counter()
        try:
            platform.start()
            seconds.append(time.perf_counter() - began)
            if number == STARTS - 1:
                yield Line("start_to_ready", min(seconds), "s")
                yield from _at_rest(platform)
        finally:
            platform.stop()


def _at_rest(platform: Platform) -> Iterator[Line]:
    groups = {name: _family(process.child.pid) for name, process in platform.processes.items() if process.child}
    wait_for(partial(_is_settled, groups, []), "the platform uses no more than a moment ago", SETTLING_S, GLANCE_S)
    began, before = time.perf_counter(), _processors(groups)
    wait_for(lambda: (time.perf_counter() - began) // WATCHED_S, "a stretch to watch", WATCHED_S + 5)
    lasted, after = time.perf_counter() - began, _processors(groups)
    used = {name: (after[name] - before[name]) / lasted for name in groups}
    memory = {name: _memory_mib(group) for name, group in groups.items()}
    yield Line("idle_memory", sum(memory.values()), "MiB")
    yield Line("idle_processor", sum(used.values()) * 100, "% of a core")
    for name in groups:
        yield Line(f"idle_memory_{name}", memory[name], "MiB")
        yield Line(f"idle_processor_{name}", used[name] * 100, "% of a core")


def _is_settled(groups: Groups, readings: list[float]) -> bool:
    """Called every few seconds; `readings` are those of the calls before, which this one adds to."""
    readings.append(sum(_processors(groups).values()))
    if len(readings) < 3:
        return False
    earlier, now = readings[-2] - readings[-3], readings[-1] - readings[-2]
    return now <= STEADY * earlier


def _processors(groups: Groups) -> dict[str, float]:
    return {name: _processor_s(group) for name, group in groups.items()}


def _family(pid: int) -> list[int]:
    """A process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [pid, *(member for child in children for member in _family(int(child)))]


def _processor_s(pids: Iterable[int]) -> float:
    ticks = os.sysconf("SC_CLK_TCK")
    fields = (Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split() for pid in pids)
    return sum(int(each[11]) + int(each[12]) for each in fields) / ticks


def _memory_mib(pids: Iterable[int]) -> float:
    """Proportional: a page that several processes share counts once in all."""
    rolls = (Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines() for pid in pids)
    return sum(int(line.split()[1]) for roll in rolls for line in roll if line.startswith("Pss:")) / 1024
