"""What waits for the viewer on the dashboard, gathered from the services that know.

Each service is asked for one thing; one that is away leaves its part out and the dashboard still shows.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog

from gateway.access import Viewer
from services.chassis.refusals import Refused, Unavailable

log = structlog.get_logger("gateway")


@dataclass
class Situation:
    """Where a structure stands: `steps` in order of importance, and whether to congratulate."""

    convention: dict[str, Any] | None = None
    application: dict[str, Any] | None = None
    steps: list[dict[str, Any]] = field(default_factory=list)
    incomplete: bool = False

    @property
    def active(self) -> bool:
        return bool(self.convention and self.convention.get("state") == "active")


def situation_of(who: Viewer) -> Situation:
    """The situation of the viewer's structure."""
    return Situation()


def _asked(situation: Situation, ask: Callable[[], Any]) -> Any | None:
    """What a service answers, or None when it refuses or is away."""
    try:
        return ask()
    except Refused as refused:
        log.info("dashboard_part_refused", code=refused.code)
    except Unavailable:
        situation.incomplete = True
    return None
