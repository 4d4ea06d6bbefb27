"""Which processes a run may end: its own of an earlier time, never a stranger that was given the same pid."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local import processes
from deploy.local.processes import PidFile

ENDLESS = [sys.executable, "-c", "import sys; print('ready', flush=True); sys.stdin.read()"]


@pytest.fixture
def stranger():
    """A process that lives until the test ends."""
    with subprocess.Popen(ENDLESS, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout.readline()
        yield child
        child.kill()


def test_an_earlier_process_is_ended(tmp_path: Path, stranger) -> None:
    left = PidFile(tmp_path, "relay")
    left.write(stranger.pid)
    assert processes.end_leftovers(tmp_path) == ["relay"]
    assert stranger.wait(5) != 0
    assert list(tmp_path.iterdir()) == []


def test_a_stranger_with_the_same_pid_is_left_alone(tmp_path: Path, stranger) -> None:
    left = PidFile(tmp_path, "relay")
    left.write(stranger.pid)
    (tmp_path / "relay.started").write_text("another boot 1", encoding="ascii")
    assert processes.end_leftovers(tmp_path) == []
    assert stranger.poll() is None


def test_a_pid_file_holds_the_number_alone(tmp_path: Path) -> None:
    PidFile(tmp_path, "identity").write(os.getpid())
    assert int((tmp_path / "identity.pid").read_text()) == os.getpid()
    assert PidFile(tmp_path, "identity").live_pid() == os.getpid()


def test_infrastructure_is_ended_after_those_who_use_it(tmp_path: Path, monkeypatch) -> None:
    for name in ("broker", "epmd", "gateway", "postgres"):
        (tmp_path / f"{name}.pid").write_text("1")
    ended: list[str] = []
    monkeypatch.setattr(processes, "end_leftover", lambda file: ended.extend([file.name]))
    processes.end_leftovers(tmp_path, last=("postgres", "broker", "epmd"))
    assert ended == ["gateway", "postgres", "broker", "epmd"]
