"""Limits of sessions, and the roles that their tokens name."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.identity.domain import sessions
from services.identity.domain.accounts import Kind
from services.identity.domain.delegations import Right, Role

AT = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
TODAY = date(2026, 3, 1)


def alive(kind, age, idle):
    return sessions.is_alive(kind, AT - age, AT - idle, AT)


@pytest.mark.parametrize("kind", [Kind.PERSON, Kind.AGENT])
def test_a_session_ends_when_idle_or_too_old(kind):
    limits = sessions.LIMITS[kind]
    moment = timedelta(seconds=1)
    assert alive(kind, limits.absolute - moment, limits.idle - moment)
    assert not alive(kind, limits.absolute, timedelta(0))
    assert not alive(kind, limits.idle, limits.idle)


def roles(kind=Kind.PERSON, **given):
    known = {"provisional": False, "agent_roles": [], "right": None, "today": TODAY}
    return sessions.roles(kind, **(known | given))


def right(role, **more):
    return Right("d", "a", role, **more)


def test_a_provisional_password_names_one_role_whatever_else_is_held():
    held = right(Role.LEGAL_REPRESENTATIVE)
    assert roles(provisional=True, right=held) == ["unpersonalised"]
    assert roles(Kind.AGENT, provisional=True, agent_roles=["administrator"]) == ["unpersonalised"]


def test_a_person_without_structure_is_a_person():
    assert roles() == ["person"]


@pytest.mark.parametrize("role", list(Role))
def test_with_a_structure_the_right_held_there_is_the_role(role):
    assert roles(right=right(role)) == [role.value]


def test_a_right_lasts_until_the_end_of_its_last_day_and_not_after_being_revoked():
    assert roles(right=right(Role.CASHIER, ends_on=TODAY)) == ["cashier"]
    assert roles(right=right(Role.CASHIER, ends_on=TODAY - timedelta(days=1))) == ["person"]
    assert roles(right=right(Role.CASHIER, revoked=True)) == ["person"]


def test_agents_hold_their_roles_and_that_of_agent():
    assert roles(Kind.AGENT, agent_roles=["signatory", "instructor"]) == ["agent", "instructor", "signatory"]
