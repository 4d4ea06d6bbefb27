"""The Caf's agents: their roles, and who has to remain."""

from collections.abc import Iterable
from enum import StrEnum

from services.identity.domain.refusals import LastCafAdministrator, ValidationFailed


class AgentRole(StrEnum):
    INSTRUCTOR = "instructor"  # reviews applications, verifies bank accounts, assistance
    SIGNATORY = "signatory"  # counter-signs conventions
    PREPARER = "preparer"  # prepares a payout batch
    RELEASER = "releaser"  # releases a batch that another prepared
    ADMINISTRATOR = "administrator"  # seasons, imports, resources, agents, journal


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
