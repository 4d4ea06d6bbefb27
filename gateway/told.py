"""What became of what somebody did, told where one looks: at the control that was used, or at the top of the page.

A page says where its controls are (`{{ told("decision") }}`), a route says which of them it speaks of
(`tell(text, at="decision")`). What no place of the page takes stands at the top; nothing is lost.
"""

from collections.abc import Iterable
from typing import cast

from flask import Flask, flash, g, get_flashed_messages
from flask_babel import gettext as _

from gateway.refusals import describe
from services.chassis.refusals import Refused

TONES = {"error": "bad", "success": "good", "warning": "waiting"}
"""From a message's category to how it looks."""


def tell(text: str, category: str = "error", *, at: str = "") -> None:
    """Show the text once, on this page or the next: at the place `at`, if the page has it."""
    flash(text, f"{category}@{at}" if at else category)


def tell_refusal(refused: Refused, *, at: str = "", names: Iterable[str] = ()) -> int:
    """Tell why something was refused, and the `names` of what it concerns; returns the HTTP status."""
    described, listed = describe(refused), ", ".join(names)
    text = _("%(what)s : %(names)s.", what=described.text.rstrip("."), names=listed) if listed else described.text
    tell(text, at=at)
    return described.status


def _said() -> list[tuple[str, str, str]]:
    """(place, tone, text) of every message that waits."""
    said = []
    for kept, text in cast(list[tuple[str, str]], get_flashed_messages(with_categories=True)):
        split = kept.partition("@")
        said.append((split[2], TONES.get(split[0], "neutral"), text))
    return said


def told_at(place: str) -> list[tuple[str, str]]:
    """(tone, text) of what is told at this place; asking takes it away from the top of the page."""
    g.setdefault("told", set()).add(place)
    return [(tone, text) for where, tone, text in _said() if where == place]


def told_nowhere_else() -> list[tuple[str, str]]:
    """(tone, text) of what belongs to the top: told of no place, or of one that the page doesn't have."""
    taken = g.get("told", set())
    return [(tone, text) for where, tone, text in _said() if where not in taken]


def register(app: Flask) -> None:
    app.jinja_env.globals |= {"told_at": told_at, "told_nowhere_else": told_nowhere_else}
