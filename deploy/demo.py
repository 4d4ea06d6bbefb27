"""`make demo`: the main job, unattended, on a platform of its own, observed from outside only.

From the application of a club to the event that finance receives: pages as a browser without JavaScript sees
them, mails, text messages, the terminal's API, AMQP. One line per step; the exit status is 0 only if every step
was observed.
"""

import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from shutil import rmtree
from threading import Event, Thread
from time import monotonic

from deploy.driver.story import Story
from deploy.local.infra import CannotStart
from deploy.local.runner import Runner, Stopped, signals


def demo(port: int, *, kill: str | None, keep: bool) -> int:
    """Run the demonstration; returns the exit status."""
    var = Path(tempfile.mkdtemp(prefix="psl-demo-"))
    began = monotonic()
    with signals():
        try:
            done = _played(Runner(var, port), kill)
        except CannotStart as reason:
            print(reason, file=sys.stderr)
            return 1
        except Stopped:
            print("stopped before the end", file=sys.stderr)
            return 1
        finally:
            _clear(var, keep)
    took_s = monotonic() - began
    print(f"\n{'every step was observed' if done else 'NOT every step was observed'}, in {took_s:.0f} s")
    return 0 if done else 1


def _clear(var: Path, keep: bool) -> None:
    if keep:
        print(f"all data is kept in {var}")
    else:
        rmtree(var, ignore_errors=True)


def _played(runner: Runner, kill: str | None) -> bool:
    """Whether the whole story was observed."""
    print(f"· starting a platform of its own on {runner.platform.base_url}", flush=True)
    with runner.running():
        ended = Event()
        keeper = Thread(target=runner.supervise, args=(ended,), daemon=True)
        keeper.start()
        try:
            return tell(Story(runner.platform, kill=kill).steps())
        finally:
            ended.set()
            keeper.join()


def tell(steps: list[tuple[str, Callable[[], str]]]) -> bool:
    """Play the steps in order, one printed line each; stop at the first that is not observed."""
    for number, (title, step) in enumerate(steps, start=1):
        began = monotonic()
        try:
            observed = step()
        except Stopped:
            raise
        except Exception as fault:
            print(f"✗ {number:2} {title}: {type(fault).__name__}: {fault}", flush=True)
            traceback.print_exc()
            return False
        print(f"✓ {number:2} {title}: {observed} ({monotonic() - began:.1f} s)", flush=True)
    return True
