"""Where a command finds the platform: in its environment, or in what `make run` noted in var/."""

import json
import os
from pathlib import Path

NOTE = Path("run") / "surroundings.json"


def note(var: Path, surroundings: dict[str, str]) -> None:
    """Leave, for commands of the same machine and user, how to reach broker and databases."""
    path = var / NOTE
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(surroundings, file)


def forget(var: Path) -> None:
    """The run is over."""
    (var / NOTE).unlink(missing_ok=True)


def noted(var: Path) -> dict[str, str]:
    """What a local run in this folder left; nothing if none goes on."""
    path = var / NOTE
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def adopt(var: Path | None = None) -> None:
    """Add to the environment what it lacks, if a local run goes on in this folder."""
    for name, value in noted(var or Path(os.environ.get("PSL_VAR", "var"))).items():
        os.environ.setdefault(name, value)
