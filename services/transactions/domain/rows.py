"""One line of a beneficiaries file: which columns it needs, and what makes it wrong."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

COLUMNS = {
    "family_reference": ("matricule", "matricule_allocataire", "numero_allocataire", "allocataire"),
    "child_reference": ("identifiant_enfant", "id_enfant", "enfant", "reference_enfant"),
    "last_name": ("nom", "nom_enfant"),
    "first_name": ("prenom", "prenom_enfant"),
    "birth_on": ("date_naissance", "date_de_naissance", "naissance", "ne_le"),
    "quotient": ("quotient_familial", "quotient", "qf"),
    "email": ("email", "e_mail", "mail", "courriel", "adresse_mail", "email_famille"),
}
"""What we read, and the headings under which it is accepted (case, accents, blanks and dashes don't matter)."""
OPTIONAL = frozenset({"quotient"})
TITLES = {
    "family_reference": "matricule allocataire",
    "child_reference": "identifiant enfant",
    "last_name": "nom",
    "first_name": "prénom",
    "birth_on": "date de naissance",
    "quotient": "quotient familial",
    "email": "e-mail",
}

_REFERENCE = re.compile(r"^[0-9A-Za-z][0-9A-Za-z /._-]{0,39}$")
_EMAIL = re.compile(r"^[^@\s,;<>\"]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250})\.[A-Za-z]{2,24}$")
_DATES = ("%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y")
_LONGEST_NAME = 100


class HeadingsWrong(ValueError):
    """Columns are missing; ``missing`` holds their French titles."""

    def __init__(self, missing: Sequence[str]):
        super().__init__(", ".join(missing))
        self.missing = list(missing)


class RowRefused(ValueError):
    """The line can't be used; ``reasons`` in French."""

    def __init__(self, reasons: Sequence[str]):
        super().__init__("; ".join(reasons))
        self.reasons = list(reasons)


@dataclass(frozen=True)
class Row:
    """One child, as the file says."""

    family_reference: str
    child_reference: str
    last_name: str
    first_name: str
    birth_on: date
    quotient: int | None
    email: str


def plain(text: str) -> str:
    """Lower case, without accents, words joined by ``_``: for headings and for searching names."""
    letters = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "_".join(re.findall(r"[a-z0-9]+", letters.lower()))


def read_headings(headings: Sequence[str]) -> dict[str, int]:
    """Which column holds what. Raises HeadingsWrong."""
    position = {plain(heading): index for index, heading in reversed(list(enumerate(headings)))}
    found = {
        name: next(position[title] for title in titles if title in position)
        for name, titles in COLUMNS.items()
        if any(title in position for title in titles)
    }
    missing = [TITLES[name] for name in COLUMNS if name not in found and name not in OPTIONAL]
    if missing:
        raise HeadingsWrong(missing)
    return found


def read_row(cells: Sequence[str], columns: Mapping[str, int]) -> Row:
    """The child of one line. Raises RowRefused with every reason at once."""
    values = {name: _cell(cells, index) for name, index in columns.items()}
    reasons = [f"{TITLES[name]} : manquant" for name in columns if not values[name] and name not in OPTIONAL]
    birth_on, quotient = _date(values["birth_on"], reasons), _quotient(values.get("quotient", ""), reasons)
    for name in ("family_reference", "child_reference"):
        if values[name] and not _REFERENCE.match(values[name]):
            reasons.append(f"{TITLES[name]} : caractères inattendus")
    for name in ("last_name", "first_name"):
        if not _printable_name(values[name]):
            reasons.append(f"{TITLES[name]} : illisible ou trop long")
    if values["email"] and not _EMAIL.match(values["email"]):
        reasons.append("e-mail : adresse invalide")
    if reasons or birth_on is None:
        raise RowRefused(reasons)
    return Row(
        family_reference=values["family_reference"].upper(),
        child_reference=values["child_reference"].upper(),
        last_name=values["last_name"],
        first_name=values["first_name"],
        birth_on=birth_on,
        quotient=quotient,
        email=values["email"].lower(),
    )


def _cell(cells: Sequence[str], index: int) -> str:
    text = cells[index] if index < len(cells) else ""
    return " ".join(text.split())


def _printable_name(name: str) -> bool:
    return len(name) <= _LONGEST_NAME and name.isprintable() and "\ufffd" not in name and not set(name) & set("<>={}|")


def _date(text: str, reasons: list[str]) -> date | None:
    if not text:
        return None
    for pattern in _DATES:
        try:
            return datetime.strptime(text, pattern).date()  # noqa: DTZ007 - a day of the calendar has no time zone
        except ValueError:
            continue
    reasons.append("date de naissance : attendue au format JJ/MM/AAAA")
    return None


def _quotient(text: str, reasons: list[str]) -> int | None:
    """Whole euros; a quotient with cents («734,50») is cut down to the euro, as the Caf's notices do."""
    if not text:
        return None
    match = re.fullmatch(r"(\d{1,6})(?:[.,]\d{1,2})?", text.replace(" ", "").rstrip("€"))
    if match is None:
        reasons.append("quotient familial : nombre attendu")
        return None
    return int(match[1])
