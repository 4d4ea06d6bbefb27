"""What a password must be: CNIL recommendation of 14 October 2022 (délibération 2022-100), case 2.

With a restriction of access after failures, 50 bits of entropy are asked for. We ask for twelve characters
as well,
measure entropy after collapsing repetitions and sequences, and refuse what everybody tries first.
"""

import math
import unicodedata
from collections.abc import Callable, Iterable

MIN_LENGTH = 12
MAX_LENGTH = 128  # longer ones only make the hash slow
MIN_BITS = 50.0
_MIN_OWN_WORD = 4

_CLASSES: tuple[tuple[Callable[[str], bool], int], ...] = (
    (lambda c: c.isdigit(), 10),
    (lambda c: c.isalpha() and c.islower(), 26),
    (lambda c: c.isalpha() and not c.islower(), 26),
    (lambda c: not c.isalnum(), 33),
)


def normalise(password: str) -> str:
    """The form that is hashed: the same accented letter typed on two keyboards must be the same."""
    return unicodedata.normalize("NFKC", password)


def _alphabet(password: str) -> int:
    """How many characters the classes in use could have offered (CNIL's table)."""
    return sum(size for belongs, size in _CLASSES if any(belongs(c) for c in password))


def _effective_length(password: str) -> int:
    """The length with every run ("aaaa") or sequence ("1234", "dcba") counted as its first two characters."""
    length, run_step, run = 0, None, 0
    for index, character in enumerate(password):
        step = ord(character) - ord(password[index - 1]) if index else None
        run = run + 1 if step is not None and step == run_step and abs(step) <= 1 else 0
        run_step = step
        length += run == 0
    return length


def bits(password: str) -> float:
    """The entropy in bits as CNIL's calculator counts it, after collapsing runs and sequences."""
    alphabet = _alphabet(password)
    return _effective_length(password) * math.log2(alphabet) if alphabet else 0.0


def _letters(text: str) -> str:
    """Lower case without accents, digits at the ends or signs: what a dictionary would find."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if c.isalnum())


def _is_common(password: str, is_listed: Callable[[str], bool]) -> bool:
    folded = _letters(password)
    stems = {password.casefold(), folded, folded.strip("0123456789")}
    return any(is_listed(stem) for stem in stems if stem)


def _is_a_repeated_word(password: str) -> bool:
    """Whether it is one short block written several times ("abcabcabcabc")."""
    folded = password.casefold()
    return (folded + folded).find(folded, 1) < len(folded)


def _contains_own_words(password: str, own_words: Iterable[str]) -> bool:
    folded = _letters(password)
    words = (_letters(word) for word in own_words)
    return any(len(word) >= _MIN_OWN_WORD and word in folded and len(folded) - len(word) < 8 for word in words)


def problems(password: str, *, is_listed: Callable[[str], bool], own_words: Iterable[str] = ()) -> list[str]:
    """What is wrong with a new password, in French, ready to be shown; empty when it may be used.

    `is_listed` tells whether a lower-case word is on the list of common passwords; `own_words` are the
    person's
    names, address and structure.
    """
    password = normalise(password)
    if len(password) > MAX_LENGTH:
        return [f"Le mot de passe ne doit pas dépasser {MAX_LENGTH} caractères."]
    if len(password) < MIN_LENGTH:
        return [f"Le mot de passe doit contenir au moins {MIN_LENGTH} caractères."]
    if _is_common(password, is_listed) or _is_a_repeated_word(password):
        return ["Ce mot de passe est trop courant : choisissez-en un que personne d'autre n'utilise."]
    if _contains_own_words(password, own_words):
        return ["Le mot de passe ne doit pas reprendre votre nom, votre adresse e-mail ou celui de la structure."]
    if bits(password) < MIN_BITS:
        return ["Ce mot de passe est trop facile à deviner : mélangez lettres, chiffres et signes, sans suites."]
    return []
