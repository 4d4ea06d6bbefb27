"""The command line: every command explains itself, and options reach the tools that have a parser of their own."""

import argparse
from typing import Any

import pytest

from deploy import commands

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


@pytest.mark.parametrize("name", sorted(set(SUBCOMMANDS.choices) - {"create-agent", "deadletters"}))
def test_a_command_has_its_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        commands.main([name, "--help"])
    assert ended.value.code == 0
    assert f"python -m deploy {name}" in capsys.readouterr().out
