"""French typography, done once for every text that is shown or mailed: no-break spaces where French wants a space.

Sources: Imprimerie nationale, «Lexique des règles typographiques»: a no-break space inside « » and before the
colon, a narrow one before ; ! ? and between groups of three digits; a number stays with its sign or unit; in a date
the first of a month is an ordinal, «1er», and the other days are not.
"""

import re
import unicodedata
from datetime import date
from functools import lru_cache

NO_BREAK, NARROW = "\u00a0", "\u202f"
RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"« "), f"«{NO_BREAK}"),
    (re.compile(r" »"), f"{NO_BREAK}»"),
    (re.compile(r" :(?=\s|$|<)"), f"{NO_BREAK}:"),
    (re.compile(r" ([;!?])(?=\s|$|[)»<])"), rf"{NARROW}\1"),
    (re.compile(r"(?<=\d) (?=\d{3}(?!\d))"), NARROW),
    (re.compile(r"(?<=\d) (?=€|%(?!\()|[kM]o\b|km\b)"), NO_BREAK),
    (re.compile(r"\bn° "), f"n°{NO_BREAK}"),
)

MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip


def day_number(day: int) -> str:
    """The day of a month in a date that names it: «1er», «2» … «31»."""
    return "1er" if day == 1 else str(day)


def day_in_words(on: date) -> str:
    """«1er septembre 2026», «24 novembre 2026»."""
    return f"{day_number(on.day)} {MONTHS[on.month - 1]} {on.year}"


_ELIDING = re.compile(r"[aeiouœæ]|y[^aeiouœæ]")


def of(name: str) -> str:
    """«de» before a first name: «de Lina», «d’Inès», «d’Yves», «de Yanis». H stays: nobody hears whether it is mute."""
    bare = unicodedata.normalize("NFKD", name.strip().casefold())
    plain = "".join(letter for letter in bare if not unicodedata.combining(letter))
    return f"d’{name}" if _ELIDING.match(plain) else f"de {name}"


@lru_cache(maxsize=4096)
def typographic(text: str) -> str:
    """`text` with no-break spaces; placeholders (`%(name)s`) and everything else stay as they are."""
    for pattern, replacement in RULES:
        text = pattern.sub(replacement, text)
    return text
