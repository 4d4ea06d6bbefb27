"""The second factor: an authenticator's code (RFC 6238) or a recovery code. Each agent has one, each partner may.

A code is accepted once: the time step of the last accepted code is kept and only a later one passes.
"""

import secrets
from enum import StrEnum

TOTP_STEP_S = 30
TOTP_DIGITS = 6
TOTP_DRIFT = 1  # steps before and after: a phone's clock may be half a minute off

RECOVERY_CODES = 10
_RECOVERY_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
_RECOVERY_LENGTH = 10  # 49 bits each, used once, behind the growing delay


class Checked(StrEnum):
    """How an administrator made sure who asks for the second factor to be taken away (ASVS 5.0, 6.4.4: as sure as when
    the account was made)."""

    CALLED_BACK = "called_back"  # at the number that the structure's file holds
    IN_PERSON = "in_person"  # with an identity document
    REPRESENTATIVE = "representative"  # the structure's legal representative vouches for them, in writing


def recovery_codes() -> list[str]:
    """Ten fresh codes `ABCDE-FGHJK`, shown once."""
    return [_recovery_code() for _ in range(RECOVERY_CODES)]


def _recovery_code() -> str:
    raw = "".join(secrets.choice(_RECOVERY_ALPHABET) for _ in range(_RECOVERY_LENGTH))
    return f"{raw[:5]}-{raw[5:]}"


def normalise_code(code: str) -> str:
    """A typed TOTP or recovery code without blanks, hyphens and case."""
    return "".join(c for c in code.upper() if c.isalnum())


def is_totp(code: str) -> bool:
    """Whether a normalised code has the shape of a TOTP code rather than a recovery code."""
    return len(code) == TOTP_DIGITS and code.isdecimal()
