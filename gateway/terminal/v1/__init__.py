"""The SmartTPE API, version 1: what a terminal of ours or of a third party talks to (docs/terminal-api.md).

No cookie, no session, no CSRF: a bearer token per terminal. Errors are problem+json with a stable `code`.
"""

from typing import Any

from flask import Flask, request
from flask_smorest import Api
from werkzeug.exceptions import HTTPException

from gateway import errors
from gateway.terminal.v1 import document, problems
from gateway.terminal.v1.routes import blueprint

PREFIX = "/api/v1"
problems.register(blueprint)  # once: several applications of one process share the blueprint


class _Api(Api):  # type: ignore[misc]
    """flask-smorest without its own error handlers: pages have theirs, the API has `problems`."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        return None


def _on_http(error: HTTPException) -> Any:
    """Addresses and methods that don't exist: a problem under the API's prefix, a page elsewhere."""
    return problems.on_http(error) if request.path.startswith(PREFIX) else errors.on_http(error)


def register(app: Flask, *, csrf: Any, limiter: Any) -> None:
    """Put the API into the application. It brings its own limits, and needs no CSRF token since it takes no
    cookie."""
    app.config.update(
        API_TITLE="SmartTPE – Pass'Sports-Loisirs",
        API_VERSION="1.0.0",
        OPENAPI_VERSION="3.1.0",
    )
    api = _Api(app, spec_kwargs=document.DESCRIPTION)
    api.register_blueprint(blueprint, url_prefix=PREFIX)
    app.extensions["terminal_api"] = api
    app.register_blueprint(document.blueprint, url_prefix=PREFIX)
    app.register_error_handler(HTTPException, _on_http)
    for part in (blueprint, document.blueprint):
        csrf.exempt(part)
        limiter.exempt(part)
