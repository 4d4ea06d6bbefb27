"""The diagrams of the README are the transition tables of the code."""

import re
from pathlib import Path

import pytest

from services import identity
from services.identity.domain import accounts, transfers
from services.identity.messages import published

README = Path(identity.__path__[0], "README.md").read_text(encoding="utf-8")
DIAGRAMS = re.findall(r"```mermaid\n(.*?)```", README, re.S)


@pytest.mark.parametrize(
    ("drawn", "table"), list(zip(DIAGRAMS, [accounts.TRANSITIONS, transfers.TRANSITIONS], strict=True))
)
def test_each_diagram_draws_its_transition_table(drawn, table):
    arrows = {(start, end) for start, end in re.findall(r"(\w+) --> (\w+)", drawn)}
    assert arrows == {(start.value, end.value) for start, ends in table.items() for end in ends}


def test_every_announcement_is_listed():
    announced = {each.type for each in vars(published).values() if isinstance(getattr(each, "type", None), str)}
    assert announced
    assert [name for name in announced if f"`{name}`" not in README] == []
