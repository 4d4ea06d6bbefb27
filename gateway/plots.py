"""The geometry of our plots: plain rectangles and polygons, so that a page needs no script to draw them."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

WIDTH, HEIGHT, LEFT, BELOW, ABOVE = 400, 200, 46, 22, 12
"""Drawn small, so that letters stay readable when a phone shows the whole plot in 310 pixels."""
WIDEST_BAR = 48
"""So that one bar alone still looks like one."""
NAMED_BARS = 6
NAMED_OF_MANY = 5


class Point(NamedTuple):
    """One figure: its label, its value and how the value is written; `tick`: a shorter label for below a bar."""

    label: str
    value: float
    shown: str
    tick: str = ""


def _nice(most: float) -> float:
    """The next of 2, 4, 6, 10, 20 … at or above `most`, for the top of the axis: half of it is a whole number too."""
    if most <= 2:
        return 2.0
    power = 10 ** math.floor(math.log10(most))
    return next(step * power for step in (1, 2, 4, 6, 10) if step * power >= most and step * power > 1)


def bars(title: str, what: str, unit: str, points: Sequence[Point], *, axis: Any = str) -> dict[str, Any]:
    """Vertical bars from zero; a few of their labels are written below, the last always. `axis` writes a value."""
    top, floor = _nice(max((point.value for point in points), default=0)), HEIGHT - BELOW
    slot = (WIDTH - LEFT) / max(len(points), 1)
    width = min(slot * 0.7, WIDEST_BAR)
    every = math.ceil(len(points) / (NAMED_BARS if len(points) <= 2 * NAMED_BARS else NAMED_OF_MANY)) or 1
    drawn = []
    for index, point in enumerate(points):
        height = round((floor - ABOVE) * max(point.value, 0) / top, 1)
        drawn.append(
            {
                "label": point.label, "shown": point.shown, "x": round(LEFT + slot * (index + 0.5) - width / 2, 1),
                "y": round(floor - height, 1), "width": round(width, 1), "height": height,
                "tick": (point.tick or point.label) if (len(points) - 1 - index) % every == 0 else "",
            }
        )  # fmt: skip
    lines = [{"y": round(floor - (floor - ABOVE) * part, 1), "label": axis(top * part)} for part in (0, 0.5, 1)]
    return _plot(title, what, unit, drawn, lines=lines, empty=not any(point.value for point in points))


def rows(title: str, what: str, unit: str, points: Sequence[Point]) -> dict[str, Any]:
    """Horizontal bars, one a line, each with its label in words and its figure: no table is needed beside them."""
    most = max((point.value for point in points), default=0)
    return shares(title, what, unit, points, most) | {"empty": most <= 0}


def shares(title: str, what: str, unit: str, points: Sequence[Point], whole: float) -> dict[str, Any]:
    """Bars from the left, each a share of `whole`; where they lie over one another, give the longest first."""
    drawn = [
        {
            "label": one.label,
            "shown": one.shown,
            "width": round(WIDTH * min(1, max(one.value, 0) / whole), 1) if whole else 0,
        }
        for one in points
    ]
    return _plot(title, what, unit, drawn)


def _plot(title: str, what: str, unit: str, drawn: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "title": title, "what": what, "unit": unit, "bars": drawn, "width": WIDTH, "height": HEIGHT, "left": LEFT,
        **more,
    }  # fmt: skip
