"""A fresh database of conventions for each test, and a clock that can be moved."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.chassis import clock
from services.chassis.database import BoundDatabase
from tests.integration.conventions.world import World


@pytest.fixture
def world(database: Callable[[str], BoundDatabase]) -> World:
    return World(database("conventions"))


@pytest.fixture
def move_clock() -> Iterator[Callable[[str], None]]:
    """Move the platform's clock as seen by this process: ``move_clock("+11m")``."""
    path = Path(os.environ["PSL_VAR"]) / "clock"

    def move(offset: str) -> None:
        path.write_text(offset, encoding="ascii")
        clock.reread()

    yield move
    path.unlink(missing_ok=True)
    clock.reread()
