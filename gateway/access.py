"""Who is asking, and may they see this page: sessions, actor tokens and the `allow` decorator.

The gateway keeps no session of its own. The cookie `psl_session` holds identity's opaque session token,
which identity turns into a short-lived signed actor token. Both are remembered here for at most 30 seconds;
services refuse revoked actors themselves, and such a refusal empties the memory at once.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from typing import Any

from flask import Response, abort, current_app, flash, g, redirect, request, url_for
from flask_babel import gettext as _

from gateway import cookies
from services.chassis import actor
from services.chassis.refusals import Refused, Unavailable

VISITOR = actor.VISITOR
STRUCTURE_ROLES = frozenset({"legal_representative", "manager", "accountant", "cashier"})
AGENT_ROLES = frozenset({"agent", "instructor", "signatory", "preparer", "releaser", "administrator"})
SESSION_COOKIE = "psl_session"
REMEMBER_S = 30.0
"""How long a resolved session may be reused: revocations reach services as events, not through here."""


@dataclass(frozen=True)
class Viewer:
    """The person (or nobody) behind a request, as the pages need them."""

    kind: str = VISITOR
    account_id: str | None = None
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    roles: frozenset[str] = frozenset({VISITOR})
    structure: dict[str, Any] | None = None
    structures: tuple[dict[str, Any], ...] = field(default=())
    must_personalise: bool = False
    second_factor: bool = False
    token: str = ""

    @property
    def signed_in(self) -> bool:
        return self.kind != VISITOR

    @property
    def is_agent(self) -> bool:
        return bool(self.roles & AGENT_ROLES)

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email

    def may(self, *roles: str) -> bool:
        return bool(self.roles & set(roles))

    @classmethod
    def from_session(cls, resolved: Mapping[str, Any]) -> "Viewer":
        """Build from the answer of identity's `resolve_session`."""
        return cls(
            kind=resolved.get("kind") or "person",
            account_id=resolved.get("account_id"),
            first_name=resolved.get("first_name") or "",
            last_name=resolved.get("last_name") or "",
            email=resolved.get("email") or "",
            roles=frozenset(resolved.get("roles") or ()),
            structure=resolved.get("structure"),
            structures=tuple(resolved.get("structures") or ()),
            must_personalise=bool(resolved.get("must_personalise")),
            second_factor=bool(resolved.get("second_factor")),
            token=resolved.get("actor_token") or "",
        )


class Remembered:
    """A small thread-safe memory of values that expire; used for sessions and the visitor token."""

    def __init__(self, capacity: int = 10_000) -> None:
        self._capacity = capacity
        self._values: dict[str, tuple[float, Any]] = {}
        self._lock = threading.Lock()

    def get(self, key: str) -> Any | None:
        with self._lock:
            expires, value = self._values.get(key, (0.0, None))
        return value if time.monotonic() < expires else None

    def put(self, key: str, value: Any, lifetime_s: float) -> None:
        with self._lock:
            if len(self._values) >= self._capacity:
                self._values.clear()
            self._values[key] = (time.monotonic() + lifetime_s, value)

    def drop(self, key: str) -> None:
        with self._lock:
            self._values.pop(key, None)


def _sessions() -> Remembered:
    return current_app.extensions.setdefault("psl_sessions", Remembered())


def viewer() -> Viewer:
    """The viewer of this request; a visitor when there is no session, or an unknown or closed one."""
    if "viewer" not in g:
        g.viewer = _resolve(cookies.kept(SESSION_COOKIE))
    return g.viewer


def actor_token() -> str:
    """The signed actor token to call services with: the viewer's, or a visitor's signed by the gateway."""
    if g.get("resolving_session"):
        return visitor_token()
    return viewer().token or visitor_token()


def visitor_token() -> str:
    """A token of role `visitor`, signed with the gateway's own key and reused while it is fresh."""
    token = _sessions().get("visitor-token")
    if token is None:
        token, _expires_at = actor.issue({VISITOR}, issuer=actor.ISSUER_OF_VISITORS)
        _sessions().put("visitor-token", token, REMEMBER_S)
    return token


