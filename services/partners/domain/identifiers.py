"""French identifiers of structures: how they are written, and their check digits. Pure functions.

What needs a table of the outside world (banks, phone plans, mail domains) is in `services.partners.checks`.
"""

import re
import unicodedata

LA_POSTE_SIREN = "356000000"
"""La Poste's establishments have SIRETs that break Luhn: there the sum of the 14 digits is a multiple of 5
(INSEE, Sirene: «Numéro SIRET»). Its head office, 356 000 000 00048, satisfies Luhn."""

_RNA = re.compile(r"W\d{9}")
_NAF = re.compile(r"(\d{2})\.?(\d{2})([A-Z])")
_POSTCODE = re.compile(r"\d{5}")


def compact(text: str) -> str:
    """Without the spaces, dots and dashes that people put between groups; upper case."""
    return re.sub(r"[\s.\-  ]", "", text).upper()


def luhn_holds(digits: str) -> bool:
    """Luhn's sum (ISO/IEC 7812-1, annex B): double every second digit from the right, add up digits, modulo 10."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def is_siret(text: str) -> bool:
    """14 digits: a SIREN (9, Luhn) and an establishment (5), Luhn over all; La Poste is the exception."""
    if not re.fullmatch(r"[0-9]{14}", text) or not int(text):
        return False
    if text.startswith(LA_POSTE_SIREN):
        return luhn_holds(text) or sum(map(int, text)) % 5 == 0
    return luhn_holds(text[:9]) and luhn_holds(text)


def is_rna(text: str) -> bool:
    """`W` and nine digits (Répertoire national des associations). Alsace-Moselle's associations have none."""
    return text.isascii() and _RNA.fullmatch(text) is not None


def naf_code(text: str) -> str | None:
    """A NAF/APE code as INSEE writes it («93.12Z»), from what was typed; None if it has another shape."""
    match = _NAF.fullmatch(re.sub(r"\s", "", text).upper())
    return f"{match[1]}.{match[2]}{match[3]}" if match and text.isascii() else None


def is_postcode(text: str) -> bool:
    """Five digits; 00xxx is nowhere."""
    return text.isascii() and _POSTCODE.fullmatch(text) is not None and not text.startswith("00")


def is_iban_shape(text: str) -> bool:
    """Country, check digits, account; the ISO 13616 remainder is 1."""
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", text):
        return False
    return int("".join(str(int(char, 36)) for char in text[4:] + text[:4])) % 97 == 1


def masked_iban(iban: str) -> str:
    """«FR76 •••• •••• 1234»: enough to recognise an account, useless to anyone else."""
    return f"{iban[:4]} •••• •••• {iban[-4:]}"


def grouped_siret(siret: str) -> str:
    """«123 456 789 00012», as INSEE prints it."""
    return f"{siret[:3]} {siret[3:6]} {siret[6:9]} {siret[9:]}" if len(siret) == 14 else siret


def plain(text: str) -> str:
    """For comparing names: no accents, no punctuation, one space, lower case («Épinay-s/-Seine» → «epinay s seine»)."""
    bare = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("Œ", "oe"))
    letters = "".join(char for char in bare if not unicodedata.combining(char))
    return " ".join(re.sub(r"[^0-9a-zA-Z]+", " ", letters).lower().split())
