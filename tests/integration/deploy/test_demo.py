"""The main job from end to end on a platform of its own, with the service of the scan killed in the middle of it."""

import subprocess
import sys

import pytest

from deploy.local.platform import ROOT
from tests.ports import free_block

pytestmark = pytest.mark.timeout(400)


def test_the_main_job_is_observed_from_outside_and_a_kill_doubles_nothing() -> None:
    command = [sys.executable, "-m", "deploy", "demo", "--port", str(free_block()), "--kill", "transactions"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=350, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert "transactions was killed in the middle, the transaction is there once" in done.stdout
    assert "✗" not in done.stdout
