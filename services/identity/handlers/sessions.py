"""Sessions: opening, choosing a structure, closing. What a session is worth is told by `resolving`."""

from datetime import UTC, datetime, timedelta
from typing import Any

from services.chassis.database import UnitOfWork
from services.chassis.ids import new_id
from services.chassis.revocations import revoke
from services.identity import personal, repository
from services.identity.domain import accounts, sessions
from services.identity.domain.accounts import Kind, State
from services.identity.domain.refusals import SessionUnknown, StructureNotYours
from services.identity.handlers import people
from services.identity.messages import SessionClosed
from services.identity.models import Account, UserSession

_GRACE = timedelta(seconds=30)  # requests that left before the new cookie arrived


def machine_now() -> datetime:
    """Sessions follow the machine's clock, as token expiry does: moving the business day signs nobody out."""
    return datetime.now(UTC)


def open_session(uow: UnitOfWork, account: Account, client: dict[str, str]) -> dict[str, Any]:
    """A new session with a new token; the caller's earlier session, if any, is closed (no fixation)."""
    close_current(uow)
    at, session_id, token = machine_now(), new_id(), accounts.link_token()
    uow.session.add(
        UserSession(
            session_id=session_id,
            account_id=account.account_id,
            token_hash=personal.digest(token),
            opened_at=at,
            last_seen_at=at,
            client=personal.seal_document(client, "sessions", "client", session_id),
        )
    )
    account.last_signed_in_at = uow.now
    uow.audit("session:open", session_id, account_id=account.account_id)
    return _opened(account, token, at)


def _opened(account: Account, token: str, opened_at: datetime) -> dict[str, Any]:
    return {
        "session_token": token,
        "session_expires_at": sessions.expires_at(Kind(account.kind), opened_at),
        "device_token": None,
        "must_personalise": account.state == State.PROVISIONAL,
    }


def rotate(uow: UnitOfWork, session: UserSession, account: Account) -> dict[str, Any]:
    """The same session under a new token: what it may do has changed. The old token lives for a moment
    longer."""
    token = accounts.link_token()
    session.earlier_token_hash, session.earlier_until = session.token_hash, machine_now() + _GRACE
    session.token_hash = personal.digest(token)
    return _opened(account, token, session.opened_at)


def current(uow: UnitOfWork) -> UserSession:
    """The caller's own session. Raises SessionUnknown."""
    session = uow.session.get(UserSession, uow.actor.scope.get("session_id"), with_for_update=True)
    if session is None or session.closed_at is not None:
        raise SessionUnknown
    return session


def choose_structure(uow: UnitOfWork, structure_id: str) -> dict[str, Any]:
    """Administer this structure from now on (the orange rectangle of the guide, page 11)."""
    account = people.own_account(uow)
    held = repository.rights_of(uow.session, account.account_id)
    if not any(d.structure_id == structure_id and repository.right(d).holds(uow.today) for d in held):
        raise StructureNotYours
    session = current(uow)
    session.structure_id = structure_id
    return rotate(uow, session, account)


def leave_structure(uow: UnitOfWork) -> dict[str, Any]:
    """Back to the personal space."""
    session = current(uow)
    session.structure_id = None
    return rotate(uow, session, people.own_account(uow))


def list_sessions(uow: UnitOfWork) -> dict[str, list[dict[str, Any]]]:
    """The caller's sessions that are still alive, the latest used first."""
    return {"items": alive(uow, people.own_account(uow))}


def alive(uow: UnitOfWork, account: Account) -> list[dict[str, Any]]:
    """An account's sessions that neither limit has ended, the latest used first."""
    kind, at = Kind(account.kind), machine_now()
    return [
        _item(session, uow.actor.scope.get("session_id"))
        for session in repository.open_sessions(uow.session, account.account_id)
        if sessions.is_alive(kind, session.opened_at, session.last_seen_at, at)
    ]


def _item(session: UserSession, current_id: str | None) -> dict[str, Any]:
    client = personal.open_document(session.client, "sessions", "client", session.session_id)
    return {
        "session_id": session.session_id,
        "current": session.session_id == current_id,
        "opened_at": session.opened_at,
        "last_seen_at": session.last_seen_at,
        "device": client.get("user_agent", ""),
        "address": client.get("ip", ""),
    }


def close_session(uow: UnitOfWork, session_id: str | None) -> dict[str, Any]:
    """Close one of the caller's sessions, or the one in use. Closing a closed one is fine."""
    session = uow.session.get(UserSession, session_id or uow.actor.scope.get("session_id"), with_for_update=True)
    if session is None or session.account_id != uow.actor.account_id:
        raise SessionUnknown
    if session.closed_at is None:
        close(uow, session)
    return {}


def close_other_sessions(uow: UnitOfWork) -> dict[str, Any]:
    close_all(uow, uow.actor.account_id or "", but=uow.actor.scope.get("session_id"))
    return {}


def close_all(uow: UnitOfWork, account_id: str, but: str | None = None) -> int:
    """Close an account's sessions, as after a new password; returns how many."""
    open_ones = [each for each in repository.open_sessions(uow.session, account_id) if each.session_id != but]
    for session in open_ones:
        close(uow, session)
    return len(open_ones)


def close_current(uow: UnitOfWork) -> None:
    """Close the session that the caller came with, if any."""
    session_id = uow.actor.scope.get("session_id")
    session = uow.session.get(UserSession, session_id) if session_id else None
    if session is not None and session.closed_at is None:
        close(uow, session)


def close(uow: UnitOfWork, session: UserSession) -> None:
    """End one session: its token is refused here at once, and everywhere as soon as the event arrives."""
    session.closed_at, session.client = machine_now(), None
    revoke(uow, session.session_id)
    uow.publish(SessionClosed, session_id=session.session_id)
    uow.audit("session:close", session.session_id, account_id=session.account_id)
