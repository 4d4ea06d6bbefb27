"""Every cookie is set here, with the same walls: this host only, no script, no other site's forms, TLS in production.

In production the name begins with ``__Host-``: a browser then takes the cookie only over TLS, from this very host and
for all its paths, so that neither a neighbour's host nor plain HTTP can plant one.
"""

from typing import Any

from flask import Flask, current_app, request
from flask.sessions import SecureCookieSessionInterface
from werkzeug.wrappers import Response

HOST_ONLY = "__Host-"
_API, _ITS_PAGE = "/api/", "/api/v1/docs"


class PageSessions(SecureCookieSessionInterface):
    """Flask's signed cookie, for pages: the API takes no cookie and sets none, and is spared its cost."""

    def open_session(self, app: Flask, request: Any) -> Any:
        if request.path.startswith(_API) and request.path != _ITS_PAGE:
            return self.session_class()
        return super().open_session(app, request)


def name_of(plain: str, *, production: bool) -> str:
    """The cookie's name on the wire."""
    return f"{HOST_ONLY}{plain}" if production else plain


def _name(plain: str) -> str:
    return name_of(plain, production=current_app.config["PRODUCTION"])


def kept(name: str) -> str:
    """The value that the browser sent, or ``""``."""
    return request.cookies.get(_name(name), "")


def keep(response: Response, name: str, value: str, *, max_age_s: int | None = None) -> None:
    """Put a value into the browser: until it is closed, or for that long."""
    response.set_cookie(
        _name(name), value, max_age=max_age_s, httponly=True, samesite="Lax", path="/",
        secure=current_app.config["PRODUCTION"],
    )  # fmt: skip


def drop(response: Response, name: str) -> None:
    """Take it out of the browser."""
    secure = current_app.config["PRODUCTION"]
    response.delete_cookie(_name(name), path="/", httponly=True, samesite="Lax", secure=secure)
