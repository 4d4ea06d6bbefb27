"""The state machine drawn in the README is the one in the code."""

import re
from pathlib import Path

from services.partners.domain.application import TRANSITIONS, State, allowed

README = Path(__file__).resolve().parents[3] / "services" / "partners" / "README.md"
ARROW = re.compile(r"^ *(\w+) --> (\w+): (\w+)$", re.MULTILINE)


def section() -> str:
    return README.read_text(encoding="utf-8").partition("## An application")[2].partition("```\n\n")[0]


def test_the_drawing_shows_every_transition_and_no_other():
    drawn = {(origin, action, target) for origin, target, action in ARROW.findall(section())}
    coded = {(origin.value, action.value, target.value) for (origin, action), target in TRANSITIONS.items()}
    assert drawn == coded


def test_the_drawing_ends_where_nothing_more_may_happen():
    ends = set(re.findall(r"^ *(\w+) --> \[\*\]$", section(), re.MULTILINE))
    assert ends == {state.value for state in State if not allowed(state)}
