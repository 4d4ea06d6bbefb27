"""The Caf's agents: their roles, and the authenticator that each of them needs (RFC 6238).

A code is accepted once: the time step of the last accepted code is kept and only a later one passes.
"""

import secrets
from collections.abc import Iterable
from enum import StrEnum

from services.identity.domain.refusals import LastCafAdministrator, ValidationFailed


class AgentRole(StrEnum):
    INSTRUCTOR = "instructor"  # reviews applications, verifies bank accounts, assistance
    SIGNATORY = "signatory"  # counter-signs conventions
    PREPARER = "preparer"  # prepares a payout batch
    RELEASER = "releaser"  # releases a batch that another prepared
    ADMINISTRATOR = "administrator"  # seasons, imports, resources, agents, journal


TOTP_STEP_S = 30
TOTP_DIGITS = 6
TOTP_DRIFT = 1  # steps before and after: a phone's clock may be half a minute off

RECOVERY_CODES = 10
_RECOVERY_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
_RECOVERY_LENGTH = 10  # 49 bits each, used once, behind the growing delay


def check_roles(roles: Iterable[str]) -> list[str]:
    """The roles, each once, in the order of the enum. Raises ValidationFailed."""
    wanted = set(roles)
    known: list[str] = [role.value for role in AgentRole if role.value in wanted]
    if not wanted or len(known) != len(wanted):
        raise ValidationFailed(roles=["Choisissez au moins un rôle de la liste."])
    return known


def check_administrator_remains(others: Iterable[Iterable[str]]) -> None:
    """Raises LastCafAdministrator unless one of the `others` (roles of the agents who stay active)
    administers."""
    if not any(AgentRole.ADMINISTRATOR in roles for roles in others):
        raise LastCafAdministrator


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
