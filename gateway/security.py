"""Security headers of every answer. No inline script or style is allowed anywhere.

A page may widen its own policy with `allow_source("script-src", "'wasm-unsafe-eval'")` (the scanner's
WebAssembly reader needs it) and nothing else changes.
"""

import secrets

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
    policy = dict(POLICY)
    if g.get("framed_by_self"):
        policy["frame-ancestors"] = ("'self'",)
    for directive, source in g.get("csp_sources", ()):
        kept = tuple(known for known in policy[directive] if known != "'none'")
        policy[directive] = (*kept, source)
    return "; ".join(f"{directive} {' '.join(sources)}" for directive, sources in policy.items())


def add_headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", content_security_policy())
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("X-Frame-Options", "SAMEORIGIN" if g.get("framed_by_self") else "DENY")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(self), geolocation=(), microphone=()")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    if "Cache-Control" not in headers:
        headers["Cache-Control"] = "private, no-store"
    if current_app.config["PRODUCTION"]:
        headers.setdefault("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
    return response


def register(app: Flask) -> None:
    app.after_request(add_headers)
    app.jinja_env.globals["csp_nonce"] = csp_nonce
