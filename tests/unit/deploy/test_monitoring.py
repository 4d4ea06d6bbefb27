"""Alert rules and dashboard: every expression parses, names only metrics that a process exports and labels that they
have, and every rule has its section in the runbook."""

import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser as promql
import pytest
import yaml
from prometheus_client import REGISTRY

from tests.promql import Series, evaluate

MONITORING = Path(__file__).resolve().parents[3] / "deploy" / "monitoring"
RULES = yaml.safe_load((MONITORING / "alerts.yml").read_text(encoding="utf-8"))["groups"][0]["rules"]
DASHBOARD = json.loads((MONITORING / "dashboard.json").read_text(encoding="utf-8"))
RUNBOOK = (MONITORING.parents[1] / "docs" / "runbook.md").read_text(encoding="utf-8")
EXPORTING = (
    "services.chassis.telemetry",
    "services.chassis.figures",
    "services.identity.figures",
    "services.transactions.figures",
    "services.payouts.reconciliation",
    "gateway.figures",
)
SCRAPE = frozenset({"job", "instance"})


def exported() -> dict[str, frozenset[str]]:
    """Every series that our processes can export, with its labels; and `up`, which Prometheus makes."""
    for module in EXPORTING:
        importlib.import_module(module)
    found = {"up": SCRAPE}
    for collector in set(REGISTRY._collector_to_names):
        name, labels = getattr(collector, "_name", ""), frozenset(getattr(collector, "_labelnames", ()))
        if name.startswith("psl_"):
            kinds = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}
            more = frozenset({"le"}) if collector._type == "histogram" else frozenset()
            found |= {f"{name}{suffix}": labels | more | SCRAPE for suffix in kinds[collector._type]}
    return found


EXPORTED = exported()
QUERIES = [(panel["title"], target["expr"]) for panel in DASHBOARD["panels"] for target in panel["targets"]]
EXPRESSIONS = [(rule["alert"], rule["expr"]) for rule in RULES] + QUERIES


def selectors(node: Any) -> Iterator[Any]:
    """Every vector selector of an expression."""
    if isinstance(node, promql.VectorSelector):
        yield node
    parts = [getattr(node, name, None) for name in ("lhs", "rhs", "expr", "vector_selector")]
    for part in [*parts, *getattr(node, "args", ())]:
        if part is not None:
            yield from selectors(part)


@pytest.mark.parametrize(("title", "expression"), EXPRESSIONS, ids=[f"{t}-{n}" for n, (t, _) in enumerate(EXPRESSIONS)])
def test_an_expression_names_existing_metrics_and_labels(title: str, expression: str) -> None:
    found = list(selectors(promql.parse(expression)))
    assert found, title
    for selector in found:
        assert selector.name in EXPORTED, selector.name
        assert {matcher.name for matcher in selector.matchers.matchers} <= EXPORTED[selector.name]
    grouped = {label.strip() for labels in re.findall(r"by \(([^)]*)\)", expression) for label in labels.split(",")}
    assert grouped <= frozenset().union(*(EXPORTED[selector.name] for selector in found))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_has_its_section_in_the_runbook(rule: dict[str, Any]) -> None:
    section = re.search(rf"^## {rule['alert']}\n(.*?)(?=^## |\Z)", RUNBOOK, re.MULTILINE | re.DOTALL)
    assert section and "**Means**" in section[1] and "**Do**" in section[1]
    assert rule["annotations"]["runbook"] == f"docs/runbook.md#{rule['alert'].lower()}"
    assert rule["labels"]["severity"] in ("page", "ticket")


def test_the_runbook_has_no_section_of_a_rule_that_is_gone() -> None:
    assert set(re.findall(r"^## (\w+)$", RUNBOOK, re.MULTILINE)) == {rule["alert"] for rule in RULES}


def test_every_panel_has_a_title_a_place_and_its_own_number() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len({panel["title"] for panel in panels}) == len(panels)
    assert len({(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}) == len(panels)


def series(*scrapes: str) -> Series:
    found = Series()
    for number, text in enumerate(scrapes, 1):
        found.scrape(number * 60.0, "one", text)
    return found


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("increase(a_total[10m])", [5.0]),  # 3 → 1 is a restart: 1, then 4 more
        ("sum(rate(a_total[10m])) > 1", []),
        ("b{x=~'o.*'} > 1", [2.0]),
        ("b{x!~'o.*'}", [7.0]),
        ("max by (y) (b)", [7.0]),
        ("sum(b) / sum(c)", [3.0]),
        ("b unless b{x='one'}", [7.0]),
        ("b offset 2m", [2.0]),
        ("histogram_quantile(0.5, sum by (le) (h_bucket))", [0.5]),
    ],
)
def test_the_small_evaluator_computes_as_prometheus_does(expression: str, expected: list[float]) -> None:
    early, late = 'b{x="one"} 2\n', 'b{x="one"} 2\nb{x="two"} 7\nc 3\n'
    buckets = 'h_bucket{le="0.5"} 5\nh_bucket{le="1"} 8\nh_bucket{le="+Inf"} 10\n'
    seen = series(f"a_total 3\n{early}", f"a_total 1\n{early}", f"a_total 5\n{late}{buckets}")
    assert list(evaluate(seen, expression, 180.0).values()) == pytest.approx(expected)


def test_the_operator_s_page_says_what_each_metric_is_watched_for() -> None:
    page = (MONITORING.parents[1] / "docs" / "operations.md").read_text(encoding="utf-8")
    told = set(re.findall(r"psl_[a-z_]+", page))
    names = {re.sub(r"_(bucket|sum|count)$", "", name) for name in EXPORTED if name.startswith("psl_")}
    assert names <= told and told <= names
