"""Journeys: a whole platform and a real Chromium. One platform per test worker, started at its first journey."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from deploy.driver.outbox import Outbox
from deploy.driver.people import Agent
from services.chassis.config import SERVICES
from tests.journeys.person import DESKTOP, PHONE, Person
from tests.platform import ROOT, Infra, Platform

CHROMIUM = "/usr/bin/chromium"


class Site:
    """The platform under test, its outbox, and the Caf's agents."""

    def __init__(self, platform: Platform):
        self.platform = platform
        self.base_url = platform.base_url
        self.outbox = Outbox(platform.var)
        self._agents: dict[str, Agent] = {}

    def agent(self, role: str) -> Agent:
        """An agent with this role, ready to sign in with password and authenticator."""
        if role not in self._agents:
            self._agents[role] = self._create_agent(role)
        return self._agents[role]

    def _create_agent(self, role: str) -> Agent:
        command = [sys.executable, "-m", "services.identity", "create-agent", "--ready", "--roles", role]
        names = ["--first-name", "Dominique", "--last-name", role.capitalize(), "--email", f"{role}@caf.example"]
        done = subprocess.run(
            [*command, *names], env=self.platform.environment, cwd=ROOT, check=True, capture_output=True, text=True
        )
        printed = json.loads(done.stdout.strip().splitlines()[-1])
        return Agent(printed["login"], printed["password"], printed["totp_secret"])


@pytest.fixture(scope="session")
def site(infra: Infra, tmp_path_factory: pytest.TempPathFactory, _surroundings: Path) -> Iterator[Site]:
    """All services, the relay and the gateway."""
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("site")
        (folder / "keys").symlink_to(_surroundings / "keys")
        made = Platform(infra, folder, stack.enter_context(infra.virtual_host()))
        stack.callback(made.stop)
        present = [name for name in SERVICES if (ROOT / "services" / name / "service.py").exists()]
        made.start(present, relay=True, gateway=True)
        yield Site(made)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def person(site: Site, chromium: Browser) -> Iterator[Callable[..., Person]]:
    """`person(phone=True, scripts=False)`: somebody at a browser; at the end no page may have logged an error."""
    people: list[Person] = []
    with ExitStack() as stack:

        def sit_down(*, phone: bool = False, scripts: bool = True, **options: Any) -> Person:
            context = chromium.new_context(
                viewport=PHONE if phone else DESKTOP,
                locale="fr-FR",
                java_script_enabled=scripts,
                reduced_motion="reduce",
                **options,
            )
            stack.callback(context.close)
            context.set_default_timeout(15_000)
            people.append(Person(context.new_page(), site.base_url, scripts=scripts))
            return people[-1]

        yield sit_down
    problems = [problem for one in people for problem in one.problems]
    assert not problems, "\n".join(problems)
