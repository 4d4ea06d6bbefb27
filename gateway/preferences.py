"""What a visitor chose for this browser: language and appearance. Two small cookies, no account needed."""

from flask import current_app, request
from werkzeug.wrappers import Response

from gateway.translation import LANGUAGE_COOKIE, LANGUAGES, N_

THEME_COOKIE = "psl_apparence"
THEMES = {"auto": N_("Comme l’appareil"), "light": N_("Claire"), "dark": N_("Sombre")}
YEAR_S = 31_536_000


def theme() -> str:
    """«light» or «dark» when chosen; empty to follow the device."""
    chosen = request.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in ("light", "dark") else ""


def remember(response: Response, *, language: str | None = None, appearance: str | None = None) -> Response:
    """Keep valid choices for a year; anything else is ignored."""
    if language in LANGUAGES:
        _set(response, LANGUAGE_COOKIE, str(language))
    if appearance in THEMES:
        _set(response, THEME_COOKIE, str(appearance))
    return response


def _set(response: Response, name: str, value: str) -> None:
    response.set_cookie(
        name, value, max_age=YEAR_S, samesite="Lax", httponly=True, secure=current_app.config["PRODUCTION"]
    )
