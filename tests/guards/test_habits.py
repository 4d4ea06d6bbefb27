"""The habits of the house, as far as a machine can see them."""

import ast
import re

import pytest

from tests.guards import house

MOST_LINES = 400
GENERATED = re.compile(
    r"/migrations/versions/|\.lock$|package-lock\.json$|asyncapi|\.xsd$|^docs/|CHANGELOG|LICENSE|\.po$|\.json$"
)
WEAK_NAMES = {"utils", "util", "helpers", "helper", "manager", "data", "misc", "common"}
HOSTS = re.compile(r"(pypi\.org|pythonhosted\.org|registry\.npmjs|deb\.debian\.org|/simple/?\s*$)")
UNFINISHED = re.compile(r"\b(" + "TO" + "DO|FIX" + "ME|XX" + "X|HA" + "CK)\\b")
MACHINE = re.compile(r"(?<![\w/.])/work/(?:main|trees|plan|shared)\b")


def test_files_stay_short():
    long = {
        house.relative(path): count
        for path in house.texts()
        if not GENERATED.search(house.relative(path)) and (count := len(path.read_text().splitlines())) > MOST_LINES
    }
    assert long == {}


def test_no_weak_names():
    weak = [
        house.relative(path)
        for path in house.python_files()
        if path.stem in WEAK_NAMES or path.parent.name in WEAK_NAMES
    ]
    assert weak == []


def lines_with(pattern: re.Pattern[str], *, without: tuple[str, ...] = ()) -> list[str]:
    return [
        f"{house.relative(path)}:{number}: {line.strip()[:100]}"
        for path in house.texts()
        if house.relative(path) not in without
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_registry_host_is_written_down():
    assert lines_with(HOSTS, without=("tests/guards/test_habits.py",)) == []


def test_nothing_is_left_unfinished():
    assert lines_with(UNFINISHED) == []


def test_no_path_of_one_machine():
    assert lines_with(MACHINE, without=("tests/guards/test_habits.py",)) == []


def calls(path, *names: str) -> list[str]:
    """Where a file calls ``module.function``."""
    found = []
    for node in ast.walk(house.tree(path)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in names:
            found.append(f"{house.relative(path)}:{node.lineno}")
    return found


def test_nobody_sleeps():
    """Waiting is for a condition, with a deadline."""
    sleepers = [
        place for path in house.python_files() for place in calls(path, "time.sleep", "sleep", "eventlet.sleep")
    ]
    assert sleepers == []


def test_no_test_is_skipped():
    marks = (
        "pytest.skip",
        "pytest.mark.skip",
        "pytest.mark.skipif",
        "pytest.mark.xfail",
        "pytest.xfail",
        "pytest.importorskip",
    )
    skipped = [
        f"{house.relative(path)}:{node.lineno}"
        for path in house.python_files("tests")
        for node in ast.walk(house.tree(path))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in marks
    ]
    assert skipped == []


WATCHING = ("raises", "expect", "wait", "see", "read", "look", "visit", "warns")


def has_check(function: ast.FunctionDef) -> bool:
    for node in ast.walk(function):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if "assert" in name or "check" in name or name.split(".")[-1].startswith(WATCHING):
                return True
    return False


def test_every_test_can_fail():
    blind = [
        f"{house.relative(path)}::{node.name}"
        for path in house.python_files("tests")
        for node in ast.walk(house.tree(path))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not has_check(node)
    ]
    assert blind == []


def swallowed(path) -> list[str]:
    """Handlers of every exception that do nothing at all."""
    return [
        f"{house.relative(path)}:{node.lineno}"
        for node in ast.walk(house.tree(path))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))
        and all(isinstance(step, ast.Pass) for step in node.body)
    ]


def test_no_fault_is_swallowed():
    assert [place for path in house.python_files("services", "gateway", "deploy") for place in swallowed(path)] == []


MONEY = re.compile(r"(amount|balance|total|price|sum|credit|debit)$")


def test_money_columns_carry_their_unit():
    """Money is whole cents, named ``*_cents``."""
    found = [
        f"{house.relative(path)}:{node.lineno} {node.target.id}"
        for path in house.python_files("services")
        if "/models" in house.relative(path)
        for node in ast.walk(house.tree(path))
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and MONEY.search(node.target.id)
    ]
    assert found == []


def test_no_float_column():
    found = [
        house.relative(path)
        for path in house.python_files("services")
        if "/models" in house.relative(path) and re.search(r"\b(Float|Numeric|Double)\(", path.read_text())
    ]
    assert found == []


def public_without_docstring(path) -> list[str]:
    return [
        f"{house.relative(path)}:{node.lineno} {node.name}"
        for node in house.tree(path).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and ast.get_docstring(node) is None
        and not (isinstance(node, ast.ClassDef) and plain(node))
    ]


def plain(node: ast.ClassDef) -> bool:
    """Schemas, tables, enums and typed dicts explain themselves by their fields."""
    bases = " ".join(ast.unparse(base) for base in node.bases)
    return bool(re.search(r"Schema|Event|Reading|Base|Enum|TypedDict|Form|NamedTuple|Protocol|Nothing", bases))


@pytest.mark.parametrize("folder", ["services/chassis"])
def test_what_is_public_is_explained(folder):
    assert [
        place
        for path in house.python_files(folder)
        for place in public_without_docstring(path)
        if "migrations" not in place
    ] == []
