"""Each state machine is one enum and one transition table in the domain, and the README's diagram shows just
that."""

import enum
import inspect
import re
from collections.abc import Mapping
from typing import Any

import pytest

from tests.guards import house

_BLOCK = re.compile(r"```mermaid\s*\nstateDiagram-v2\n(.*?)```", re.DOTALL)
_EDGE = re.compile(r"^\s*(\w+)\s*-->\s*(\w+)\s*(?::.*)?$", re.MULTILINE)

Edges = frozenset[tuple[str, str]]


def state_enums(service: str) -> dict[str, type[enum.Enum]]:
    found = {}
    for module in house.modules_of(f"services.{service}.domain"):
        for name, value in vars(module).items():
            if inspect.isclass(value) and issubclass(value, enum.Enum) and name.endswith("State"):
                found[f"{value.__module__}.{value.__qualname__}"] = value
    return found


def edges_of(table: Mapping[Any, Any]) -> Edges:
    """The steps of a table, whichever of the two shapes it has."""
    edges = set()
    for origin, target in table.items():
        state = origin[0] if isinstance(origin, tuple) else origin
        targets = target if isinstance(target, set | frozenset | tuple | list) else [target]
        edges |= {(state.value, each.value) for each in targets}
    return frozenset(edges)


def is_table_of(value: Any, states: type[enum.Enum]) -> bool:
    if not isinstance(value, Mapping) or not value:
        return False
    origins = [key[0] if isinstance(key, tuple) else key for key in value]
    targets = [
        t for found in value.values() for t in (found if isinstance(found, set | frozenset | tuple | list) else [found])
    ]
    return all(isinstance(each, states) for each in [*origins, *targets])


def tables(service: str, states: type[enum.Enum]) -> list[Edges]:
    found: dict[int, Edges] = {}
    for module in house.modules_of(f"services.{service}.domain"):
        for value in vars(module).values():
            if is_table_of(value, states):
                found[id(value)] = edges_of(value)
    return list(found.values())


def diagrams(service: str) -> list[Edges]:
    text = (house.ROOT / "services" / service / "README.md").read_text()
    return [frozenset(_EDGE.findall(block)) for block in _BLOCK.findall(text)]


def drawn(edges: Edges) -> str:
    lines = "\n".join(f"    {origin} --> {target}" for origin, target in sorted(edges))
    return f"```mermaid\nstateDiagram-v2\n{lines}\n```"


MACHINES = [(service, name, states) for service in house.services() for name, states in state_enums(service).items()]


@pytest.mark.parametrize(("service", "name", "states"), MACHINES, ids=[f"{name}" for _, name, _ in MACHINES])
def test_each_state_enum_has_one_table_drawn_in_the_readme(service, name, states):
    found = tables(service, states)
    assert len(found) == 1, f"{name} needs one transition table in the domain, there are {len(found)}"
    assert found[0] in diagrams(service), (
        f"services/{service}/README.md lacks this diagram of {name}:\n{drawn(found[0])}"
    )


@pytest.mark.parametrize("service", house.services())
def test_no_diagram_shows_what_the_code_does_not_know(service):
    known = {edges for states in state_enums(service).values() for edges in tables(service, states)}
    assert [drawn(edges) for edges in diagrams(service) if edges not in known] == []
