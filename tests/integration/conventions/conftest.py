"""A fresh database of conventions for each test, and a clock that can be moved."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.chassis import clock
from services.chassis.database import BoundDatabase
from services.conventions import text_files
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


@pytest.fixture
def newer_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """A folder of texts with a second version, in effect today."""
    folder = tmp_path / "templates"
    shutil.copytree(text_files.FOLDER, folder)
    shutil.copytree(folder / "2026-1", folder / "2026-2")
    path = folder / "2026-2" / "text.toml"
    text = path.read_text(encoding="utf-8").replace('version = "2026-1"', 'version = "2026-2"')
    text = text.replace("effective_on = 2026-01-01", f"effective_on = {clock.today().isoformat()}")
    path.write_text(text.replace("avec un préavis d’un mois, de toute", "avec un préavis de deux mois, de toute"))

    def publish() -> None:
        monkeypatch.setattr(text_files, "FOLDER", folder)
        text_files.all_texts.cache_clear()

    yield publish
    monkeypatch.undo()
    text_files.all_texts.cache_clear()