def _resolve(session_token: str | None) -> Viewer:
    if not session_token:
        return Viewer()
    known = _sessions().get(session_token)
    return known or _ask_identity(session_token)


def _ask_identity(session_token: str) -> Viewer:
    from gateway.clients.identity import IdentityClient

    g.resolving_session = True
    try:
        resolved = IdentityClient().resolve_session(session_token=session_token)
    except Refused:
        return Viewer()
    except Unavailable:
        g.viewer = Viewer()  # what the 503 page is shown to
        raise
    finally:
        g.resolving_session = False
    found = Viewer.from_session(resolved)
    _sessions().put(session_token, found, _lifetime_s(resolved.get("actor_expires_at")))
    return found


def _lifetime_s(actor_expires_at: str | float | None) -> float:
    """Reuse for at most 30 s, and never in the last 10 s of the actor token's life (Unix seconds or ISO text)."""
    if not actor_expires_at:
        return 0.0
    if isinstance(actor_expires_at, str):
        actor_expires_at = datetime.fromisoformat(actor_expires_at).timestamp()
    return max(0.0, min(REMEMBER_S, actor_expires_at - time.time() - 10))


def forget_resolved_session() -> None:
    """Forget what is known of this request's session (after a change of structure, a revocation …)."""
    token = cookies.kept(SESSION_COOKIE)
    if token:
        _sessions().drop(token)
    g.pop("viewer", None)


def renew_viewer() -> Viewer:
    """Ask again who is asking: for answers that are streamed for longer than an actor token lives."""
    g.pop("viewer", None)
    return viewer()


def open_session(response: Response, session_token: str) -> Response:
    """Put identity's new session token into the browser, replacing any earlier one."""
    forget_resolved_session()
    cookies.keep(response, SESSION_COOKIE, session_token)
    return response


def close_session(response: Response) -> Response:
    """Remove the session from the browser and from this process's memory, and with it what the browser may have kept
    of its pages. (Not the browser's storage: a terminal keeps its scans made without network there.)"""
    forget_resolved_session()
    cookies.drop(response, SESSION_COOKIE)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def allow(*roles: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """State who may use a route: `@allow(VISITOR)` for everyone, otherwise the roles that may.

    Nobody signed in → the sign-in page, which leads back here. A provisional password → the page that
    personalises it. A person who hasn't chosen a structure → the choice. The wrong role → 403.

    A service that no longer believes the actor has the last word, although the page could do without its answer: whose
    session was closed elsewhere is led to sign in again.
    """
    if not roles:
        raise ValueError("state at least one role")
    wanted = frozenset(roles)

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if VISITOR not in wanted and not viewer().may(*wanted):
                return _lead_elsewhere(wanted)
            answer = view(*args, **kwargs)
            if "actor_refused" in g:
                raise g.actor_refused
            return answer

        guarded.allowed_roles = wanted  # type: ignore[attr-defined]
        return guarded

    return decorate


def _lead_elsewhere(wanted: frozenset[str]) -> Any:
    who = viewer()
    if not who.signed_in:
        flash(_("Connectez-vous pour continuer."), "info")
        return redirect(url_for(sign_in_endpoint(wanted), suite=_here()))
    if who.must_personalise:
        return redirect(url_for("account.personalise"))
    if wanted & STRUCTURE_ROLES and who.structure is None and not who.is_agent:
        return redirect(url_for("account.space"))
    return abort(403)


def sign_in_endpoint(wanted: frozenset[str]) -> str:
    """The page where somebody with one of the wanted roles signs in."""
    return "sign_in.agent" if wanted <= AGENT_ROLES else "sign_in.partner"


def _here() -> str:
    """The address to come back to: only what a GET can repeat."""
    return request.full_path.rstrip("?") if request.method == "GET" else ""


def safe_next(target: str | None, default: str) -> str:
    """`target` when it is a path of this site, else `default`: no open redirect."""
    if target and target.startswith("/") and not target.startswith(("//", "/\\")) and "\n" not in target:
        return target
    return default
