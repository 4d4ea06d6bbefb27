"""An application as people read it: groups of labelled facts, and names instead of account ids."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from gateway.formatting import grouped, translated
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

Fact = tuple[str, Any, bool, Any]
"""Label, value, whether it changed in this round, what it was before (where that may be kept)."""


def facts_of_groups(found: Mapping[str, Any]) -> dict[str, list[Fact]]:
    """The facts of each group of fields, by item key."""
    changed = {item["item"]: set(item["changed_fields"]) for item in found["items"]}
    before = found.get("before", {})
    return {
        "fields:structure_type": [
            (
                str(_l("Type de structure")),
                translated(found["structure_type_label"]),
                _in(changed, "structure_type"),
                None,
            ),
        ],
        "fields:structure": _facts(STRUCTURE_LABELS, _structure(found), changed, before, "fields:structure"),
        "fields:representative": _facts(
            REPRESENTATIVE_LABELS, found["representative"] or {}, changed, before, "fields:representative"
        ),
        "fields:activities": [
            (
                str(_l("Activités proposées")),
                ", ".join(translated(one["label"]) for one in found["activities"]),
                "activities" in changed.get("fields:activities", set()),
                None,
            ),
            (
                str(_l("Fédération d’affiliation")),
                found["federation"],
                "federation" in changed.get("fields:activities", set()),
                None,
            ),
        ],
        "fields:bank_account": _bank_account(found["bank_account"] or {}, changed.get("fields:bank_account", set())),
    }


def _in(changed: Mapping[str, set[str]], group: str) -> bool:
    return bool(changed.get(f"fields:{group}"))


def _structure(found: Mapping[str, Any]) -> dict[str, Any]:
    shown = dict(found["structure"])
    if shown.get("siret"):
        shown["siret"] = grouped(shown["siret"], 3)
    return shown


def _facts(
    labels: Mapping[str, Any],
    values: Mapping[str, Any],
    changed: Mapping[str, set[str]],
    before: Mapping[str, Mapping[str, Any]],
    key: str,
) -> list[Fact]:
    names = changed.get(key, set())
    earlier = before.get(key, {})
    return [
        (str(label), values.get(name), name in names, earlier.get(name) if name in names else None)
        for name, label in labels.items()
    ]


def _bank_account(account: Mapping[str, Any], changed: set[str]) -> list[Fact]:
    return [
        (str(_l("IBAN")), account.get("iban_masked"), "iban" in changed, None),
        (str(_l("Banque")), account.get("bank_name"), "iban" in changed, None),
        (str(_l("Titulaire du compte")), account.get("holder"), "holder" in changed, None),
    ]
