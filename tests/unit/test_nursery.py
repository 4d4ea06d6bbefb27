"""The nursery's processes are real ones: our own children, in sessions of their own, with their own surroundings."""

import os
import signal
import sys
from pathlib import Path

import pytest

from deploy.local.waiting import wait_for
from tests import nursery

SERVICE = [sys.executable, "-m", "services.chassis.run"]
RELAY = [sys.executable, "-m", "services.chassis.relay", "payouts"]


@pytest.fixture
def start(tmp_path: Path):
    """`start(command, **environment)`: a child whose log is `one.log` and whose pid is in `run/one.pid`."""

    def one(command: list[str], **environment: str) -> nursery.Child:
        surroundings = {"PSL_VAR": str(tmp_path), "PSL_HEALTH_PORT": "", **environment}
        child = nursery.start("one", command, tmp_path / "run", tmp_path / "one.log", surroundings)
        assert isinstance(child, nursery.Child)
        return child

    return one


def test_it_runs_what_the_command_says_and_tells_how_it_ended(start, tmp_path: Path) -> None:
    child = start([*SERVICE, "services.nowhere.service"])
    assert child.wait(20) == 1
    assert "No module named 'services.nowhere'" in (tmp_path / "one.log").read_text()


def test_its_surroundings_are_its_own(start, tmp_path: Path) -> None:
    child = start(RELAY, PSL_ENV="production", PSL_FAULTS="relay.publish=1")
    assert child.wait(20) == 1
    assert "PSL_FAULTS makes processes kill themselves" in (tmp_path / "one.log").read_text()


def test_it_is_our_child_leads_a_session_and_is_seen_to_be_killed(start, tmp_path: Path) -> None:
    child = start(RELAY, PAYOUTS_DATABASE_URL="postgresql://nobody@127.0.0.1:9/none")
    assert (tmp_path / "run" / "one.pid").read_text().strip() == str(child.pid)
    assert parent_and_session(child.pid)[0] == os.getpid()
    wait_for(lambda: parent_and_session(child.pid)[1] == child.pid, "it leads a session", 10)
    assert child.poll() is None
    child.kill()
    assert child.wait(10) == -signal.SIGKILL


def parent_and_session(pid: int) -> tuple[int, int]:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[1]), int(fields[3])


@pytest.mark.parametrize("command", [[sys.executable, "-m", "gateway.unknown"], ["/bin/true"]])
def test_what_it_does_not_know_is_started_in_full(command: list[str], tmp_path: Path) -> None:
    child = nursery.start("one", command, tmp_path / "run", tmp_path / "one.log", dict(os.environ))
    assert not isinstance(child, nursery.Child)
    child.wait(20)
