"""What waits for the viewer, beside the menu's entries on every page: {endpoint: how many}.

The services are asked again after a minute, and at once after anything was sent. What they said stays in the browser's
signed cookie meanwhile, so that it is the same whichever process answers. A service that is away leaves its part out.
"""

import time
from typing import Any

from flask import Flask, Response, g, request, session

from gateway.access import Viewer, viewer
from gateway.caf_waiting import waiting_for
from gateway.next_steps import Situation, situation_of

KEPT_S = 60
DASHBOARD = "structure.dashboard"
_KEY = "waiting"


def counts_for(who: Viewer) -> dict[str, int]:
    """How much waits behind each menu entry; nothing for somebody who has no menu."""
    if who.must_personalise or not (who.is_agent or who.structure):
        return {}
    if "waiting" not in g:
        known = _remembered(who)
        if known is None:
            known = waiting_for(who).counts if who.is_agent else to_do(situation_of(who))
            remember(who, known)
        g.waiting = known
    return dict(g.waiting)


def to_do(situation: Situation) -> dict[str, int]:
    """The steps of a structure that somebody can take now."""
    return {DASHBOARD: sum(1 for step in situation.steps if step.url)}


def remember(who: Viewer, counts: dict[str, int]) -> None:
    """Keep what a page has just been told, so that its menu needn't ask again."""
    g.waiting = counts
    session[_KEY] = {"of": _whose(who), "at": int(time.time()), "counts": counts}


def _whose(who: Viewer) -> str:
    return str(who.structure["structure_id"] if who.structure else who.account_id)


def _remembered(who: Viewer) -> dict[str, int] | None:
    kept: dict[str, Any] | None = session.get(_KEY)
    if kept is None or kept["of"] != _whose(who) or not 0 <= time.time() - kept["at"] < KEPT_S:
        return None
    counts: dict[str, int] = kept["counts"]
    return counts


def ask_again_after_a_change(response: Response) -> Response:
    """Whoever sent something may have dealt with what waited."""
    if request.method == "POST":
        session.pop(_KEY, None)
    return response


def register(app: Flask) -> None:
    app.after_request(ask_again_after_a_change)
    app.jinja_env.globals["waiting_counts"] = lambda: counts_for(viewer())
