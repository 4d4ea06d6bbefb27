"""Terminals: a smartphone paired with a structure by a short code that lives ten minutes."""

import secrets
from datetime import timedelta

PAIRING_LIFETIME = timedelta(minutes=10)
WAITING_PAIRINGS = 10  # per structure: more than anyone pairs at once, few enough to make guessing hopeless
NAME_LENGTH = 60
FREE_TRIES = 20  # per address: a whole club may sit behind one; guessing 38 bits in ten minutes stays hopeless

# No vowels (no words), nothing that looks like something else. 8 of 27 characters: 38 bits for ten minutes.
_ALPHABET = "BCDFGHJKLMNPQRSTVWXZ2345679"
_LENGTH = 8


def pairing_code() -> str:
    """A fresh code, shown as `BCDF-GHJK`."""
    raw = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    return f"{raw[:4]}-{raw[4:]}"


def normalise_pairing_code(code: str) -> str:
    """What was typed, or the QR's text (its address ends in `#pairing=CODE`), without hyphens, blanks and case."""
    return "".join(c for c in code.rpartition("pairing=")[2].upper() if c.isalnum())
