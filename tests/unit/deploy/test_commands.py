"""The command line: every command explains itself, and options reach the tools that have a parser of their own."""

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deploy import commands, surroundings
from services.chassis import config
from tests.platform import free_port

(SUBCOMMANDS,) = [a for a in commands.parser()._actions if isinstance(a, argparse._SubParsersAction)]


@pytest.fixture
def received(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    found: list[list[str]] = []

    def take(asked: Any) -> int:
        found.append(list(asked.rest))
        return 0

    monkeypatch.setattr(commands, "create_agent", take)
    monkeypatch.setattr(commands, "dead_letters", take)
    return found


@pytest.mark.parametrize(
    "given",
    [
        ["create-agent", "--email", "a@caf.example", "--roles", "administrator"],
        ["deadletters", "list", "--service", "payouts"],
        ["deadletters", "show", "0190"],
    ],
)
def test_options_reach_the_tool_they_are_meant_for(given: list[str], received: list[list[str]]) -> None:
    assert commands.main(given) == 0
    assert received == [given[1:]]


def test_an_unknown_option_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        commands.main(["status", "--jsno"])
    assert "--jsno" in capsys.readouterr().err


def test_every_command_says_what_it_is_for() -> None:
    told = {choice.dest for choice in SUBCOMMANDS._choices_actions if choice.help}
    assert told == set(SUBCOMMANDS.choices)
    needed = {"status", "migrate", "create-agent", "rotate-keys", "deadletters", "backup", "restore", "reconcile"}
    assert needed | {"clock", "demo-data", "prepare"} <= told


@pytest.mark.parametrize("given", [["status"], ["migrate"], ["backup", "copy"], ["restore", "copy"], ["reconcile"]])
def test_without_a_platform_a_command_says_so_in_one_line(
    given: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "manifest.json").write_text('{"services": ["identity"], "parts": {}}')
    for name in [name for name in os.environ if name.endswith(("_DATABASE_URL", "_DATABASE_OWNER_URL"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PSL_VAR", str(tmp_path))
    config.reset()
    monkeypatch.chdir(tmp_path)
    folder = "new" if given[0] == "backup" else "copy"
    assert commands.main([given[0], folder] if len(given) > 1 else given) == 1
    config.reset()
    told = capfd.readouterr().err.strip().splitlines()
    assert len(told) == 1 and "no platform runs in the folder" in told[0] and "_DATABASE_URL is not set" in told[0]


def test_demonstration_data_goes_to_the_run_of_the_folder_or_says_that_nothing_is_ready_there(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    address = f"http://127.0.0.1:{free_port()}"
    surroundings.note(tmp_path, {"PSL_BASE_URL": address})
    assert commands.main(["demo-data", "--var", str(tmp_path)]) == 1
    assert capfd.readouterr().err.splitlines() == [f"nothing is ready at {address}: see «python -m deploy status»"]


def test_the_clock_is_moved_told_and_shown(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    here = ["--var", str(tmp_path)]
    assert commands.main(["clock", *here]) == 0
    assert commands.main(["clock", "+36h", *here]) == 0
    assert commands.main(["clock", *here]) == 0
    assert capfd.readouterr().out.splitlines() == ["+0s", "the platform's clock: +36h to the machine's", "+36h"]
    assert commands.main(["clock", "tomorrow", *here]) == 2
    assert "«tomorrow» is not an offset" in capfd.readouterr().err
    assert (tmp_path / "clock").read_text() == "+36h"


def test_only_services_are_migrated(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        commands.main(["migrate", "bank"])
    assert "«bank» is no service" in capsys.readouterr().err


TOOLS = (
    "deploy.keys",
    "deploy.deadletters",
    "deploy.broker_accounts",
    "services.chassis.audit",
    "services.chassis.reseal",
    "services.transactions.reconcile",
    "services.payouts.reconcile",
)


@pytest.mark.parametrize("module", TOOLS)
def test_a_tool_explains_itself_and_does_nothing_else(module: str, tmp_path: Path) -> None:
    root = Path(commands.__file__).parents[1]
    asked = [sys.executable, "-m", module, "--help"]
    done = subprocess.run(
        asked, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert f"python -m {module.replace('deploy.deadletters', 'deploy deadletters')}" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", sorted(set(SUBCOMMANDS.choices) - {"create-agent", "deadletters"}))
def test_a_command_has_its_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        commands.main([name, "--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert f"python -m deploy {name}" in told and SUBCOMMANDS.choices[name].description.splitlines()[0] in told
