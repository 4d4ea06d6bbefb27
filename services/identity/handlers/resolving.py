"""The hot path: a cookie or a terminal's bearer token becomes an actor token of about a minute.

One statement without a transaction and plain rows: asked whenever a gateway's short memory runs out.
"""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import text

from services.chassis import actor as actors
from services.chassis import clock
from services.chassis.database import BoundDatabase
from services.chassis.rpc import Call
from services.identity import personal
from services.identity.domain import accounts, sessions
from services.identity.domain.accounts import Kind, State
from services.identity.domain.delegations import Right, Role
from services.identity.domain.refusals import SessionUnknown, TerminalTokenInvalid, TerminalTokenRevoked
from services.identity.handlers.sessions import machine_now

_ISSUER = actors.ISSUER_OF_PEOPLE
_TERMINAL = "terminal"

_SESSION = text("""
    SELECT s.session_id::text, s.token_hash = :token_hash AS present, s.earlier_until, s.structure_id::text,
           s.opened_at, s.last_seen_at,
           a.account_id::text, a.kind, a.state, a.email, a.details, a.agent_roles,
           a.totp_secret IS NOT NULL AS second_factor,
           (SELECT coalesce(json_agg(held ORDER BY held.name), '[]')
              FROM (SELECT t.structure_id, t.name, t.partner_number, d.role, d.establishment_id, d.delegation_id,
              d.ends_on
                      FROM delegations d JOIN structures t USING (structure_id)
                     WHERE d.account_id = a.account_id AND d.ended_at IS NULL) AS held) AS rights
      FROM sessions s JOIN accounts a USING (account_id)
     WHERE (s.token_hash = :token_hash OR s.earlier_token_hash = :token_hash) AND s.closed_at IS NULL
""")
_TERMINAL_BY_TOKEN = text("""
    SELECT terminal_id::text, structure_id::text, establishment_id::text, name, last_seen_at, revoked_at
      FROM terminals WHERE token_hash = :token_hash
""")
_TOUCH_SESSION = text("UPDATE sessions SET last_seen_at = :at WHERE session_id = :id")
_TOUCH_TERMINAL = text("UPDATE terminals SET last_seen_at = :at WHERE terminal_id = :id")

Choice = dict[str, Any]


def resolve_session(database: BoundDatabase, call: Call, session_token: str) -> dict[str, Any]:
    """Who is behind a cookie, what they may choose, and a token that speaks for them. Raises SessionUnknown."""
    with database.reading() as connection:
        seen = connection.execute(_SESSION, {"token_hash": personal.digest(session_token)}).one_or_none()
    at = machine_now()
    if seen is None or not _is_good(seen, at):
        raise SessionUnknown
    if at - seen.last_seen_at >= sessions.TOUCHED_EVERY:
        _touch(database, call, _TOUCH_SESSION, seen.session_id, at)
    return _viewer(seen)


def _is_good(seen: Any, at: datetime) -> bool:
    """Alive, not replaced by a newer token for longer than the grace, and its account may sign in."""
    current = seen.present or (seen.earlier_until is not None and at < seen.earlier_until)
    alive = sessions.is_alive(Kind(seen.kind), seen.opened_at, seen.last_seen_at, at)
    return bool(current and alive and State(seen.state) in accounts.SIGNS_IN)


def _touch(database: BoundDatabase, call: Call, statement: Any, touched_id: str, at: datetime) -> None:
    with database.unit_of_work(call) as uow:
        uow.session.execute(statement, {"id": touched_id, "at": at})


def _viewer(seen: Any) -> dict[str, Any]:
    provisional = seen.state == State.PROVISIONAL
    choices = [] if provisional else _choices(seen)
    chosen = next((each for each in choices if each["structure_id"] == seen.structure_id), None)
    roles = sessions.roles(
        Kind(seen.kind),
        provisional=provisional,
        agent_roles=seen.agent_roles,
        right=_right(seen, chosen) if chosen else None,
        today=clock.today(),
    )
    details = personal.details_of(seen)
    token, expires_at = actors.issue(
        roles, issuer=_ISSUER, account_id=seen.account_id, scope=_scope(seen.session_id, chosen)
    )
    return {
        "kind": seen.kind,
        "account_id": seen.account_id,
        "session_id": seen.session_id,
        "civility": details.get("civility"),
        "first_name": details.get("first_name", ""),
        "last_name": details.get("last_name", ""),
        "email": personal.email_of(seen),
        "roles": roles,
        "must_personalise": provisional,
        "second_factor": seen.second_factor,
        "structure": chosen,
        "structures": choices,
        "actor_token": token,
        "actor_expires_at": datetime.fromtimestamp(expires_at, UTC),
    }


def _choices(seen: Any) -> list[Choice]:
    """The structures that the person may act for today."""
    today = clock.today()
    return [each for each in seen.rights if _right(seen, each).holds(today)]


def _right(seen: Any, choice: Choice) -> Right:
    ends_on = date.fromisoformat(choice["ends_on"]) if choice["ends_on"] else None
    return Right(choice["delegation_id"], seen.account_id, Role(choice["role"]), ends_on)


def _scope(session_id: str, chosen: Choice | None) -> dict[str, str]:
    named = ("structure_id", "delegation_id", "establishment_id")
    limits = {name: chosen[name] for name in named if chosen[name]} if chosen else {}
    return {"session_id": session_id} | limits


def resolve_terminal(database: BoundDatabase, call: Call, terminal_token: str) -> dict[str, Any]:
    """Who is behind a bearer token. Raises TerminalTokenInvalid, TerminalTokenRevoked."""
    with database.reading() as connection:
        found = connection.execute(_TERMINAL_BY_TOKEN, {"token_hash": personal.digest(terminal_token)}).one_or_none()
    if found is None:
        raise TerminalTokenInvalid
    if found.revoked_at is not None:
        raise TerminalTokenRevoked
    at = clock.now()
    if found.last_seen_at is None or abs(at - found.last_seen_at) >= sessions.TOUCHED_EVERY:
        _touch(database, call, _TOUCH_TERMINAL, found.terminal_id, at)
    return actor_of(found)


def actor_of(terminal: Any) -> dict[str, Any]:
    """A terminal's own actor token (for a row or a mapped terminal)."""
    scope = {name: getattr(terminal, name) for name in ("terminal_id", "structure_id", "establishment_id")}
    given = {name: value for name, value in scope.items() if value}
    token, expires_at = actors.issue([_TERMINAL], issuer=_ISSUER, scope=given)
    expires = datetime.fromtimestamp(expires_at, UTC)
    return scope | {"name": terminal.name, "actor_token": token, "actor_expires_at": expires}
