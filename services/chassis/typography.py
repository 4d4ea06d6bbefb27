"""French typography, done once for every text that is shown or mailed: no-break spaces where French wants a space.

Sources: Imprimerie nationale, «Lexique des règles typographiques»: a no-break space inside « » and before the
colon, a narrow one before ; ! ? and between groups of three digits; a number stays with its sign or unit.
"""

import re
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


@lru_cache(maxsize=4096)
def typographic(text: str) -> str:
    """`text` with no-break spaces; placeholders (`%(name)s`) and everything else stay as they are."""
    for pattern, replacement in RULES:
        text = pattern.sub(replacement, text)
    return text
