"""The papers say what is so: a label in «…» is on a screen, a command, a variable and a path in `…` exist."""

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from itertools import chain
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

from deploy import commands, enter
from gateway.refusals import tables
from gateway.translations.extract import GATEWAY, KEYWORDS, METHODS
from tests.guards import house

DOCS = house.ROOT / "docs"
LABELLED = ("guide-club", "guide-caf", "finance", "privacy", "terminal-api", "reliability", "runbook")
ELSEWHERE = {
    "Keys": "a heading of operations.md",
    "en attente": "what the maker of a terminal shall show",
    "accepté": "what the maker of a terminal shall not show",
}
"""What is quoted and is no text of our pages, with the reason."""
NEVER_SHOWN = {"dev", "dev.py", "component_examples.py"}  # the catalogue of components says what no page says
PAPERS = [path for path in house.files() if path.suffix == ".md" and path.name != "CHANGELOG.md"]
PLACEHOLDER = re.compile(r"%\(\w+\)s")


def normal(text: str) -> str:
    """A text as it is compared: one kind of apostrophe and of space, no full stop."""
    return re.sub(r"\s+", " ", text.replace("’", "'")).strip(" .")


@cache
def shown() -> frozenset[str]:
    """Every text of the pages: of templates, modules and refusals, and the titles of the operator's dashboard."""
    found = extract_from_dir(GATEWAY, METHODS, keywords=KEYWORDS)
    texts = [text for name, _, text, _, _ in found if not NEVER_SHOWN & set(Path(name).parts)]
    dashboard = json.loads((house.ROOT / "deploy" / "monitoring" / "dashboard.json").read_text(encoding="utf-8"))
    refusals = [sentence for table in tables().values() for _, sentence in table.values()]
    flat = chain.from_iterable([text] if isinstance(text, str) else text for text in texts)
    return frozenset(map(normal, [*flat, *refusals, *(panel["title"] for panel in dashboard["panels"])]))


@cache
def filled_in() -> tuple[re.Pattern[str], ...]:
    """Texts with something to fill in, as patterns: a guide fills in a number, or «…»."""
    parts = [PLACEHOLDER.split(text) for text in shown() if PLACEHOLDER.search(text)]
    return tuple(re.compile(r"(?:\d+|…)".join(map(re.escape, each))) for each in parts)


def on_a_screen(label: str) -> bool:
    return label in shown() or any(pattern.fullmatch(label) for pattern in filled_in())


@pytest.mark.parametrize("guide", LABELLED)
def test_every_label_that_a_guide_quotes_is_on_a_screen(guide: str) -> None:
    quoted = re.findall(r"«\s?(.*?)\s?»", " ".join((DOCS / f"{guide}.md").read_text(encoding="utf-8").split()))
    assert quoted
    assert [label for label in quoted if label not in ELSEWHERE and not on_a_screen(normal(label))] == []


@pytest.mark.parametrize("label", ["Devenir partenaire", "Révoquer", "Preuves", "Mes", "n'importe quoi"])
def test_a_label_that_no_screen_has_would_be_found(label: str) -> None:
    assert not on_a_screen(label)


def quoted(pattern: str) -> Iterator[tuple[str, str]]:
    """(page, what the pattern found) in every paper."""
    for page in PAPERS:
        for found in re.findall(pattern, page.read_text(encoding="utf-8")):
            yield house.relative(page), found


def test_every_module_that_a_paper_starts_exists() -> None:
    started = set(quoted(r"python -m ([a-z][\w.]*\w)"))
    assert len(started) > 20
    assert [(page, name) for page, name in started if find_spec(name) is None] == []


def test_every_command_that_a_paper_gives_exists() -> None:
    (known,) = [action.choices for action in commands.parser()._actions if hasattr(action.choices, "keys")]
    given = set(quoted(r"python -m deploy ([a-z][a-z-]+)"))
    assert len(given) > 8
    assert [(page, name) for page, name in given if name not in known] == []
    entered = {name for _, name in quoted(r"deploy\.enter (?:--from \S+ )?([a-z][a-z-]+)")}
    assert entered and all(enter.command([name, "identity"] if name == "service" else [name]) for name in entered)


def test_every_target_of_make_that_a_paper_names_exists() -> None:
    targets = set(re.findall(r"^(\w+):", (house.ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(quoted(r"(?m)(?:`|^)make (\w+)"))
    assert len(named) > 8
    assert [(page, name) for page, name in named if name not in targets] == []


def test_every_variable_that_a_paper_names_is_read_somewhere() -> None:
    sources = [path for path in house.files() if path.suffix in (".py", ".yml", ".yaml", ".js")]
    read = set(re.findall(r"\b[A-Z][A-Z0-9_]+\b", "\n".join(path.read_text(encoding="utf-8") for path in sources)))
    named = set(quoted(r"\b((?:PSL|TWILIO|AWS|AMQP)_[A-Z_]*[A-Z])\b"))
    assert len(named) > 40
    assert [(page, name) for page, name in named if name not in read] == []


def test_every_path_that_a_paper_names_exists() -> None:
    """Or git ignores it: it is there once somebody has made it."""
    ignored = (house.ROOT / ".gitignore").read_text(encoding="utf-8").split()
    named = set(quoted(r"`((?:deploy|docs|services|gateway|tests)/[\w./-]+)`"))
    assert len(named) > 30
    missing = [(page, path) for page, path in named if not (house.ROOT / path).exists()]
    assert [each for each in missing if each[1].rstrip("/") not in ignored] == []


def test_every_unit_that_a_paper_names_exists() -> None:
    units = {path.name.partition(".")[0].partition("@")[0] for path in (house.ROOT / "deploy" / "systemd").iterdir()}
    named = set(quoted(r"(?:systemctl [a-z -]+|journalctl -u )(psl[a-z-]*)"))
    assert named
    assert [(page, name) for page, name in named if name not in units] == []
