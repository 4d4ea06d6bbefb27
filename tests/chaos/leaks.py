"""Does anything pile up over many calls? ``python -m tests.chaos.leaks [--calls 100000]``

Eight threads share one bus and call one service: answered, refused, and given up by their callers. Before and after,
counted: the service's memory, files and threads, this process's files and threads, lines of the bus, and the broker's
connections, channels and queues. What grows with the calls is a leak.
"""

import argparse
import contextlib
import os
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from services.chassis import actor
from services.chassis.refusals import Refused, Unavailable
from tests.platform import Platform

THREADS = 8
GIVEN_UP_ONE_IN, REFUSED_ONE_IN = 100, 20
ALLOWED = {"files": 40, "threads": 4, "memory_mb": 48, "own_files": 40, "own_threads": 4, "lines": THREADS}
"""What may be there afterwards that wasn't before: connections of a pool, buffers of an allocator; not one per call."""
BROKER = {"connections": 2 * THREADS, "channels": 2 * THREADS, "queues": 0}


def state(platform: Platform, pid: int) -> dict[str, int]:
    """What is there now."""
    return {
        "files": _files(pid),
        "threads": _status(pid, "Threads"),
        "memory_mb": _status(pid, "VmRSS") // 1024,
        "own_files": _files(os.getpid()),
        "own_threads": _status(os.getpid(), "Threads"),
        "lines": len(platform.bus._idle),
        **platform.broker_counts(),
    }


def _files(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def _status(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith(f"{name}:")))


def call_often(platform: Platform, calls: int, service: str = "echo") -> Counter[str]:
    """Make so many calls; how many ended how."""
    token, _ = actor.issue(["manager"], issuer="identity", account_id="a-1", lifetime_s=3600)

    def one(number: int) -> str:
        given_up, refused = number % GIVEN_UP_ONE_IN == 1, number % REFUSED_ONE_IN == 2
        method = "dawdle" if given_up else "no_such_method" if refused else "echo_word"
        arguments: dict[str, Any] = {"seconds": 0.2} if given_up else {"speaker": "ada", "word": str(number)}
        try:
            platform.bus.call(service, method, arguments, token=token, deadline_s=0.05 if given_up else 10)
        except Refused:
            return "refused"
        except Unavailable:
            return "given up"
        return "answered"

    with ThreadPoolExecutor(THREADS) as pool:
        return Counter(pool.map(one, range(calls)))


def grown(before: dict[str, int], after: dict[str, int]) -> dict[str, tuple[int, int]]:
    """What grew by more than a pool explains."""
    allowed = {**ALLOWED, **BROKER}
    return {name: (before[name], after[name]) for name in after if after[name] - before[name] > allowed[name]}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--port", type=int, default=8700, help="first port of the broker and the database")
    asked = parser.parse_args()
    from tests.chaos.__main__ import own_surroundings, roomy
    from tests.chaos.stage import Stage

    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="psl-leaks-", dir=roomy())))
        folder.chmod(0o755)
        own_surroundings(folder)
        platform = stack.enter_context(Stage(folder, asked.port)).platform("leaks")
        platform.start(["tests.integration.chassis.echo.service"], relay=False, gateway=False)
        pid = platform.processes["echo"].pid
        call_often(platform, 2_000)  # pools fill, caches warm
        before = state(platform, pid)
        ended = call_often(platform, asked.calls)
        after = state(platform, pid)
    print(", ".join(f"{name} {count}" for name, count in sorted(ended.items())))
    for name in after:
        print(f"{name:<12} before {before[name]:>6}   after {after[name]:>6}")
    leaks = grown(before, after)
    print("nothing leaks" if not leaks else f"grown: {leaks}")
    return 1 if leaks else 0


if __name__ == "__main__":
    sys.exit(main())
