"""The benchmark: ``python -m tests.bench [--only scans …]`` (``make bench``).

Starts a platform of its own, prints a table and writes ``var/bench/latest.json``. Each goal is a ratio to a reference
measured in the same run, with medians over several rounds; see docs/performance.md.
"""

import argparse
import importlib
import os
import sys
from pathlib import Path

from tests.bench import results
from tests.bench.stage import stage

SUBJECTS = ("scans", "calls", "volumes", "directory", "payouts", "idle")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=SUBJECTS, default=SUBJECTS, help="measure only these subjects")
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8900")), help="first port of the run")
    parser.add_argument("--out", type=Path, default=Path("var/bench/latest.json"))
    parser.add_argument("--small", action="store_true", help="small sizes, to try the benchmark itself")
    asked = parser.parse_args()
    on, lines = results.machine(), []
    for subject in asked.only:
        with stage(asked.port, small=asked.small) as made:
            for line in importlib.import_module(f"tests.bench.{subject}").measure(made):
                print(results.show(line), flush=True)
                lines.append(line)
    results.write(asked.out, lines, on)
    return 0 if all(line.holds is not False for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
