"""The versions of the convention's text, as folders of ``templates/``: words in ``text.toml``, look in
``convention.typ``. A version that was signed once is never edited: its digest is held by a test."""

import tomllib
from functools import cache
from pathlib import Path

from services.conventions.domain.refusals import TextVersionUnknown
from services.conventions.domain.texts import Article, Text

FOLDER = Path(__file__).with_name("templates")


@cache
def all_texts() -> dict[str, Text]:
    """Every version by its name."""
    found = (_read(path) for path in sorted(FOLDER.glob("*/text.toml")))
    return {text.version: text for text in found}


def text_of(version: str) -> Text:
    """Raises TextVersionUnknown."""
    try:
        return all_texts()[version]
    except KeyError:
        raise TextVersionUnknown(text_version=version) from None


def layout_of(version: str) -> Path:
    """The typst file that lays a version out. Raises TextVersionUnknown."""
    return FOLDER / text_of(version).version / "convention.typ"


def _read(path: Path) -> Text:
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    if raw["version"] != path.parent.name:
        raise ValueError(f"{path} says that it is version {raw['version']}")
    articles = (
        Article(number, article["title"], tuple(article["paragraphs"]))
        for number, article in enumerate(raw["articles"], 1)
    )
    return Text(raw["version"], raw["effective_on"], raw["title"], tuple(raw["parties"]), tuple(articles))
