"""What a benchmark says: lines, each with a value, and a ratio to a reference measured in the same run."""

import json
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

VERSIONS = ("nameko", "kombu", "amqp", "eventlet", "Flask", "gunicorn", "SQLAlchemy", "psycopg2-binary", "marshmallow")


@dataclass(frozen=True)
class Line:
    """One figure. ``goal`` is about ``ratio`` if there is one, else about ``value``; as ``>= 0.5`` or ``<= 60``."""

    name: str
    value: float
    unit: str
    reference: str = ""
    ratio: float | None = None
    goal: str = ""

    @property
    def holds(self) -> bool | None:
        """Whether the goal is reached; None where none is set."""
        if not self.goal:
            return None
        sign, limit = self.goal.split()
        measured = self.value if self.ratio is None else self.ratio
        return measured >= float(limit) if sign == ">=" else measured <= float(limit)

    def told(self) -> dict[str, Any]:
        rounded = {"value": round(self.value, 3), "ratio": None if self.ratio is None else round(self.ratio, 3)}
        return {**asdict(self), **rounded, "holds": self.holds}


def median(values: Sequence[float]) -> float:
    return float(statistics.median(values))


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` (0 to 1) of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def machine() -> dict[str, Any]:
    """What it was measured on."""
    names = [line.split(":")[1].strip() for line in _cpuinfo() if line.startswith("model name")]
    return {
        "cpu": names[0] if names else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": platform.platform(),
        "load_before": os.getloadavg(),
    }


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []


def write(path: Path, lines: Sequence[Line], on: dict[str, Any]) -> None:
    """The figures as JSON (INTERFACES, «make bench»)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    told = {
        "machine": on,
        "versions": {"python": platform.python_version(), **{name: version(name) for name in VERSIONS}},
        "taken_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "lines": [line.told() for line in lines],
    }
    path.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n")


def show(line: Line) -> str:
    """One row of the table."""
    verdict = {None: "", True: "holds", False: "MISSED"}[line.holds]
    ratio = "" if line.ratio is None else f"{line.ratio:7.2f} x {line.reference}"
    return f"{line.name:<28}{line.value:>12,.1f} {line.unit:<8}{ratio:<40}{line.goal:<10}{verdict}"
