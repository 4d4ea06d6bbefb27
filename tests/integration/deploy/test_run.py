"""`python -m deploy run`, the whole platform: it gets ready, revives what dies, and leaves nothing running behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.platform import ROOT, answers, tail
from deploy.local.processes import PidFile, identity
from deploy.local.waiting import wait_for
from services.chassis.config import SERVICES
from tests.ports import free_block

READY_WITHIN_S = 140
PROCESSES = (*SERVICES, "relay", "gateway", "broker", "postgres", "epmd")

pytestmark = pytest.mark.timeout(400)


class Run:
    """One `run` in a folder of its own."""

    def __init__(self, var: Path, port: int) -> None:
        self.var, self.base_url = var, f"http://127.0.0.1:{port}"
        self._command = [sys.executable, "-m", "deploy", "run", "--no-demo-data", "--port", str(port)]
        self.child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        (self.var / "run.log").unlink(missing_ok=True)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PSL_")}
        with open(self.var / "run.log", "ab") as log:
            self.child = subprocess.Popen(
                [*self._command, "--var", str(self.var)], cwd=ROOT, env=environment, stdout=log, stderr=log
            )
        wait_for(self._ready, "the platform is ready", READY_WITHIN_S, every_s=0.5)

    def _ready(self) -> bool:
        """Announced, and so."""
        log = tail(self.var / "run.log", 40)
        assert self.child is not None and self.child.poll() is None, log
        return "Ready after" in log and answers(f"{self.base_url}/readyz")

    def pid(self, name: str) -> int | None:
        return PidFile(self.var / "run", name).live_pid()

    def pids(self) -> dict[str, int]:
        found = {name: self.pid(name) for name in PROCESSES}
        assert None not in found.values(), found
        return {name: pid for name, pid in found.items() if pid}

    def end(self, number: int) -> int:
        assert self.child is not None
        self.child.send_signal(number)
        return self.child.wait(60)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    made = Run(tmp_path, free_block())
    yield made
    if made.child and made.child.poll() is None:
        made.end(signal.SIGTERM)


def test_the_platform_lives_through_kills_and_ends_without_a_trace(run: Run) -> None:
    run.start()
    first = run.pids()

    os.kill(first["transactions"], signal.SIGKILL)
    wait_for(lambda: run.pid("transactions") not in (None, first["transactions"]), "the service is started again", 20)
    wait_for(lambda: answers(f"{run.base_url}/readyz"), "and the platform is ready again", 30)

    run.end(signal.SIGKILL)
    assert identity(first["broker"]) is not None, "a killed runner can't stop anything"

    run.start()
    second = run.pids()
    assert all(identity(pid) is None for pid in first.values()), "what the killed run left was ended"

    assert run.end(signal.SIGTERM) == 0
    assert [name for name, pid in second.items() if identity(pid) is not None] == []
    assert list((run.var / "run").glob("*.pid")) == []


def test_a_second_run_in_the_same_folder_is_refused_with_a_sentence(run: Run) -> None:
    import fcntl

    (run.var / "run").mkdir()
    with open(run.var / "run" / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run(
            [*run._command, "--var", str(run.var)], cwd=ROOT, capture_output=True, text=True, check=False
        )
    assert done.returncode == 1
    assert "another run works in" in done.stderr
