"""Enough of Prometheus to judge our own alert rules by real `/metrics`: samples over time, and the operators and
functions that the rules use. Expressions are parsed by `promql_parser`; what isn't known here is refused, not guessed.

`increase` is the plain difference between the last and the first sample of the range, without Prometheus' extrapolation
to the range's borders (which only ever makes it larger).
"""

import math
import operator
import re
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

import promql_parser as promql
from prometheus_client.parser import text_string_to_metric_families

Labels = frozenset[tuple[str, str]]
Vector = dict[Labels, float]
LOOK_BACK_S = 300.0
_COMPARE: dict[str, Callable[[float, float], bool]] = {"==": operator.eq, ">": operator.gt, "<": operator.lt}


class Series:
    """Samples of all targets, by the time at which they were taken."""

    def __init__(self) -> None:
        self._samples: dict[str, dict[Labels, list[tuple[float, float]]]] = {}

    def scrape(self, at: float, instance: str, text: str | None) -> None:
        """Keep what a target told at that time; None if it didn't answer."""
        self._add(at, "up", {"job": "psl", "instance": instance}, float(text is not None))
        for family in text_string_to_metric_families(text or ""):
            for sample in family.samples:
                self._add(at, sample.name, {**sample.labels, "job": "psl", "instance": instance}, float(sample.value))

    def _add(self, at: float, name: str, labels: dict[str, str], value: float) -> None:
        self._samples.setdefault(name, {}).setdefault(frozenset(labels.items()), []).append((at, value))

    def between(self, selector: Any, begin: float, end: float) -> dict[Labels, list[tuple[float, float]]]:
        """The samples of the selected series in that time."""
        found = {}
        for labels, samples in self._samples.get(selector.name, {}).items():
            inside = [(at, value) for at, value in samples if begin < at <= end]
            if inside and _matches(selector.matchers.matchers, dict(labels)):
                found[labels] = inside
        return found


def _matches(matchers: Iterable[Any], labels: dict[str, str]) -> bool:
    for matcher in matchers:
        value, kind = labels.get(matcher.name, ""), str(matcher.op).rpartition(".")[2]
        same = re.fullmatch(matcher.value, value) if kind in ("Re", "NotRe") else value == matcher.value
        if bool(same) == kind.startswith("Not"):
            return False
    return True


def evaluate(series: Series, expression: str, at: float) -> Vector:
    """The result of an expression at that time: one value for each set of labels."""
    found = _value(series, promql.parse(expression), at)
    return found if isinstance(found, dict) else {frozenset(): found}


def _value(series: Series, node: Any, at: float) -> Any:
    match node:
        case promql.NumberLiteral():
            return float(node.val)
        case promql.ParenExpr():
            return _value(series, node.expr, at)
        case promql.VectorSelector():
            seen = at - (node.offset.total_seconds() if node.offset else 0.0)
            return {labels: s[-1][1] for labels, s in series.between(node, seen - LOOK_BACK_S, seen).items()}
        case promql.Call():
            return _call(series, node, at)
        case promql.AggregateExpr():
            return _aggregate(node, _value(series, node.expr, at))
        case promql.BinaryExpr():
            return _binary(str(node.op), _value(series, node.lhs, at), _value(series, node.rhs, at))
    raise NotImplementedError(f"{type(node).__name__} is not known here")


def _call(series: Series, node: Any, at: float) -> Vector:
    name = node.func.name
    if name in ("rate", "increase"):
        (matrix,) = node.args
        seconds = matrix.range.total_seconds()
        selected = series.between(matrix.vector_selector, at - seconds, at).items()
        grown = {labels: _growth(samples) for labels, samples in selected if len(samples) > 1}
        return {labels: value / seconds if name == "rate" else value for labels, value in grown.items()}
    if name == "histogram_quantile":
        return _quantile(float(node.args[0].val), _value(series, node.args[1], at))
    raise NotImplementedError(f"{name} is not known here")


def _growth(samples: list[tuple[float, float]]) -> float:
    """A counter that falls began again at zero."""
    values = [value for _, value in samples]
    return sum(b - a if b >= a else b for a, b in pairwise(values))


def _quantile(q: float, buckets: Vector) -> Vector:
    groups: dict[Labels, list[tuple[float, float]]] = {}
    for labels, count in buckets.items():
        rest = frozenset(pair for pair in labels if pair[0] != "le")
        groups.setdefault(rest, []).append((float(dict(labels)["le"]), count))
    found = {}
    for labels, group in groups.items():
        group.sort()
        wanted, below, lower = q * group[-1][1], 0.0, 0.0
        for upper, count in group:
            if count >= wanted > 0:
                inside = (wanted - below) / (count - below)
                found[labels] = lower if math.isinf(upper) else lower + (upper - lower) * inside
                break
            below, lower = count, upper
    return found


def _aggregate(node: Any, vector: Vector) -> Vector:
    kept = set(node.modifier.labels) if node.modifier else set()
    groups: dict[Labels, list[float]] = {}
    for labels, value in vector.items():
        groups.setdefault(frozenset(pair for pair in labels if pair[0] in kept), []).append(value)
    combine = {"sum": sum, "max": max, "min": min}[str(node.op)]
    return {labels: float(combine(values)) for labels, values in groups.items()}


def _binary(op: str, left: Any, right: Any) -> Any:
    if op in ("or", "unless", "and"):
        return _set_operation(op, left, right)
    if op in _COMPARE:
        return {labels: value for labels, value in left.items() if _COMPARE[op](value, float(right))}
    if op == "/":
        return {labels: value / right[labels] for labels, value in left.items() if right.get(labels)}
    raise NotImplementedError(f"{op} is not known here")


def _set_operation(op: str, left: Vector, right: Vector) -> Vector:
    if op == "or":
        return {**right, **left}
    return {labels: value for labels, value in left.items() if (labels in right) == (op == "and")}
