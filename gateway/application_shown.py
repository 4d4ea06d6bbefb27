"""An application as people read it: groups of labelled facts, and names instead of account ids."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from flask_babel import lazy_gettext as _l

from gateway.formatting import grouped, phone, translated
from gateway.translation import N_

STRUCTURE_LABELS = {
    "name": _l("Nom de la structure"),
    "siret": _l("Numéro SIRET"),
    "rna": _l("Numéro RNA"),
    "naf": _l("Code NAF (APE)"),
    "address_line1": _l("Adresse"),
    "address_line2": _l("Complément d’adresse"),
    "postcode": _l("Code postal"),
    "commune_name": _l("Commune"),
    "email": _l("Adresse e-mail de la structure"),
    "phone": _l("Téléphone"),
    "website": _l("Site internet"),
}
REPRESENTATIVE_LABELS = {
    "civility": _l("Civilité"),
    "last_name": _l("Nom"),
    "first_name": _l("Prénom"),
    "position": _l("Fonction dans la structure"),
    "email": _l("Adresse e-mail personnelle"),
    "mobile": _l("Téléphone portable"),
}

SAID_BY_PARTNERS = (
    N_("Type de structure"), N_("Informations sur la structure"), N_("Représentant légal"),
    N_("Activités proposées"), N_("Coordonnées bancaires"),
    N_("Demande déposée"), N_("Demande prise en charge par la Caf"), N_("Demande remise dans la file"),
    N_("Élément accepté"), N_("Élément refusé"), N_("Corrections demandées"), N_("Correction saisie"),
    N_("Corrections envoyées"), N_("Demande approuvée"), N_("Demande refusée"),
)  # fmt: skip
"""Labels of items and of the history, as the partners service answers them: `translated` finds their English."""

GROUPS: dict[str, dict[str, Any]] = {
    "fields:structure_type": {"structure_type": _l("Type de structure")},
    "fields:structure": STRUCTURE_LABELS,
    "fields:representative": REPRESENTATIVE_LABELS,
    "fields:activities": {"activities": _l("Activités proposées"), "federation": _l("Fédération d’affiliation")},
    "fields:bank_account": {
        "iban_masked": _l("IBAN"),
        "bank_name": _l("Banque"),
        "holder": _l("Titulaire du compte"),
    },
}
"""Each group of fields with its fields and their labels, in the order of the form."""

COMPARED_AS = {"iban_masked": "iban", "bank_name": "iban"}
"""What a field is called where two rounds are compared, if it isn't its own name."""

IN_WORDS: dict[str, Callable[[Any], Any]] = {
    "structure_type": translated,
    "activities": lambda chosen: ", ".join(translated(one["label"]) for one in chosen),
    "siret": lambda digits: grouped(digits, 3),
    "phone": phone,
    "mobile": phone,
}


class Fact(NamedTuple):
    """`changed`: in this round; `before`: what it was, where that may be kept."""

    label: str
    value: Any
    changed: bool
    before: Any


@dataclass(frozen=True)
class Change:
    """What a new round brought for one item: the facts that differ, and how many files are new."""

    item: str
    label: str
    facts: list[Fact]
    new_files: int


def facts_of_groups(found: Mapping[str, Any]) -> dict[str, list[Fact]]:
    """The facts of each group of fields, by item key."""
    changed = {item["item"]: set(item["changed_fields"]) for item in found["items"]}
    now = {
        "fields:structure_type": {"structure_type": found["structure_type_label"]},
        "fields:structure": found["structure"],
        "fields:representative": found["representative"] or {},
        "fields:activities": {"activities": found["activities"], "federation": found["federation"]},
        "fields:bank_account": found["bank_account"] or {},
    }
    before = found.get("before", {})
    return {
        key: [
            _fact(label, name, now[key], before.get(key, {}), changed.get(key, set())) for name, label in labels.items()
        ]
        for key, labels in GROUPS.items()
    }


def _fact(label: Any, name: str, now: Mapping[str, Any], before: Mapping[str, Any], changed: set[str]) -> Fact:
    differs = COMPARED_AS.get(name, name) in changed
    return Fact(str(label), _in_words(name, now), differs, _in_words(name, before) if differs else None)


def _in_words(name: str, values: Mapping[str, Any]) -> Any:
    value = values.get(name)
    return IN_WORDS[name](value) if value and name in IN_WORDS else value


def is_new(found: Mapping[str, Any], file: Mapping[str, Any]) -> bool:
    """Whether the file came with the last corrections: it was sent while the round before stood open."""
    return bool(found["round"] > 1 and file["round"] >= found["round"] - 1)


def changes_of(found: Mapping[str, Any], facts: Mapping[str, list[Fact]]) -> list[Change]:
    """What this round brought, in the order of the form; nothing in the first."""
    return [
        Change(
            item["item"],
            item["label"],
            [fact for fact in facts.get(item["item"], []) if fact.changed],
            sum(is_new(found, file) for file in item["documents"]),
        )
        for item in found["items"]
        if item["changed"]
    ]
