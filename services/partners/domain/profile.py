"""What a structure tells the public of itself: checks that give a person a sentence. Standard library only."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MAX_DESCRIPTION = 2000
MAX_LINKS = 5
MAX_AGE = 18
_HOUR = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def age_errors(age_min: int | None, age_max: int | None) -> dict[str, list[str]]:
    """What is wrong with an age range; nothing is required."""
    errors: dict[str, list[str]] = {}
    for name, age in (("age_min", age_min), ("age_max", age_max)):
        if age is not None and not 0 <= age <= MAX_AGE:
            errors[name] = [f"Indiquez un âge entre 0 et {MAX_AGE} ans."]
    if not errors and age_min is not None and age_max is not None and age_min > age_max:
        errors["age_max"] = ["L’âge maximum doit être supérieur ou égal à l’âge minimum."]
    return errors


def hours_errors(hours: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """What is wrong with opening hours: `[{"day": 0–6, "opens": "17:00", "closes": "20:00"}]`, several a day."""
    for slot in hours:
        opens, closes = str(slot["opens"]), str(slot["closes"])
        if not (_HOUR.fullmatch(opens) and _HOUR.fullmatch(closes)):
            return {"opening_hours": ["Écrivez les heures comme 17:00."]}
        if opens >= closes:
            day = DAYS[slot["day"]]
            return {"opening_hours": [f"Le {day}, l’heure de fermeture doit suivre l’heure d’ouverture."]}
    return {}


def sorted_hours(hours: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The same hours, Monday first, earliest first."""
    return sorted((dict(slot) for slot in hours), key=lambda slot: (slot["day"], slot["opens"]))
