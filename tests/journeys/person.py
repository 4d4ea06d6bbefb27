"""A person at a browser: finds things by what the guide calls them, and complains of what a page does wrong."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Error, Locator, Page, expect

from deploy.local.waiting import TooLate
from tests.journeys.first_view import WATCH, seen_on

SCREENS = os.environ.get("PSL_SCREENS")
"""Where pictures go, if they are wanted: `python -m tests.journeys.screens` renews those of the documentation."""
AXE = next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")).read_text("utf-8")
RUN_AXE = """options => axe.run(document, options).then(
  found => found.violations.map(one => `${one.id}: ${one.nodes[0].html.slice(0, 200)}`))"""
DESKTOP = {"width": 1280, "height": 860}
PHONE = {"width": 390, "height": 844}
EVERY_RULE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
RULES_OF_COLOUR = {**EVERY_RULE, "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
SHAPE = """() => [...document.querySelectorAll("*")].map(one => {
  const box = one.getBoundingClientRect(), style = getComputedStyle(one);
  return [one.outerHTML.length, box.x, box.y, box.width, box.height, style.display, style.visibility, style.opacity,
          style.fontSize, style.fontWeight, style.textDecorationLine].join();
}).join("\\n")"""
"""All of a page but its colours: where two themes agree on it, only the rules of colour can judge them differently."""
PATIENT_MS = 25_000
"""Four documents are cleaned in processes of their own before a step answers; the machine may have other work."""
MENUS = ".section-menu > summary:visible, .section-nav__more summary:visible"
EXPECTED_NOISE = re.compile(
    r"the server responded with a status of (4\d\d|503)|net::ERR_(INTERNET_DISCONNECTED|FAILED)"
)
"""Chromium logs each refused form as an error of the console; so is a call without network; the rest is ours."""


class Person:
    """One browser window. `problems` holds console errors, breaches of the policy and failed requests."""

    inspects = True
    """Whether `checked` runs axe; not for who walks where another has looked, in all widths, before."""
    inspects_both_widths = True
    """Whether axe looks at the other width too; not where the same journey (`phone`: True, False) is walked in each."""

    def __init__(self, page: Page, base_url: str, *, scripts: bool = True):
        self.page, self.base_url, self.scripts = page, base_url, scripts
        self.problems: list[str] = []
        page.add_init_script(WATCH)
        page.on("console", self._heard)
        page.on("pageerror", lambda fault: self.problems.append(f"{page.url}: {fault}"))
        page.on("dialog", lambda dialog: dialog.accept())

    def _heard(self, message: Any) -> None:
        wanted = EXPECTED_NOISE.search(message.text) or "/dev/erreurs/" in self.page.url
        if message.type in ("error", "warning") and not wanted:
            self.problems.append(f"{self.page.url}: {message.text}")

    @contextmanager
    def expecting(self, noise: str) -> Iterator[None]:
        """What is done here makes the browser log this text: no fault of a page."""
        yield
        self.problems = [problem for problem in self.problems if noise not in problem]

    # -- going somewhere ----------------------------------------------------------------------------------------------

    def open(self, path: str) -> "Person":
        self.page.goto(self.base_url + path if path.startswith("/") else path)
        return self

    def follow(self, text: str) -> "Person":
        """Click the link that says `text`; one that is folded in the menu is unfolded first."""
        self.page.wait_for_load_state()
        links = self.page.get_by_role("link", name=text)
        menus = self.page.locator(MENUS)
        if not links.count() and menus.count():
            menus.first.click()
        links.first.click()
        return self

    def press(self, text: str, *, within: Locator | None = None) -> "Person":
        """Press the button that says `text`."""
        buttons = (within or self.page).get_by_role("button", name=text)
        exact = (within or self.page).get_by_role("button", name=text, exact=True)
        (exact if exact.count() else buttons).first.click()
        return self

    def unfold(self, selector: str) -> "Person":
        """Open what is folded."""
        self.page.locator(selector).first.click()
        return self

    # -- filling ------------------------------------------------------------------------------------------------------

    def field(self, label: str) -> Locator:
        """The field with that visible label; «(facultatif)» after it doesn't count. It is unfolded if need be."""
        return self._unfolded(self.page.get_by_label(re.compile(rf"^{re.escape(label)}(\s*\(facultatif\))?$")).first)

    def _unfolded(self, field: Locator) -> Locator:
        field.wait_for(state="attached")
        for folded in field.locator("xpath=ancestor::details[not(@open)]/summary").all():
            folded.click()
        return field

    def fill(self, answers: dict[str, str]) -> "Person":
        for label, value in answers.items():
            field = self.field(label)
            if field.evaluate("element => element.tagName") == "SELECT":
                field.select_option(label=value)
            else:
                field.fill(value)
        return self

    def tick(self, *labels: str) -> "Person":
        for label in labels:
            self._unfolded(self.page.get_by_label(label).first).check()
        return self

    def upload(self, label: str, file: tuple[str, bytes, str]) -> "Person":
        """Choose a file; with scripts, wait until it is kept."""
        name, content, media_type = file
        self.page.get_by_label(label).first.set_input_files({"name": name, "mimeType": media_type, "buffer": content})
        return self

    # -- looking ------------------------------------------------------------------------------------------------------

    def sees(self, *texts: str) -> "Person":
        for text in texts:
            with self.telling():
                expect(self.page.get_by_text(text).filter(visible=True).first).to_be_visible(timeout=PATIENT_MS)
        return self

    def reads(self, heading: str) -> "Person":
        """The page's first heading."""
        with self.telling():
            expect(self.page.locator("h1:visible").first).to_contain_text(heading, timeout=PATIENT_MS)
        return self

    @contextmanager
    def telling(self) -> Iterator[None]:
        """When something isn't there, what the page says instead."""
        try:
            yield
        except (AssertionError, TooLate) as fault:
            shown = self.page.locator("main").first.inner_text()[:3000]
            raise AssertionError(f"{fault}\n{self.page.url} says:\n{shown}") from None

    def shot(self, name: str) -> "Person":
        """A screenshot, with the fonts in place, when pictures are wanted."""
        if SCREENS:
            self.page.evaluate("document.fonts.ready.then(() => null)")
            device = "phone" if (self.page.viewport_size or DESKTOP)["width"] == PHONE["width"] else "desktop"
            path = Path(SCREENS) / f"{name}-{device}.png"
            self.page.screenshot(path=path, full_page=True, animations="disabled")
        return self

    def finds_it_accessible(self) -> "Person":
        """axe over this state, in both themes and both widths; violations count as problems."""
        before = self.page.viewport_size or DESKTOP
        self.page.wait_for_load_state()
        for size in (DESKTOP, PHONE) if self.inspects_both_widths else (before,):
            self.page.set_viewport_size(size)  # type: ignore[arg-type]
            self._judges("light", EVERY_RULE)
            shape = self.page.evaluate(SHAPE)
            self.page.emulate_media(color_scheme="dark")
            same = self.page.evaluate(SHAPE) == shape
            self._judges("dark", RULES_OF_COLOUR if same else EVERY_RULE)
            self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size(before)
        return self

    def _judges(self, theme: str, rules: dict[str, Any]) -> None:
        width = (self.page.viewport_size or DESKTOP)["width"]
        found = [f"{self.page.url} ({theme}, {width} px) {one}" for one in self._axe(rules)]
        self.problems += [one for one in found if one not in self.problems]

    def finds_it_still(self) -> "Person":
        """Nothing on this page jumped since it was opened, nothing was late, nothing breached the policy."""
        self.page.wait_for_load_state()
        self.problems += seen_on(self.page).problems()
        return self

    def _axe(self, rules: dict[str, Any]) -> list[str]:
        try:
            found = self.page.evaluate(RUN_AXE, rules)
        except Error:  # not in this page yet, or it has just changed
            self.page.wait_for_load_state()
            self.page.evaluate(AXE)
            found = self.page.evaluate(RUN_AXE, rules)
        return list(found)

    def does_not_scroll_sideways(self) -> "Person":
        """Nothing sticks out of the window on a phone."""
        over = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, f"{self.page.url} sticks out by {over} px"
        return self

    def checked(self, name: str | None = None) -> "Person":
        """The state is still, accessible and, with a name, kept as a picture."""
        if self.scripts and not SCREENS:
            self.finds_it_still()
            if self.inspects:
                self.finds_it_accessible()
        return self.shot(name) if name and self.scripts else self

    # -- often --------------------------------------------------------------------------------------------------------

    def signs_in(self, login: str, password: str, structure: str | None = None) -> "Person":
        """«Espace partenaires», then the orange rectangle."""
        self.open("/login/partner").fill({"Identifiant": login, "Mot de passe": password}).press("Se connecter")
        if structure:
            self.press(structure).reads(structure)
        return self

    def signs_in_as_agent(self, agent: Any) -> "Person":
        """Password, then the authenticator's code."""
        self.open("/login/agent").fill({"Identifiant": agent.login, "Mot de passe": agent.password}).press(
            "Se connecter"
        )
        self.fill({"Code à six chiffres": agent.code()}).press("Valider").reads("Bonjour")
        return self
