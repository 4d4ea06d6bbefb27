"""Who may call what: sets of roles of the actor token, by name."""

from services.identity.domain.agents import AgentRole
from services.identity.domain.delegations import ADMINISTER, Role
from services.identity.domain.sessions import AGENT, PERSON, UNPERSONALISED

PARTNERS = frozenset(role.value for role in Role)
PERSONS = PARTNERS | {PERSON}
SIGNED_IN = PERSONS | {AGENT}
EVERYBODY = SIGNED_IN | {UNPERSONALISED}  # may close a session
ADMINISTERS = frozenset(role.value for role in ADMINISTER)
REPRESENTS = frozenset({Role.LEGAL_REPRESENTATIVE.value})
INSTRUCTS = frozenset({AgentRole.INSTRUCTOR.value, AgentRole.ADMINISTRATOR.value})
ADMINISTRATES = frozenset({AgentRole.ADMINISTRATOR.value})
SERVICES = frozenset(f"service:{name}" for name in ("identity", "partners", "conventions", "transactions", "payouts"))
KNOWN = SIGNED_IN | SERVICES  # may ask for names
