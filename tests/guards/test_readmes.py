"""What a newcomer reads is complete: one page per service, one word per thing."""

import re

import pytest

from services.chassis.config import SERVICES
from tests.guards import house
from tests.guards.test_access import ROLES

GLOSSARY = (house.ROOT / "GLOSSARY.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")] for line in GLOSSARY.splitlines() if line.startswith("| ")
][1:]


@pytest.mark.parametrize("service", house.services())
def test_a_service_s_page_has_its_contract(service):
    """The marks are filled by `python -m deploy.catalogue`."""
    text = (house.ROOT / "services" / service / "README.md").read_text()
    assert "<!-- contract -->" in text and "<!-- /contract -->" in text


def test_every_term_has_both_words_a_meaning_and_a_home():
    assert [row for row in ROWS if len(row) != 4 or not all(row)] == []
    homes = {home.strip() for row in ROWS for home in row[3].split(",")}
    assert homes <= {*SERVICES, "chassis", "every service", "–"}


def test_no_term_is_told_twice():
    terms = [term.strip() for row in ROWS for term in row[0].split(",")]
    assert sorted(terms) == sorted(set(terms))


def test_every_role_is_in_the_glossary():
    words = GLOSSARY.lower()
    people = {role for role in ROLES if not role.startswith("service:")} - {"visitor", "person", "unpersonalised"}
    assert [role for role in people if role.replace("_", " ") not in words] == []


LINK = re.compile(r"\[[^\]]*\]\((?!https?:|mailto:|#|/)([^)#\s]+)")


def test_links_between_documents_lead_somewhere():
    pages = [path for path in house.files() if path.suffix == ".md"]
    broken = [
        f"{house.relative(page)} → {target}"
        for page in pages
        for target in LINK.findall(page.read_text())
        if not (page.parent / target).exists()
    ]
    assert broken == []


VARIABLE = re.compile(r"env\.\w+\(\s*\"([A-Z_]+)\"")


def test_every_variable_is_in_the_readme():
    read = {name for path in house.python_files("services/chassis") for name in VARIABLE.findall(path.read_text())}
    text = (house.ROOT / "README.md").read_text()
    assert [name for name in sorted(read) if name not in text] == []


NAMED = re.compile(
    r"`((?:unit|integration|guards|security|contracts|journeys)/[\w/]+\.py)(?:::(test_\w+))?`|`(?:::)?(test_\w+)`"
)


def test_each_requirement_of_the_security_table_says_which_test_shows_it_or_that_none_does():
    """Three columns: the numbers, how, and tests or «–»."""
    text = (house.ROOT / "docs" / "security.md").read_text()
    rows = [line for line in text.splitlines() if re.match(r"\| \d+\.\d+\.", line)]
    untold = [row for row in rows if not re.search(r"\| (–|.*`[^`]*test_\w+[^`]*`.*) \|$", row)]
    assert len(rows) > 100
    assert untold == []


def test_every_test_that_the_security_table_names_exists():
    tests = "\n".join(path.read_text() for path in house.python_files("tests"))
    named = NAMED.findall((house.ROOT / "docs" / "security.md").read_text())
    assert len(named) > 60
    missing = [path for path, _, _ in named if path and not (house.ROOT / "tests" / path).exists()]
    missing += [name for _, first, second in named if (name := first or second) and f"def {name}(" not in tests]
    assert missing == []
