"""A small Prometheus for tests: scrapes real processes, moves its own clock, and tells which alert rules fire."""

import urllib.request
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import promql_parser
import yaml

from tests.promql import Series, evaluate

RULES_FILE = Path(__file__).resolve().parents[3] / "deploy" / "monitoring" / "alerts.yml"
RULES: list[dict[str, Any]] = yaml.safe_load(RULES_FILE.read_text(encoding="utf-8"))["groups"][0]["rules"]
STEP_S = 60.0


class Watch:
    """Values are those of the processes; the time between two looks is said to be a minute, so that a rule's `for` is
    judged by as many looks as it has minutes."""

    def __init__(self, targets: Mapping[str, str]):
        self._targets, self._series, self._now = targets, Series(), 0.0
        self._since: dict[str, float] = {}

    def look(self, times: int = 1) -> set[str]:
        """Scrape and judge that often; returns the names of the rules that fire now."""
        firing: set[str] = set()
        for _ in range(times):
            self._now += STEP_S
            for instance, url in self._targets.items():
                self._series.scrape(self._now, instance, _fetch(url))
            firing = {rule["alert"] for rule in RULES if self._fires(rule)}
        return firing

    def _fires(self, rule: Mapping[str, Any]) -> bool:
        if not evaluate(self._series, rule["expr"], self._now):
            self._since.pop(rule["alert"], None)
            return False
        since = self._since.setdefault(rule["alert"], self._now)
        held: timedelta = promql_parser.parse_duration(rule["for"]) if "for" in rule else timedelta()
        return self._now - since >= held.total_seconds()


def _fetch(url: str) -> str | None:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return str(answer.read().decode())
    except OSError:
        return None
