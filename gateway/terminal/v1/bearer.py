"""Who calls: the bearer token of a terminal, turned into a short-lived actor token by identity and remembered a while.

A revoked terminal is refused by the services at once, whatever is remembered here.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import current_app, g, request

from gateway.access import VISITOR, Remembered, _lifetime_s
from gateway.clients.identity import TerminalsClient
from gateway.clients.identity_results import TerminalActor
from gateway.terminal.v1 import limits
from gateway.terminal.v1.problems import Problem


def _known() -> Remembered:
    return current_app.extensions.setdefault("terminal_actors", Remembered())


def _token() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Problem("token_missing")
    return token.strip()


def terminal() -> TerminalActor:
    """The terminal behind this request. Raises Problem or Refused."""
    token = _token()
    found: TerminalActor | None = _known().get(token)
    if found is None:
        found = TerminalsClient().resolve_terminal(token)
        _known().put(token, found, _lifetime_s(found["actor_expires_at"]))
    return found


def forget() -> None:
    """The services no longer take this actor: ask identity again at the next request."""
    _, _, token = request.headers.get("Authorization", "").partition(" ")
    _known().drop(token.strip())


def allow_terminal(view: Callable[..., Any]) -> Callable[..., Any]:
    """For terminals only, within their rate limit; `g.terminal` tells which."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        g.terminal = terminal()
        limits.check(limits.terminals, g.terminal["terminal_id"])
        return view(*args, **kwargs)

    guarded.allowed_roles = frozenset({"terminal"})  # type: ignore[attr-defined]
    return guarded


def allow_anyone(view: Callable[..., Any]) -> Callable[..., Any]:
    """For whoever asks: pairing, and the documents."""
    view.allowed_roles = frozenset({VISITOR})  # type: ignore[attr-defined]
    return view
