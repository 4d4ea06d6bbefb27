"""Every page that a role reaches, and what forms answer: accessible in both themes and both widths, fits a small
phone, light, still, quick, from one host, and nothing in the console."""

import pytest

from tests.journeys import states
from tests.journeys.first_view import VIEWED, Watcher, told
from tests.journeys.person import DESKTOP, Person

pytestmark = pytest.mark.timeout(300)

FEWEST_STATES = 90
SMALL_PHONE = {"width": 320, "height": 640}
"""WCAG 2.2, 1.4.10: no sideways scrolling at 320 pixels."""
WITHOUT_TOKEN = """all => all.filter(one => !one.autocomplete && one.type !== "search").map(one => one.outerHTML)"""
PERSONAL = "input[type=email], input[type=tel], input[type=password], input[inputmode=tel], input[inputmode=email]"
LANDMARKS = "document.querySelectorAll('h1').length === 1 && !!document.title && document.title.includes(' – ')"


@pytest.fixture(scope="module", autouse=True)
def _tells_the_worst():
    """With `-s`: what the first views of this module cost at most."""
    yield
    if VIEWED:
        print(f"\n{told()}")


@pytest.fixture(scope="module")
def looked_at() -> set[str]:
    """The distinct states that this module has looked at: kinds of pages, and what forms answered on them."""
    return set()


@pytest.fixture
def inspector(person, looked_at) -> "Inspector":
    return Inspector(person(), looked_at)


class Inspector:
    """Somebody who looks at each state once."""

    def __init__(self, someone: Person, looked_at: set[str]):
        self.someone, self._watcher = someone, Watcher(someone.page)
        self._looked_at, self.count = looked_at, 0

    def opens(self, path: str) -> None:
        """A first view, measured, then looked at."""
        view = self._watcher.open(self.someone.base_url + path)
        self.someone.problems += view.problems()
        self.looks(states.kind(path))

    def looks(self, state: str) -> None:
        """The state that is on the screen, and its name."""
        someone, page = self.someone, self.someone.page
        someone.finds_it_accessible()
        page.set_viewport_size(SMALL_PHONE)
        someone.does_not_scroll_sideways()
        page.set_viewport_size(DESKTOP)
        someone.problems += [f"{page.url}: no autocomplete on {one}" for one in
                             page.locator(PERSONAL).evaluate_all(WITHOUT_TOKEN)]  # fmt: skip
        if "/terminal" not in page.url:
            assert page.evaluate(LANDMARKS), f"{page.url}: one h1, and a title that names page and platform"
        self._looked_at.add(state)
        self.count += 1

    def looks_at_states(self, found: tuple[states.State, ...]) -> None:
        for state in states.reached(self.someone, found):
            self.someone.finds_it_still()
            self.looks(state.name)


def test_public_pages(inspector) -> None:
    assert len(states.walk(inspector.someone, "/", states.PUBLIC_PATHS, inspector.opens)) >= 10
    inspector.looks_at_states(states.PUBLIC)
    inspector.someone.open("/langue/en").open("/").sees("Partner space")
    inspector.looks("/ in English")
    assert inspector.count >= 30


def test_partner_pages(inspector, labelled) -> None:
    someone = inspector.someone.signs_in(labelled.club.email, labelled.club.password, labelled.club.structure)
    assert len(states.walk(someone, "/tableau-de-bord", states.PARTNER_PATHS, inspector.opens)) >= 20
    inspector.looks_at_states(states.PARTNER)
    someone.open("/tableau-de-bord").page.locator(".account-menu > summary").click()
    inspector.looks("/tableau-de-bord, menu unfolded")
    assert inspector.count >= 30


@pytest.mark.parametrize("role", states.AGENTS)
def test_pages_of_the_caf(inspector, labelled, role: str) -> None:
    someone = inspector.someone.signs_in_as_agent(labelled.agent(role))
    visited = states.walk(someone, "/caf", r"/caf(/|$)", inspector.opens)
    assert len(visited) >= 3, visited
    inspector.looks_at_states(states.AGENTS[role])


def test_enough_distinct_states_were_looked_at(looked_at, request) -> None:
    """A page that several roles open counts once; when only a part of this file is run, that part has no such floor."""
    chosen = {item.function for item in request.session.items if item.path == request.path}
    whole = {test_public_pages, test_partner_pages, test_pages_of_the_caf} <= chosen
    assert len(looked_at) >= (FEWEST_STATES if whole else 0), sorted(looked_at)
