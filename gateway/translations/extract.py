"""`python -m gateway.translations.extract`: renew the English catalogue from the sources.

French texts are the keys. New ones are added empty, unused ones leave, translations stay. Refusals are read from
their tables, and the words of the lists that the partners service is configured with from its files, since they are
translated when shown.
"""

import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from gateway.refusals import tables
from gateway.translation import TRANSLATIONS

GATEWAY = Path(__file__).parent.parent
LISTS = GATEWAY.parent / "services" / "partners" / "configuration"
KEYWORDS = {"_": None, "gettext": None, "N_": None, "_l": None, "lazy_gettext": None, "ngettext": (1, 2)}
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2"), ("templates/**.js", "jinja2")]
REVISED = datetime(2026, 11, 24, tzinfo=UTC)
"""Fixed, so that an unchanged catalogue stays the same file."""
AGENTS_ONLY = ("caf", "dev", "component_examples")


def for_agents_only(name: str) -> bool:
    """Whether only the Caf's agents, who work in French, see the texts of this file."""
    return any(part.startswith(AGENTS_ONLY) for part in Path(name).parts)


def french_texts() -> Catalog:
    """Every text that the public and partners may see."""
    found = Catalog(charset="utf-8")
    for name, _line, text, _comments, _context in extract_from_dir(GATEWAY, METHODS, keywords=KEYWORDS):
        if not for_agents_only(name):
            found.add(text, locations=[(name, 0)])
    for module, table in tables().items():
        for _status, sentence in table.values():
            found.add(sentence, locations=[(f"refusals/{module}.py", 0)])
    for name in ("structure_types.toml", "activities.toml"):
        for word in _words(tomllib.loads((LISTS / name).read_text("utf-8"))):
            found.add(word, locations=[(name, 0)])
    return found


def _words(configured: dict[str, Any]) -> Iterator[str]:
    """Labels and hints of the partners' lists; families name themselves and their activities."""
    for family, activities in configured.get("families", {}).items():
        yield from (family, *activities.values())
    for entry in (*configured.get("documents", {}).values(), *configured.get("types", ())):
        yield from (entry[key] for key in ("label", "hint") if key in entry)


def catalogue_path(language: str = "en") -> Path:
    return TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"


def translated(language: str = "en") -> Catalog:
    """The catalogue as it is."""
    with catalogue_path(language).open("rb") as stream:
        return read_po(stream, locale=language)


def main() -> int:
    catalogue = translated() if catalogue_path().exists() else Catalog(locale="en")
    catalogue.update(french_texts(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.fuzzy, catalogue.header_comment = False, "# English for French texts. See translations/extract.py."
    catalogue.project, catalogue.version = "pass-sports-loisirs", "1"
    catalogue.revision_date = catalogue.creation_date = REVISED
    with catalogue_path().open("wb") as stream:
        write_po(stream, catalogue, width=0, sort_output=True, omit_header=False, include_lineno=False)
    missing = [one.id for one in catalogue if one.id and not one.string]
    print(f"{len(catalogue)} texts, {len(missing)} without English")
    return 0


if __name__ == "__main__":
    sys.exit(main())
