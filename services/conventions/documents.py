"""The convention as a PDF: PDF/A-2b (ISO 19005-2) and tagged, by typst, from a text version and the facts.

Rendering is reproducible: same text, facts and instant, same bytes. Fonts are those inside typst, not the machine's.
"""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

import pikepdf
import typst

from services.chassis import clock
from services.chassis.typography import day_in_words
from services.conventions import text_files
from services.conventions.domain import texts
from services.conventions.off_loop import off_loop

MEDIA_TYPE = "application/pdf"
PDF_STANDARD: Final = "a-2b"

Rows = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Signatures:
    """The last page's three tables of (element, value), and the ``keywords`` by which a program finds the same."""

    partner: Rows
    caf: Rows
    evidence: Rows
    keywords: Sequence[str]


@dataclass(frozen=True)
class Rendered:
    content: bytes
    pages: int


def render(version: str, facts: Mapping[str, Any], at: datetime, signatures: Signatures | None = None) -> Rendered:
    """The document; with ``signatures`` the final one. Raises TextVersionUnknown, PlaceUnknown."""
    text = texts.filled(text_files.text_of(version), facts)
    inputs = {"content": json.dumps(_content(text, facts, signatures), ensure_ascii=False)}
    if signatures is not None:
        inputs["signatures"] = json.dumps(asdict(signatures), ensure_ascii=False)
    layout = text_files.layout_of(version)
    content = off_loop(_compile, str(layout), str(layout.parent), inputs, at)
    return Rendered(content, page_count(content))


def _compile(layout: str, root: str, inputs: dict[str, str], at: datetime) -> bytes:
    compiler = typst.Compiler(layout, root=root, ignore_system_fonts=True, sys_inputs=inputs)
    made = compiler.compile(
        format="pdf", pdf_standards=PDF_STANDARD, timestamp=at.astimezone(UTC).replace(microsecond=0), pdf_tags=True
    )
    if not isinstance(made, bytes):
        raise TypeError("typst made no single PDF")
    return made


def _content(text: texts.Text, facts: Mapping[str, Any], signatures: Signatures | None) -> dict[str, Any]:
    return {
        "title": text.title,
        "parties": text.parties,
        "articles": [asdict(article) for article in text.articles],
        "platform": facts["platform"],
        "caf": facts["caf"],
        "structure": facts["structure"]["name"],
        "reference": facts["convention"]["reference"],
        "version": text.version,
        "keywords": list(signatures.keywords) if signatures else [],
    }


def page_count(content: bytes) -> int:
    with pikepdf.open(io.BytesIO(content)) as document:
        return len(document.pages)


def reference_of(convention_id: str) -> str:
    """The convention's readable reference, from the random end of its id."""
    return f"CONV-{convention_id.replace('-', '')[-10:].upper()}"


def facts_for(
    convention: Mapping[str, str], structure: Mapping[str, Any], person: Mapping[str, Any], names: Mapping[str, str]
) -> dict[str, Any]:
    """What the text may speak of. ``convention``: id, kind, text_version; ``structure``: as partners tells it;
    ``person``: the representative as identity tells them; ``names``: platform and caf."""
    return {
        "platform": names["platform"],
        "caf": names["caf"],
        "convention": {
            "id": convention["id"],
            "reference": reference_of(convention["id"]),
            "kind": convention["kind"],
            "text_version": convention["text_version"],
        },
        "structure": _structure_facts(structure),
        "representative": {
            "account_id": person["account_id"],
            "civility": person.get("civility") or "",
            "first_name": person["first_name"],
            "last_name": person["last_name"],
            "position": person.get("position") or "représentant légal",
        },
    }


def _structure_facts(structure: Mapping[str, Any]) -> dict[str, Any]:
    address = dict(structure.get("address") or {})
    return {
        "id": structure["structure_id"],
        "name": structure["name"],
        "legal_form": structure.get("legal_form") or "structure",
        "siret": structure.get("siret") or "",
        "rna": structure.get("rna") or "",
        "identifiers": _identifiers(structure),
        "address_line": _address_line(address),
        "activities_line": ", ".join(structure.get("activities") or []) or "voir le profil de la structure",
    }


def _identifiers(structure: Mapping[str, Any]) -> str:
    known = [("SIRET", structure.get("siret")), ("RNA", structure.get("rna"))]
    return ", ".join(f"{label} {value}" for label, value in known if value) or "sans numéro d’identification"


def _address_line(address: Mapping[str, str]) -> str:
    town = " ".join(part for part in (address.get("postcode"), address.get("commune")) if part)
    return ", ".join(part for part in (address.get("line1"), address.get("line2"), town) if part)


def at_in_words(at: datetime) -> str:
    """«24 novembre 2026 à 04:12:09 (heure de Paris)»."""
    local = clock.paris(at)
    return f"{day_in_words(local.date())} à {local:%H:%M:%S} (heure de Paris)"
