"""The geometry of our plots: plain rectangles and circles, so that a page needs no script to draw them."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

WIDTH, HEIGHT, LEFT, BELOW, ABOVE = 640, 220, 56, 22, 12


class Point(NamedTuple):
    """One figure: its label, its value and how the value is written."""

    label: str
    value: float
    shown: str


def _nice(most: float) -> float:
    """The next of 1, 2, 5, 10, 20 … at or above `most`, for the top of the axis."""
    if most <= 0:
        return 1.0
    power = 10 ** math.floor(math.log10(most))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= most)


def bars(title: str, what: str, unit: str, points: Sequence[Point], *, axis: Any = str) -> dict[str, Any]:
    """Vertical bars from zero; at most eight of their labels are written below. `axis` writes a value."""
    top, floor = _nice(max((point.value for point in points), default=0)), HEIGHT - BELOW
    slot = (WIDTH - LEFT) / max(len(points), 1)
    every = math.ceil(len(points) / 8) or 1
    drawn = []
    for index, point in enumerate(points):
        height = round((floor - ABOVE) * point.value / top, 1)
        drawn.append(
            {
                "label": point.label, "shown": point.shown, "x": round(LEFT + slot * (index + 0.15), 1),
                "y": round(floor - height, 1), "width": round(slot * 0.7, 1), "height": height,
                "tick": (len(points) - 1 - index) % every == 0,
            }
        )  # fmt: skip
    lines = [{"y": round(floor - (floor - ABOVE) * part, 1), "label": axis(top * part)} for part in (0, 0.5, 1)]
    return _plot(title, what, unit, drawn, lines=lines, empty=not any(point.value for point in points))


def shares(title: str, what: str, unit: str, points: Sequence[Point], whole: float) -> dict[str, Any]:
    """Bars over one another, each a share of `whole`; give the longest first."""
    drawn = [
        {"label": one.label, "shown": one.shown, "width": round(WIDTH * min(1, one.value / whole), 1) if whole else 0}
        for one in points
    ]
    return _plot(title, what, unit, drawn)


class Place(NamedTuple):
    """A commune and where it lies."""

    label: str
    latitude: float
    longitude: float


def spots(title: str, what: str, unit: str, places: Sequence[Place], points: Sequence[Point]) -> dict[str, Any]:
    """Circles whose area says the value, where the places lie; the five largest are named."""
    at = _projected(places)
    known = [point for point in points if point.label in at]
    most = max((point.value for point in known), default=0)
    drawn = []
    for rank, point in enumerate(sorted(known, key=lambda one: -one.value)):
        x, y = at[point.label]
        radius = round(5 + 25 * math.sqrt(point.value / most), 1) if most else 5
        drawn.append({"label": point.label, "shown": point.shown, "x": x, "y": y, "radius": radius, "tick": rank < 5})
    others = [{"label": label, "x": x, "y": y} for label, (x, y) in at.items()]
    return _plot(title, what, unit, drawn, places=others, height=400, empty=not drawn)


def _projected(places: Sequence[Place]) -> dict[str, tuple[float, float]]:
    """Equirectangular at the mean latitude: right enough for one department."""
    if not places:
        return {}
    north, south = max(one.latitude for one in places), min(one.latitude for one in places)
    west = min(one.longitude for one in places)
    narrower = math.cos(math.radians((north + south) / 2))
    east = max((one.longitude - west) * narrower for one in places)
    scale = min((WIDTH - 100) / max(east, 1e-9), 320 / max(north - south, 1e-9))
    return {
        one.label: (
            round(50 + (one.longitude - west) * narrower * scale, 1),
            round(40 + (north - one.latitude) * scale, 1),
        )
        for one in places
    }


def _plot(title: str, what: str, unit: str, drawn: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "title": title, "what": what, "unit": unit, "bars": drawn, "width": WIDTH, "height": HEIGHT, "left": LEFT,
        **more,
    }  # fmt: skip
