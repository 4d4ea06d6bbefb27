"""Links between our documents lead somewhere, and no document stands alone."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FRONT = ("README.md", "CONTRIBUTING.md", "deploy/README.md")
PAGES = [*(ROOT / name for name in FRONT), *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")


def local_links(page: Path) -> list[str]:
    """What the page links to in the repository."""
    return [link for link in LINK.findall(page.read_text(encoding="utf-8")) if not re.match(r"[a-z]+:|#", link)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    missing = [link for link in local_links(page) if not (page.parent / link.partition("#")[0]).exists()]
    assert missing == []


def test_every_document_can_be_reached() -> None:
    reached = {(page.parent / link.partition("#")[0]).resolve() for page in PAGES for link in local_links(page)}
    assert [page.name for page in (ROOT / "docs").glob("*.md") if page.resolve() not in reached] == []
