"""Sessions: how long they live, and which roles their actor tokens name.

OWASP ASVS 5.0, 7.3 asks for an idle and an absolute limit. Partners work at a counter all afternoon;
agents handle
everybody's papers, hence the shorter idle limit.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.identity.domain.accounts import Kind
from services.identity.domain.delegations import Right

UNPERSONALISED = "unpersonalised"
PERSON = "person"
AGENT = "agent"

TOUCHED_EVERY = timedelta(minutes=1)  # last_seen_at is written at most this often: a read stays a read
STEP_LIFETIME = timedelta(minutes=10)  # from password to TOTP code


@dataclass(frozen=True)
class Limits:
    idle: timedelta
    absolute: timedelta


LIMITS = {
    Kind.PERSON: Limits(idle=timedelta(hours=2), absolute=timedelta(hours=12)),
    Kind.AGENT: Limits(idle=timedelta(minutes=45), absolute=timedelta(hours=10)),
}


def expires_at(kind: Kind, opened_at: datetime) -> datetime:
    """The absolute limit of a session opened at `opened_at`."""
    return opened_at + LIMITS[kind].absolute


def is_alive(kind: Kind, opened_at: datetime, last_seen_at: datetime, now: datetime) -> bool:
    """Whether neither limit has passed."""
    return now < expires_at(kind, opened_at) and now - last_seen_at < LIMITS[kind].idle


def roles(kind: Kind, *, provisional: bool, agent_roles: list[str], right: Right | None, today: date) -> list[str]:
    """The roles that the session's actor token names.

    A provisional password opens nothing but its own replacement; a person without chosen structure is
    «person»; with
    one, the single role of the right held there, while it lasts.
    """
    if provisional:
        return [UNPERSONALISED]
    if kind is Kind.AGENT:
        return [AGENT, *sorted(agent_roles)]
    if right is not None and right.holds(today):
        return [right.role.value]
    return [PERSON]
