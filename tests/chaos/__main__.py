"""The fault campaign at length: ``python -m tests.chaos [--kills 200]`` (``make chaos``).

First the control, built on stock nameko, in which the harness must find losses; then the chassis and the whole
platform, in which it must find none; then a cluster of three broker nodes, of which one at a time dies, and one at a
time is cut off from everybody (in network namespaces, where this machine allows them). ``--only`` names single parts.

The last line sums up; the exit status is 0 only if nothing was lost or doubled and the control did lose.
"""

import argparse
import contextlib
import os
import random
import shutil
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from deploy import keys as deploy_keys
from services.chassis import config
from tests.chaos import namespaces, troubles
from tests.chaos.campaign import Campaign, Outcome, Tally, report
from tests.chaos.control.target import ControlTarget
from tests.chaos.platform_target import PlatformTarget
from tests.chaos.stage import Stage
from tests.chaos.words_target import WordsTarget

PARTS = ("control", "chassis", "platform", "cluster", "partition")
BACK_WITHIN_S = 30.0
"""After the death or the isolation of one node of three, the service must be back this soon."""


class Chaos:
    """The parts, each on infrastructure of its own."""

    def __init__(self, folder: Path, port: int, kills: int):
        self._folder, self._port, self._kills = folder, port, kills
        self._dice = random.Random()

    def control(self) -> Outcome:
        with Stage(self._folder / "control", self._port) as stage:
            return Campaign(ControlTarget(stage.platform("control")), kills=max(20, self._kills // 5)).run()

    def chassis(self) -> Outcome:
        with Stage(self._folder / "chassis", self._port) as stage:
            return Campaign(WordsTarget(stage.platform("words")), kills=self._kills // 4).run()

    def platform(self) -> Outcome:
        with Stage(self._folder / "platform", self._port, small_disk=True) as stage:
            if stage.disk is None:
                print("skipped: PostgreSQL's disk full (this machine doesn't let us mount a small disk)", flush=True)
            return self._under_fire(stage, self._kills, lambda s, v: troubles.of_single_broker(s, v, self._dice))

    def cluster(self) -> Outcome:
        with Stage(self._folder / "cluster", self._port, nodes=3) as stage:
            found = self._under_fire(
                stage, self._kills // 4, lambda s, v: troubles.of_cluster(s, v, self._dice), transactions=3, payouts=2
            )
        return _quick(found, "node")

    def partition(self) -> Outcome | None:
        reason = namespaces.why_not()
        if reason:
            print(f"skipped: network partition ({reason})", flush=True)
            return None
        with namespaces.SeparateNodes(self._folder / "partition", self._port) as stage:
            found = self._under_fire(stage, self._kills // 8, lambda s, _: namespaces.partitions(s), transactions=2)
        return _quick(found, "cut off")

    def _under_fire(self, stage: Stage, kills: int, befalls: Callable, **scale: int) -> Outcome:
        platform = stage.platform("platform")
        target = PlatformTarget(platform, config.settings().files_url, passes=100 + kills * 5, scale=scale)
        outcome = Campaign(target, kills=kills, troubles=befalls(stage, target.victims)).run()
        print("  died at named points: " + _table(target.deaths_at_points()), flush=True)
        return outcome


def _quick(outcome: Outcome, name: str) -> Outcome:
    """The same, with a remark if a trouble of this name kept people waiting too long."""
    late = [f"{what}: {seconds:.1f} s" for what, seconds in outcome.waits_s if name in what and seconds > BACK_WITHIN_S]
    if not late:
        return outcome
    tally = outcome.tally
    remarks = (*tally.remarks, f"not back within {BACK_WITHIN_S:g} s: {', '.join(late)}")
    return Outcome(outcome.kills, Tally(tally.accepted, tally.lost, tally.duplicated, remarks), outcome.waits_s)


def _table(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"


def own_surroundings(folder: Path) -> None:
    """This process signs tokens and stores files as the platforms under fire do."""
    os.environ |= {"PSL_ENV": "development", "PSL_VAR": str(folder), "PSL_KEYS": str(folder / "keys")}
    config.reset()
    deploy_keys.create(folder / "keys")


def _play(chaos: Chaos, part: str) -> Outcome | None:
    """One part, told as it ends; what never settled is a failure like any other."""
    try:
        outcome = getattr(chaos, part)()
    except Exception as fault:
        traceback.print_exc()
        print(f"{part:<10} FAILED: {fault}", flush=True)
        return Outcome(0, Tally(0, 0, 0, (str(fault),)))
    if outcome is not None:
        for name, seconds in outcome.waits_s:
            print(f"  {name}: requests were accepted again after {seconds:.1f} s", flush=True)
        print(f"{part:<10} {outcome} {' '.join(outcome.tally.remarks)}", flush=True)
    return outcome


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200, help="deaths in the platform's campaign (default: 200)")
    parser.add_argument("--port", type=int, default=8700, help="first port of the broker and the database")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--keep", action="store_true", help="keep the folder with all logs")
    asked = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="psl-chaos-", dir=roomy()))
        if not asked.keep:
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o755)
        own_surroundings(folder)
        chaos = Chaos(folder, asked.port, asked.kills)
        outcomes = {part: _play(chaos, part) for part in PARTS if part in asked.only}
    control = outcomes.pop("control", None)
    ours = [outcome for outcome in outcomes.values() if outcome is not None]
    blind = control is not None and not control.tally.lost + control.tally.duplicated
    if blind:
        print("the control lost nothing: the harness proves nothing this time", flush=True)
    tallies = [outcome.tally for outcome in ours]
    total = Tally(*(sum(getattr(each, name) for each in tallies) for name in ("accepted", "lost", "duplicated")))
    print(report(sum(outcome.kills for outcome in ours), total), flush=True)
    return 0 if not blind and all(tally.clean for tally in tallies) else 1


def roomy() -> str:
    """Under var/, which PostgreSQL's own user may enter."""
    home = Path("var").resolve()
    home.mkdir(exist_ok=True)
    return str(home)


if __name__ == "__main__":
    sys.exit(main())
