"""The configuration of partners, read once from `configuration/`: structure types and their documents, activities,
reasons of refusal, communes."""

import csv
import tomllib
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from services.partners.domain.directory import distance_km
from services.partners.domain.documents import DocumentKind, StructureType
from services.partners.domain.identifiers import plain

FOLDER = Path(__file__).parent / "configuration"


@dataclass(frozen=True)
class Activity:
    """One activity that a structure may offer; `family` groups the check boxes."""

    code: str
    label: str
    family: str


@dataclass(frozen=True)
class Commune:
    """One commune: `code` is INSEE's, `centre` its town's (latitude, longitude) to about a hundred metres."""

    code: str
    name: str
    postcodes: tuple[str, ...]
    centre: tuple[float, float]


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))


@cache
def structure_types() -> dict[str, StructureType]:
    """Every structure type by code, in the order of the drop-down list."""
    table = _toml("structure_types.toml")
    kinds = {name: DocumentKind(kind=name, **entry) for name, entry in table["documents"].items()}
    everyone = table["everyone"]["documents"]
    return {
        entry["code"]: StructureType(
            code=entry["code"],
            label=entry["label"],
            hint=entry.get("hint", ""),
            has_rna=entry.get("has_rna", False),
            documents=tuple(
                sorted((kinds[name] for name in [*entry["documents"], *everyone]), key=lambda kind: kind.step)
            ),
        )
        for entry in table["types"]
    }


@cache
def activities() -> dict[str, Activity]:
    """Every activity by code, family by family."""
    return {
        code: Activity(code, label, family)
        for family, members in _toml("activities.toml")["families"].items()
        for code, label in members.items()
    }


@cache
def reasons() -> dict[str, list[str]]:
    """Sentences to choose from when refusing, by item kind («document», «fields»)."""
    return _toml("reasons.toml")


@cache
def communes() -> dict[str, Commune]:
    """The communes known by name, by INSEE code."""
    with (FOLDER / "communes.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["code"]: Commune(
                row["code"],
                row["name"],
                tuple(row["postcodes"].split()),
                (float(row["latitude"]), float(row["longitude"])),
            )
            for row in csv.DictReader(file)
        }


@cache
def _communes_by_postcode() -> dict[str, list[Commune]]:
    found: dict[str, list[Commune]] = {}
    for commune in communes().values():
        for postcode in commune.postcodes:
            found.setdefault(postcode, []).append(commune)
    return found


def commune_of(postcode: str, name: str) -> Commune | None:
    """The commune of that postcode whose name is the same but for accents and punctuation; None if unknown here."""
    wanted = plain(name)
    return next((one for one in _communes_by_postcode().get(postcode, []) if plain(one.name) == wanted), None)


def communes_at(postcode: str) -> list[Commune]:
    """The known communes of a postcode."""
    return _communes_by_postcode().get(postcode, [])


def communes_within(code: str, km: float) -> list[str]:
    """The codes of the communes whose centre lies within `km` of that commune's; none if it isn't known here."""
    centre = communes().get(code)
    if centre is None:
        return []
    return [one.code for one in communes().values() if distance_km(centre.centre, one.centre) <= km]


def shown() -> dict[str, Any]:
    """All of it as the pages read it."""
    return {
        "structure_types": [
            {**asdict(one), "documents": [_document_shown(document) for document in one.documents]}
            for one in structure_types().values()
        ],
        "activities": [asdict(activity) for activity in activities().values()],
        "communes": [{**asdict(one), "postcodes": list(one.postcodes)} for one in communes().values()],
    }


def _document_shown(document: DocumentKind) -> dict[str, Any]:
    return {
        "kind": document.kind,
        "label": document.label,
        "hint": document.hint,
        "required": document.required,
        "step": document.step,
        "max_files": document.max_files,
        "date": document.date,
    }
