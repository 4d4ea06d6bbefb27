"""The Caf's agents: added by an administrator (or by `python -m services.identity create-agent`), never
deleted."""

from typing import Any

from services.chassis.database import UnitOfWork
from services.identity import personal, repository, totp
from services.identity.domain import accounts, agents
from services.identity.domain.accounts import SIGNS_IN, Kind, State
from services.identity.domain.refusals import AgentUnknown
from services.identity.handlers import letters, people, sessions
from services.identity.handlers.people import Provisional
from services.identity.models import Account


def list_agents(uow: UnitOfWork) -> dict[str, list[dict[str, Any]]]:
    return {"items": [_item(agent) for agent in repository.agents(uow.session)]}


def _item(agent: Account) -> dict[str, Any]:
    return people.name_of(agent) | {
        "account_id": agent.account_id,
        "email": personal.email_of(agent),
        "roles": agents.check_roles(agent.agent_roles),
        "state": agent.state,
        "totp_enrolled": agent.totp_secret is not None,
        "last_signed_in_at": agent.last_signed_in_at,
    }


def add_agent(
    uow: UnitOfWork, provisional: Provisional, first_name: str, last_name: str, email: str, roles: list[str]
) -> dict[str, str]:
    """A new agent, who gets a provisional password by mail and enrols an authenticator at first sign-in."""
    agent = create(uow, first_name, last_name, email, roles)
    provisional.give_to(uow, agent)
    letters.agent_activation(uow, agent, provisional.password)
    return {"account_id": agent.account_id}


def create(uow: UnitOfWork, first_name: str, last_name: str, email: str, roles: list[str]) -> Account:
    """The bare account. Raises ValidationFailed, EmailAlreadyUsed."""
    checked = agents.check_roles(roles)
    agent = people.insert_account(uow, Kind.AGENT, email, which="email", first_name=first_name, last_name=last_name)
    agent.agent_roles = checked
    uow.audit("agent:create", agent.account_id, roles=checked)
    return agent


def make_ready(uow: UnitOfWork, agent: Account, password_hash: str, totp_secret: str) -> None:
    """An agent who can sign in at once, for demonstration data: password and authenticator are given."""
    agent.state = accounts.move(State(agent.state), State.ACTIVE)
    agent.password_hash, agent.password_set_at = password_hash, uow.now
    totp.enrol(uow, agent, totp_secret, None)


def _own(uow: UnitOfWork, account_id: str) -> Account:
    agent = repository.account(uow.session, account_id, locked=True)
    if agent is None or agent.kind != Kind.AGENT or agent.state == State.ERASED:
        raise AgentUnknown
    return agent


def _lock_all(uow: UnitOfWork) -> list[Account]:
    """Every agent's row, always in one order and before any single one: two administrators can neither remove each
    other at once nor wait for each other."""
    everybody = uow.session.query(Account).filter_by(kind=Kind.AGENT.value).order_by(Account.account_id)
    return everybody.with_for_update().all()


def _check_administrator_remains(everybody: list[Account], without: Account) -> None:
    """Whoever administers nothing may go whenever an administrator says so. Raises LastCafAdministrator."""
    if agents.AgentRole.ADMINISTRATOR not in without.agent_roles:
        return
    others = [agent for agent in everybody if agent.account_id != without.account_id]
    agents.check_administrator_remains(agent.agent_roles for agent in others if State(agent.state) in SIGNS_IN)


def set_agent_roles(uow: UnitOfWork, account_id: str, roles: list[str]) -> dict[str, Any]:
    """Change what an agent may do; open sessions are closed, so that it holds at once."""
    everybody = _lock_all(uow)
    agent = _own(uow, account_id)
    checked = agents.check_roles(roles)
    if agents.AgentRole.ADMINISTRATOR not in checked:
        _check_administrator_remains(everybody, agent)
    agent.agent_roles = checked
    sessions.close_all(uow, account_id)
    uow.audit("agent:set_roles", account_id, roles=checked)
    return {}


def suspend_agent(uow: UnitOfWork, account_id: str) -> dict[str, Any]:
    everybody = _lock_all(uow)
    agent = _own(uow, account_id)
    if agent.state == State.SUSPENDED:
        return {}
    _check_administrator_remains(everybody, agent)
    agent.state = accounts.move(State(agent.state), State.SUSPENDED)
    sessions.close_all(uow, account_id)
    uow.audit("agent:suspend", account_id)
    return {}


def reactivate_agent(uow: UnitOfWork, account_id: str) -> dict[str, Any]:
    agent = _own(uow, account_id)
    if agent.state == State.SUSPENDED:
        agent.state = accounts.move(State(agent.state), State.ACTIVE)
        uow.audit("agent:reactivate", account_id)
    return {}


def renew_agent_access(uow: UnitOfWork, provisional: Provisional, account_id: str) -> dict[str, Any]:
    """For a lost phone or password: a new provisional password, a new authenticator to enrol."""
    agent = _own(uow, account_id)
    provisional.give_to(uow, agent)
    totp.drop(uow, agent)
    sessions.close_all(uow, account_id)
    letters.agent_activation(uow, agent, provisional.password)
    uow.audit("agent:renew_access", account_id)
    return {}
