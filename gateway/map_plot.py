"""A schematic map of communes, drawn from nothing but their centres: each point belongs to the nearest centre.

Outlines of communes are neither in the project nor needed: what an agent looks for is *where* passes are used, and
neighbours stay neighbours. The page says that the borders are not the real ones.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from statistics import median
from typing import Any, NamedTuple

from gateway.plots import WIDTH, Point

HEIGHT, MARGIN = 320, 12
LEVELS = 4
NAMED = 5
CIRCLE_SIDES = 24
REACH = 2.0
"""How far a commune at the edge extends, in usual distances to the nearest neighbour."""

Spot = tuple[float, float]
Shape = list[Spot]


class Place(NamedTuple):
    """A commune and where its centre lies, in degrees."""

    label: str
    latitude: float
    longitude: float


def areas(title: str, what: str, unit: str, places: Sequence[Place], points: Sequence[Point]) -> dict[str, Any]:
    """One cell per place, coloured by its value in `LEVELS` steps; the largest few are named, places without a value
    stay pale. The bars of the table are the places with a value, largest first."""
    cells = dict(_cells(tuple(places)))
    known = sorted((point for point in points if point.label in cells), key=lambda one: -one.value)
    most = max((point.value for point in known), default=0)
    bars = [
        {"label": one.label, "shown": one.shown, "level": math.ceil(LEVELS * one.value / most) if most else 0,
         "x": round(_centre(cells[one.label])[0], 1), "y": round(_centre(cells[one.label])[1], 1), "tick": rank < NAMED}
        for rank, one in enumerate(known)
    ]  # fmt: skip
    levels = {bar["label"]: bar for bar in bars}
    shapes = [
        {"label": label, "path": _path(cell), "level": levels[label]["level"] if label in levels else 0,
         "shown": levels[label]["shown"] if label in levels else ""}
        for label, cell in cells.items()
    ]  # fmt: skip
    return {
        "title": title, "what": what, "unit": unit, "bars": bars, "shapes": shapes, "width": WIDTH, "height": HEIGHT,
        "empty": not bars,
    }  # fmt: skip


def _path(cell: Shape) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in cell) + "Z"


def _centre(cell: Shape) -> Spot:
    return sum(x for x, _ in cell) / len(cell), sum(y for _, y in cell) / len(cell)


@lru_cache(maxsize=4)
def _cells(places: tuple[Place, ...]) -> tuple[tuple[str, Shape], ...]:
    """Each place's cell, fitted into the picture with north up. Kept: a department's communes rarely change."""
    at = _projected(places)
    apart = [_nearest(spot, at) for spot in set(at)] if len(set(at)) > 1 else [1.0]
    reach = REACH * median(apart)
    cells = [_cell(spot, at, reach) for spot in at]
    return tuple((one.label, cell) for one, cell in zip(places, _fitted(cells), strict=True))


def _projected(places: tuple[Place, ...]) -> list[Spot]:
    """Equirectangular at the mean latitude, y downwards: right enough for one department."""
    if not places:
        return []
    narrower = math.cos(math.radians(sum(one.latitude for one in places) / len(places)))
    return [(one.longitude * narrower, -one.latitude) for one in places]


def _nearest(spot: Spot, others: Sequence[Spot]) -> float:
    return min(math.dist(spot, other) for other in others if other != spot)


def _circle(spot: Spot, radius: float) -> Shape:
    turns = (2 * math.pi * side / CIRCLE_SIDES for side in range(CIRCLE_SIDES))
    return [(spot[0] + radius * math.cos(turn), spot[1] + radius * math.sin(turn)) for turn in turns]


def _cell(spot: Spot, others: Sequence[Spot], reach: float) -> Shape:
    """The points within `reach` that are nearer to `spot` than to any other place (a Voronoi cell)."""
    cell = _circle(spot, reach)
    for other in others:
        if other != spot and math.dist(spot, other) < 2 * reach:
            cell = _nearer(cell, spot, other)
    return cell


def _nearer(cell: Shape, spot: Spot, other: Spot) -> Shape:
    """The part of a convex shape on the side of `spot` (Sutherland and Hodgman's clipping by one line)."""
    across, along = other[0] - spot[0], other[1] - spot[1]
    middle = (other[0] ** 2 - spot[0] ** 2 + other[1] ** 2 - spot[1] ** 2) / 2
    beyond = [x * across + y * along - middle for x, y in cell]
    kept: Shape = []
    for index, (x, y) in enumerate(cell):
        before, now = beyond[index - 1], beyond[index]
        if (before > 0) != (now > 0):
            part = before / (before - now)
            x0, y0 = cell[index - 1]
            kept.append((x0 + (x - x0) * part, y0 + (y - y0) * part))
        if now <= 0:
            kept.append((x, y))
    return kept


def _fitted(cells: list[Shape]) -> list[Shape]:
    """The shapes scaled and centred in the picture."""
    xs, ys = [x for cell in cells for x, _ in cell], [y for cell in cells for _, y in cell]
    if not xs:
        return []
    wide, high = max(xs) - min(xs), max(ys) - min(ys)
    scale = min((WIDTH - 2 * MARGIN) / (wide or 1), (HEIGHT - 2 * MARGIN) / (high or 1))
    left, top = (WIDTH - wide * scale) / 2 - min(xs) * scale, (HEIGHT - high * scale) / 2 - min(ys) * scale
    return [[(left + x * scale, top + y * scale) for x, y in cell] for cell in cells]
