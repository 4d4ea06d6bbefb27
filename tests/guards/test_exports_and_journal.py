"""What leaves as a table is harmless for spreadsheets, and what stands in the journal has its words."""

import ast
import re

from gateway.caf_journal_words import SERVICES, WORDS, words_of
from services.chassis import config
from tests.guards import house

ACTION = re.compile(r"[a-z_]+:[a-z_]+")
COMPOSED = {
    f"establishment:{verb}" for verb in ("save", "close", "reopen")
} | {f"import:{state}" for state in ("checked", "done")}  # fmt: skip
WITHOUT_TEXTS = {
    "services/payouts/finance.py": "numbers and ids of our own only; it is to be copied as it is, without the platform",
}


def written_actions() -> set[str]:
    """What the services write in the journal: the constants given to ``audit`` and to what passes them on."""
    found = set()
    common = house.ROOT / "services/chassis/service.py"
    for path in (common, *house.python_files(*(f"services/{service}" for service in house.services()))):
        for node in ast.walk(house.tree(path)):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("audit", "_audit", "record"):
                constants = [
                    part.value for given in node.args for part in ast.walk(given) if isinstance(part, ast.Constant)
                ]
                found |= {text for text in constants if isinstance(text, str) and ACTION.fullmatch(text)}
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "action":
                found |= {part.value for part in ast.walk(node.value) if isinstance(part, ast.Constant)}
    return found | COMPOSED


def test_every_action_of_the_journal_has_its_words() -> None:
    assert len(written_actions()) > 100
    assert sorted(action for action in written_actions() if words_of(action) == action) == []


def test_no_words_are_left_of_actions_that_are_gone() -> None:
    told = {action for group in WORDS.values() for action in group}
    assert sorted(told - written_actions()) == []


def test_every_journal_can_be_chosen() -> None:
    assert set(SERVICES) == set(config.SERVICES)


def test_every_table_that_leaves_passes_its_texts_through_harmless() -> None:
    makers = re.compile(r"csv\.writer\(|xlsxwriter\.Workbook\(|spreadsheetml/2006")
    writing = [path for path in house.python_files("services", "gateway") if makers.search(path.read_text())]
    assert len(writing) > 5
    naked = {house.relative(path) for path in writing if "harmless(" not in path.read_text()}
    assert naked == set(WITHOUT_TEXTS)
