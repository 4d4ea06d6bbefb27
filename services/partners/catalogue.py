"""The configuration of partners, read once from `configuration/`: structure types and their documents, activities,
reasons of refusal, communes."""

import csv
import re
import tomllib
from dataclasses import asdict, dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from services.chassis.config import settings
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
    """One commune: `code` is INSEE's, `centre` its town's (latitude, longitude) to about a hundred metres, if known."""

    code: str
    name: str
    postcodes: tuple[str, ...]
    centre: tuple[float, float] | None = None
    former_names: tuple[str, ...] = ()
    """Of communes that were merged into it: people still write them."""


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
    """Every commune of France, by INSEE code (`python -m deploy.communes` writes the table)."""
    with (FOLDER / "communes.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: _commune(row) for row in csv.DictReader(file)}


def _commune(row: dict[str, str]) -> Commune:
    return Commune(
        code=row["code"],
        name=row["name"],
        postcodes=tuple(row["postcodes"].split()),
        centre=(float(row["latitude"]), float(row["longitude"])) if row["latitude"] else None,
        former_names=tuple(filter(None, row["former_names"].split("|"))),
    )


def communes_of_department(department: str) -> list[Commune]:
    """The communes whose INSEE code begins with the department's, in the order of their names."""
    found = [one for one in communes().values() if one.code.startswith(department)]
    return sorted(found, key=lambda one: sort_name(one.name))


def sort_name(name: str) -> str:
    """A name as lists order it: «Le Bourget» among the B."""
    return re.sub(r"^(l|le|la|les) ", "", plain(name))


@cache
def _communes_by_postcode() -> dict[str, list[Commune]]:
    found: dict[str, list[Commune]] = {}
    for commune in communes().values():
        for postcode in commune.postcodes:
            found.setdefault(postcode, []).append(commune)
    return found


def commune_of(postcode: str, name: str) -> Commune | None:
    """The commune of that postcode which is, or used to be, called so but for accents and punctuation; None if there
    is none."""
    wanted = plain(name)
    at = communes_at(postcode)
    present = next((one for one in at if plain(one.name) == wanted), None)
    return present or next((one for one in at if wanted in map(plain, one.former_names)), None)


def communes_at(postcode: str) -> list[Commune]:
    """The communes of a postcode; none for one that exists for companies only (CEDEX)."""
    return _communes_by_postcode().get(postcode, [])


@lru_cache(maxsize=1_000)
def communes_within(code: str, km: float) -> tuple[str, ...]:
    """The codes of the communes whose centre lies within `km` of that commune's, itself included; only itself if it
    isn't known where it lies, none if it doesn't exist."""
    own = communes().get(code)
    if own is None:
        return ()
    if own.centre is None:
        return (code,)
    return tuple(one.code for one in communes().values() if one.centre and distance_km(own.centre, one.centre) <= km)


def shown() -> dict[str, Any]:
    """All of it as the pages read it."""
    return {
        "structure_types": [
            {**asdict(one), "documents": [_document_shown(document) for document in one.documents]}
            for one in structure_types().values()
        ],
        "activities": [asdict(activity) for activity in activities().values()],
        "communes": [
            {"code": one.code, "name": one.name, "postcodes": list(one.postcodes), "centre": one.centre}
            for one in communes_of_department(settings().caf_department)
        ],
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
