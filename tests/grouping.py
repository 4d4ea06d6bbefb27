"""Which tests run on one worker, and in which order the groups are handed out.

Tests of one file stay together, and so do those that share a platform for the whole run: what they share is started
once. (The marker ``xdist_group`` has no effect with pytest 9.1 and later, which computes node ids anew.)
"""

from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

LONGEST_FIRST = ("journeys", "chaos", "integration/deploy", "security", "integration", "contracts", "guards", "unit")
TOGETHER = ("journeys", "security", "integration/partners", "integration/deploy")
SECOND_SITE = ("journeys/test_every_page.py", "journeys/test_structure_life.py", "journeys/test_lost_connection.py")
"""About half of the journeys' time: they have a site of their own, so that two workers share the longest folder."""
_HERE = Path(__file__).parent


def order(items: list[pytest.Item]) -> None:
    """Long campaigns begin first."""
    items.sort(key=lambda item: _rank(item.path.relative_to(_HERE).as_posix()))


def _rank(place: str) -> int:
    return next((rank for rank, folder in enumerate(LONGEST_FIRST) if _below(place, folder)), len(LONGEST_FIRST))


def _below(place: str, folder: str) -> bool:
    return place.startswith(f"{folder}/")


def group_of(node_id: str) -> str:
    """The group of a test: the folder that shares a platform, else its file."""
    place = node_id.partition("::")[0].removeprefix("tests/")
    if place in SECOND_SITE:
        return "journeys at the second site"
    return next((folder for folder in TOGETHER if _below(place, folder)), place)


class Groups(LoadScopeScheduling):  # type: ignore[misc]
    """Hands whole groups to the workers."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def scheduler(config: pytest.Config, log: Any) -> Groups:
    return Groups(config, log)
