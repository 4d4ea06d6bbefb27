"""Security headers of every answer. No inline script or style is allowed anywhere.

A page may widen its own policy with `allow_source("script-src", "'wasm-unsafe-eval'")` (the scanner's
WebAssembly reader needs it) and nothing else changes.
"""

import secrets
from collections.abc import Iterator, Mapping

from flask import Flask, Response, current_app, g

POLICY: dict[str, tuple[str, ...]] = {
    "default-src": ("'none'",),
    "script-src": ("'self'",),
    "style-src": ("'self'",),
    "img-src": ("'self'", "data:", "blob:"),
    "media-src": ("'self'", "blob:"),
    "font-src": ("'self'",),
    "connect-src": ("'self'",),
    "frame-src": ("'self'",),
    "manifest-src": ("'self'",),
    "worker-src": ("'self'",),
    "form-action": ("'self'",),
    "base-uri": ("'none'",),
    "object-src": ("'none'",),
    "frame-ancestors": ("'none'",),
}

ALWAYS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(self), geolocation=(), microphone=()"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cache-Control", "private, no-store"),
)


def allow_source(directive: str, source: str) -> None:
    """Widen one directive of the policy for the answer being made."""
    g.setdefault("csp_sources", []).append((directive, source))


def allow_framing_by_ourselves() -> None:
    """Let our own pages show this answer in a frame (the convention's PDF beside its form)."""
    g.framed_by_self = True


def csp_nonce() -> str:
    """A nonce for the one script or style that can't be a file; widens the policy for this answer only."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
        for directive in ("script-src", "style-src"):
            allow_source(directive, f"'nonce-{g.csp_nonce}'")
    return g.csp_nonce


def content_security_policy() -> str:
    """The answer's own policy."""
    if "framed_by_self" not in g and "csp_sources" not in g:
        return _USUAL
    policy = dict(POLICY)
    if g.get("framed_by_self"):
        policy["frame-ancestors"] = ("'self'",)
    for directive, source in g.get("csp_sources", ()):
        kept = tuple(known for known in policy[directive] if known != "'none'")
        policy[directive] = (*kept, source)
    return _written(policy)


def _written(policy: Mapping[str, tuple[str, ...]]) -> str:
    return "; ".join(f"{directive} {' '.join(sources)}" for directive, sources in policy.items())


_USUAL = _written(POLICY)


def add_headers(response: Response) -> Response:
    """Every header that the answer hasn't brought itself."""
    headers = response.headers
    present = {name.lower() for name, _ in headers}
    for name, value in _wanted():
        if name.lower() not in present:
            headers.add(name, value)
    return response


def _wanted() -> Iterator[tuple[str, str]]:
    yield "Content-Security-Policy", content_security_policy()
    yield "X-Frame-Options", "SAMEORIGIN" if g.get("framed_by_self") else "DENY"
    yield from ALWAYS
    if current_app.config["PRODUCTION"]:
        yield "Strict-Transport-Security", "max-age=63072000; includeSubDomains"


def register(app: Flask) -> None:
    app.after_request(add_headers)
    app.jinja_env.globals["csp_nonce"] = csp_nonce
