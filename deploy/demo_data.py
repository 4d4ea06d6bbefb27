"""Demonstration data: made through the platform's own pages and commands, never around them, and told in demo.json.

The file is written last, so that it says all is there. A load that was interrupted is begun anew with other addresses.
"""

import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from deploy.driver import partner
from deploy.driver.story import Story
from deploy.local.platform import Platform

FILE = "demo.json"
PASSES, USED = 24, 4
MAIL_WITHIN_S = 60


def load(platform: Platform, say: Callable[[str], None]) -> dict[str, Any]:
    """Make agents, an active partner with a terminal, a season with passes and some transactions; write demo.json."""
    story = Story(platform, mark=_attempt(platform.var))
    for title, steps in _steps(story):
        say(title)
        for step in steps:
            step()
    found = told(story)
    _write(platform.var / FILE, found)
    return found


def _steps(story: Story) -> list[tuple[str, list[Callable[[], Any]]]]:
    return [
        ("accounts of the Caf's agents", [story.open_agents]),
        ("a club applies, its representative activates the account", [story.apply, story.activate]),
        ("the convention is signed on both sides", [story.sign, story.instruct, story.countersign]),
        ("a season is opened, passes are issued and mailed", [story.open_season]),
        ("a terminal is paired and records some transactions", [story.pair, lambda: _record(story)]),
    ]


def _record(story: Story) -> None:
    """The last children use their pass; the passes that demo.json names stay untouched."""
    for number, index in enumerate(range(PASSES - USED, PASSES), start=1):
        code = story.pass_of(index, MAIL_WITHIN_S).code
        story.until_active(partial(story.terminal.record, 1_000 * number, code=code))


def told(story: Story) -> dict[str, Any]:
    """What demo.json says (INTERFACES, «Development stand-ins»)."""
    agents = {
        role: {"login": agent.login, "password": agent.password, "totp_secret": agent.totp_secret}
        for role, agent in story.agents.items()
    }
    return {
        "agents": agents,
        "partner": {
            "login": story.applicant.email,
            "password": story.applicant.password,
            "structure_id": partner.structure_id(story.club),
            "partner_number": story.applicant.partner_number,
        },
        "terminal": {"token": story.terminal.token},
        "passes": [vars(story.pass_of(index, MAIL_WITHIN_S)) for index in range(PASSES - USED)],
    }


def _attempt(var: Path) -> str:
    """Nothing the first time, then 2, 3 …: in the addresses of a load that begins anew."""
    file = var / "local" / "demo-attempts"
    file.parent.mkdir(parents=True, exist_ok=True)
    count = len(file.read_text(encoding="ascii")) + 1 if file.exists() else 1
    file.write_text("." * count, encoding="ascii")
    return "" if count == 1 else str(count)


def _write(path: Path, found: dict[str, Any]) -> None:
    draft = path.with_suffix(".draft")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(found, file, ensure_ascii=False, indent=2)
    draft.rename(path)
