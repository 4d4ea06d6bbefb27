"""Journeys: a whole platform and a real Chromium. One platform per test worker, started at its first journey."""

import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import segno
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from deploy.driver.outbox import Outbox
from deploy.driver.passes import Pass
from deploy.driver.people import Agent
from deploy.driver.story import Story
from services.chassis.config import SERVICES
from tests.journeys.person import DESKTOP, PATIENT_MS, PHONE, Person
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

    def run(self, *arguments: str) -> str:
        """What `python <arguments>` prints in the platform's environment."""
        command = [sys.executable, *arguments]
        done = subprocess.run(
            command, env=self.platform.environment, cwd=ROOT, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def _create_agent(self, role: str) -> Agent:
        command = ["-m", "services.identity", "create-agent", "--ready", "--roles", role]
        names = ["--first-name", "Dominique", "--last-name", role.capitalize(), "--email", f"{role}@caf.example"]
        printed = json.loads(self.run(*command, *names).splitlines()[-1])
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
def playwright_session() -> Iterator[Any]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(playwright_session: Any) -> Iterator[Browser]:
    browser = playwright_session.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--lang=fr-FR"])
    yield browser
    browser.close()


@pytest.fixture
def person(site: Site, chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Person]]:
    """`person(phone=True, scripts=False)`: somebody at a browser; at the end no page may have logged an error."""
    people: list[Person] = []
    walked_twice = "phone" in getattr(getattr(request.node, "callspec", None), "params", ())
    with ExitStack() as stack:

        def sit_down(
            *,
            phone: bool = False,
            scripts: bool = True,
            browser: Browser | None = None,
            kind: type[Person] = Person,
            **options: Any,
        ) -> Any:
            context = (browser or chromium).new_context(
                viewport=PHONE if phone else DESKTOP,
                locale="fr-FR",
                java_script_enabled=scripts,
                reduced_motion="reduce",
                **options,
            )
            stack.callback(context.close)
            context.set_default_timeout(PATIENT_MS)
            people.append(kind(context.new_page(), site.base_url, scripts=scripts))
            people[-1].inspects_both_widths = not walked_twice
            return people[-1]

        yield sit_down
    problems = [problem for one in people for problem in one.problems]
    assert not problems, "\n".join(problems)


class Labelled:
    """A club whose label is active, an open season, and passes that families hold: made through the pages."""

    def __init__(self, site: Site):
        platform = SimpleNamespace(base_url=site.base_url, var=site.platform.var, run=site.run)
        self.story = Story(platform, mark="l")  # type: ignore[arg-type]
        for step in ("open_agents", "apply", "activate", "sign", "instruct", "countersign", "open_season"):
            getattr(self.story, step)()
        self.club = self.story.applicant
        self._site = site
        self._next_child = 0

    def next_pass(self) -> Pass:
        """A pass that nobody has used yet."""
        self._next_child += 1
        return self.story.pass_of(self._next_child, within_s=60)

    def agent(self, role: str) -> Agent:
        """An agent with this role who has a code at hand, which serves only once: two take turns."""
        usual = self.story.agents[role]
        return usual if usual.waits_s() <= 0 else self._site.agent(role)


@pytest.fixture(scope="session")
def labelled(site: Site) -> Labelled:
    return Labelled(site)


@pytest.fixture
def filming(playwright_session: Any, tmp_path: Path) -> Iterator[Callable[[str], Browser]]:
    """`filming(text)`: a Chromium whose camera films a real QR of `text`. `filming.holds(picture)`: what its camera
    films from the next time on that it is opened, as a PNG."""
    with ExitStack() as stack:
        film = tmp_path / "camera.mjpeg"

        def launch(text: str) -> Browser:
            film.write_bytes(film_of(picture_of(text)))
            browser = playwright_session.chromium.launch(
                executable_path=CHROMIUM,
                args=[
                    "--no-sandbox",
                    "--use-fake-device-for-media-stream",
                    "--use-fake-ui-for-media-stream",
                    f"--use-file-for-fake-video-capture={film}",
                ],
            )
            stack.callback(browser.close)
            return browser

        launch.holds = lambda picture: film.write_bytes(film_of(picture))  # type: ignore[attr-defined]
        yield launch


def picture_of(text: str, *, scale: int = 6) -> bytes:
    """A PNG of the QR."""
    made = io.BytesIO()
    segno.make(text, micro=False).save(made, kind="png", scale=scale, border=5)
    return made.getvalue()


def film_of(picture: bytes, *, frames: int = 30) -> bytes:
    """A film, as Chromium's fake camera takes it, of a pass held before a wall."""
    frame = Image.new("RGB", (640, 480), "#8a7766")
    frame.paste(Image.open(io.BytesIO(picture)).convert("RGB").resize((400, 400)), (120, 40))
    shot = io.BytesIO()
    frame.save(shot, "JPEG", quality=90)
    return shot.getvalue() * frames
