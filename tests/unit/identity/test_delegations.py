"""Granting and ending rights."""

from datetime import date, timedelta

import pytest

from services.identity.domain import agents, delegations
from services.identity.domain.delegations import Right, Role
from services.identity.domain.refusals import LastAdministrator, LastCafAdministrator, ValidationFailed

TODAY = date(2026, 3, 1)


def right(name, role, **more):
    return Right(name, f"account-{name}", role, **more)


REPRESENTATIVE = right("r", Role.LEGAL_REPRESENTATIVE)
MANAGER = right("m", Role.MANAGER)
CASHIER = right("c", Role.CASHIER)


def test_the_representatives_right_is_transferred_never_revoked():
    with pytest.raises(LastAdministrator):
        delegations.check_administrator_remains([REPRESENTATIVE, MANAGER], REPRESENTATIVE, TODAY)


def test_the_last_administrator_stays():
    over = right("o", Role.MANAGER, ends_on=TODAY - timedelta(days=1))
    for others in ([], [CASHIER], [over]):
        with pytest.raises(LastAdministrator):
            delegations.check_administrator_remains([MANAGER, *others], MANAGER, TODAY)


def test_others_may_go():
    delegations.check_administrator_remains([REPRESENTATIVE, MANAGER], MANAGER, TODAY)
    delegations.check_administrator_remains([CASHIER], CASHIER, TODAY)


def test_the_representatives_role_is_never_granted():
    with pytest.raises(ValidationFailed):
        delegations.check_grant(Role.LEGAL_REPRESENTATIVE, None, TODAY)


def test_an_end_in_the_past_is_refused_and_today_is_not():
    delegations.check_grant(Role.CASHIER, TODAY, TODAY)
    with pytest.raises(ValidationFailed) as refused:
        delegations.check_grant(Role.CASHIER, TODAY - timedelta(days=1), TODAY)
    assert "ends_on" in refused.value.fields["errors"]


def test_agents_need_a_known_role():
    assert agents.check_roles(["releaser", "instructor", "releaser"]) == ["instructor", "releaser"]
    for wrong in ([], ["emperor"], ["instructor", "emperor"]):
        with pytest.raises(ValidationFailed):
            agents.check_roles(wrong)


def test_one_caf_administrator_stays():
    agents.check_administrator_remains([["instructor"], ["administrator"]])
    with pytest.raises(LastCafAdministrator):
        agents.check_administrator_remains([["instructor"], []])
