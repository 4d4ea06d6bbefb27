"""The fault campaign at length: ``python -m tests.chaos [--kills 200]`` (``make chaos``).

First the control, built on stock nameko, in which the harness must find losses; then the platform, in which it must
find none. The last line sums up; the exit status is 0 only if nothing was lost or doubled and the control did
lose.
"""

import argparse
import contextlib
import json
import os
import sys
import tempfile
from pathlib import Path

from deploy import keys as deploy_keys
from deploy.local.infra import Infrastructure
from services.chassis import config
from tests.chaos.campaign import Campaign, Tally, Target, report
from tests.chaos.control.target import ControlTarget
from tests.chaos.scans_target import ScansTarget
from tests.chaos.words_target import WordsTarget
from tests.platform import Infra, Platform


class Stage:
    """A broker, a PostgreSQL and as many empty platforms on them as are asked for."""

    def __init__(self, folder: Path, port: int):
        self._folder = folder
        self._port = port
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> "Stage":
        infrastructure = Infrastructure(self._folder / "infra", self._port, durable=False)
        infrastructure.start()
        self._stack.callback(infrastructure.stop)
        self._infra = Infra(json.loads(json.dumps(infrastructure.describe())))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def platform(self, name: str) -> Platform:
        """A platform without processes yet; it ends with the stage."""
        folder = self._folder / name
        folder.mkdir(parents=True)
        (folder / "keys").symlink_to(config.settings().keys)
        made = Platform(self._infra, folder, self._stack.enter_context(self._infra.virtual_host()))
        self._stack.callback(made.stop)
        return made


def _own_surroundings(folder: Path) -> None:
    """This process signs tokens and stores files as the platforms under fire do."""
    os.environ |= {"PSL_ENV": "development", "PSL_VAR": str(folder), "PSL_KEYS": str(folder / "keys")}
    config.reset()
    deploy_keys.create(folder / "keys")


def _run(name: str, target: Target, kills: int) -> tuple[int, Tally]:
    died, tally = Campaign(target, kills=kills).run()
    print(f"{name:<10} {report(died, tally)} {' '.join(tally.remarks)}", flush=True)
    return died, tally


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200, help="deaths in the platform's campaign (default: 200)")
    parser.add_argument("--port", type=int, default=8700, help="first port of the broker and the database")
    asked = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="psl-chaos-", dir=_roomy())))
        folder.chmod(0o755)
        _own_surroundings(folder)
        stage = stack.enter_context(Stage(folder, asked.port))
        _, control = _run("control", ControlTarget(stage.platform("control")), max(20, asked.kills // 5))
        word_kills, words = _run("chassis", WordsTarget(stage.platform("words")), asked.kills // 4)
        scans_target = ScansTarget(stage.platform("scans"), config.settings().files_url, passes=asked.kills * 10)
        scan_kills, scans = _run("platform", scans_target, asked.kills)
    total = Tally(words.accepted + scans.accepted, words.lost + scans.lost, words.duplicated + scans.duplicated)
    if not control.lost + control.duplicated:
        print("the control lost nothing: the harness proves nothing this time", flush=True)
    print(report(word_kills + scan_kills, total), flush=True)
    return 0 if words.clean and scans.clean and control.lost + control.duplicated else 1


def _roomy() -> str:
    """Under var/, which PostgreSQL's own user may enter."""
    home = Path("var").resolve()
    home.mkdir(exist_ok=True)
    return str(home)


if __name__ == "__main__":
    sys.exit(main())
