"""The platform of many machines under the scan load, on this one: ``python -m tests.scale.grow`` (``make grow``).

While six terminals scan and cancel through the proxy, a broker node is killed and comes back, the PostgreSQL primary is
killed and its replica promoted, and every process is replaced one after the other. Then the day ends, a batch is
prepared and released, and every accepted scan is looked for: in the ledger, in the payouts, at the finance consumer.
Exit status 0 only if nothing was lost or doubled and no request failed beyond the documented retry.
"""

import argparse
import contextlib
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from deploy.local.waiting import wait_for
from services.chassis import config
from tests.chaos.__main__ import own_surroundings, roomy
from tests.chaos.campaign import Load
from tests.platform import Platform
from tests.scale.grown import GrownTarget, Machines, own_files

WORKERS = 6


def tell(text: str) -> None:
    print(text, flush=True)


class Grow:
    """The story, step by step, under one load."""

    def __init__(self, target: GrownTarget, seconds: float):
        self._target, self._seconds = target, seconds
        self.failed = 0

    def run(self) -> bool:
        """Whether everything held."""
        target = self._target
        with Load(target, WORKERS):
            self._phase("steady", lambda: None)
            self._phase("a broker node is killed, and comes back", self._lose_a_node)
            self._phase("the primary is killed, the replica promoted", self._promote)
            self._phase("every process is replaced, one by one", self._roll)
        target.closing()
        wait_for(target.settled, "nothing waits any more", 120, every_s=0.5)
        tally = target.tally()
        tell(
            f"accepted={tally.accepted} lost={tally.lost} duplicated={tally.duplicated} failed={self.failed} "
            + " ".join(tally.remarks)
        )
        return tally.clean and not self.failed

    def _phase(self, title: str, happen: Callable[[], None]) -> None:
        self._target.phase()
        began = time.monotonic()
        happen()
        threading.Event().wait(self._seconds)
        seen = self._target.phase()
        self.failed += seen.unjudged
        tell(f"{title}: {time.monotonic() - began:.0f} s, {seen.line()}")

    def _lose_a_node(self) -> None:
        """The one that every process prefers: first in its list."""
        broker = self._target.machines.brokers[0]
        broker.kill()
        threading.Event().wait(self._seconds)
        broker.start()
        wait_for(lambda: "3" in self._running(), "all nodes are in the cluster again", 60, every_s=1)

    def _running(self) -> str:
        count = "length(rabbit_mnesia:cluster_nodes(running))"
        return self._target.machines.brokers[1].control("eval", f"{count}.")

    def _promote(self) -> None:
        machines = self._target.machines
        machines.primary.kill()
        began = time.monotonic()
        machines.replica.promote()
        tell(f"  promoted within {time.monotonic() - began:.1f} s")

    def _roll(self) -> None:
        for process in self._target.processes:
            process.stop()
            process.start()
            process.wait_ready()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=8800, help="first port of the run (default: 8800)")
    parser.add_argument("--seconds", type=float, default=10, help="how long to look on after each event (default: 10)")
    asked = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="grow-", dir=roomy())))
        folder.chmod(0o755)
        own_surroundings(folder)
        machines = Machines(folder / "machines", asked.port)
        stack.callback(machines.stop)
        machines.start()
        (folder / "platform").mkdir()
        (folder / "platform" / "keys").symlink_to(config.settings().keys)
        hosts = stack.enter_context(machines.cluster_host())
        platform = Platform(machines, folder / "platform", hosts)
        stack.callback(platform.stop)
        target = GrownTarget(machines, platform, own_files(folder), passes=400)
        stack.callback(target.stop)
        tell("ready: 3 broker nodes, primary and replica, 2 gateways behind a proxy, 11 service processes, 2 relays")
        return 0 if Grow(target, asked.seconds).run() else 1


if __name__ == "__main__":
    sys.exit(main())
