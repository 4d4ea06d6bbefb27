"""A person who has no mouse: everything is reached with Tab and done with Enter, Space, arrows and letters."""

import re

from playwright.sync_api import Locator

from tests.journeys.person import MENUS, Person

MOST_TABS = 160
HAS_FOCUS = "element => element === document.activeElement"
SHOWS_FOCUS = """element => {
  const style = getComputedStyle(element);
  return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
}"""


class KeyboardPerson(Person):
    """Reaches a control as the page lets a keyboard reach it, and complains when the focus can't be seen."""

    keys_pressed = 0

    def _key(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.keys_pressed += 1

    def _reach(self, wanted: Locator) -> None:
        """Tab until the control has the focus."""
        wanted.wait_for()
        for _ in range(MOST_TABS):
            if wanted.evaluate(HAS_FOCUS):
                assert wanted.evaluate(SHOWS_FOCUS), f"{self.page.url}: the focus on {wanted} can't be seen"
                return
            self._key("Tab")
        raise AssertionError(f"{self.page.url}: no key leads to {wanted}")

    def follow(self, text: str) -> "KeyboardPerson":
        self.page.wait_for_load_state()
        links, menus = self.page.get_by_role("link", name=text), self.page.locator(MENUS)
        if not links.count() and menus.count():
            self._reach(menus.first)
            self._key("Enter")
        self._reach(links.first)
        self._key("Enter")
        self.page.wait_for_load_state()
        return self

    def press(self, text: str, *, within: Locator | None = None) -> "KeyboardPerson":
        place = within or self.page
        exact = place.get_by_role("button", name=text, exact=True)
        self._reach((exact if exact.count() else place.get_by_role("button", name=text)).first)
        self._key("Enter")
        self.page.wait_for_load_state()
        return self

    def unfold(self, selector: str) -> "KeyboardPerson":
        self._reach(self.page.locator(selector).first)
        self._key("Enter")
        return self

    def fill(self, answers: dict[str, str]) -> "KeyboardPerson":
        for label, value in answers.items():
            field = self.field(label)
            self._reach(field)
            if field.evaluate("element => element.tagName") == "SELECT":
                self.page.keyboard.type(value)
            else:
                self._key("Control+a")
                self.page.keyboard.type(value)
            self.keys_pressed += len(value)
        return self

    def tick(self, *labels: str) -> "KeyboardPerson":
        for label in labels:
            box = self.page.get_by_label(label).first
            if box.get_attribute("type") == "radio":
                group = self.page.locator(f"input[name={box.get_attribute('name')}]")
                self._reach(group.first)
                while not box.evaluate(HAS_FOCUS):
                    self._key("ArrowDown")
            else:
                self._reach(box)
            if not box.is_checked():
                self._key("Space")
        return self

    def upload(self, label: str, file: tuple[str, bytes, str]) -> "KeyboardPerson":
        """The window in which files are chosen is the system's; the way to it is ours."""
        self._reach(self.page.get_by_label(re.compile(re.escape(label))).first)
        super().upload(label, file)
        return self

    def checked(self, name: str | None = None) -> "KeyboardPerson":
        """Others look at the same states; here only the keys count."""
        return self
