"""What a visitor chose for this browser: language and appearance. Two small cookies, no account needed."""

from werkzeug.wrappers import Response

from gateway import cookies
from gateway.translation import LANGUAGE_COOKIE, LANGUAGES, N_

THEME_COOKIE = "psl_apparence"
THEMES = {"auto": N_("Comme l’appareil"), "light": N_("Claire"), "dark": N_("Sombre")}
YEAR_S = 31_536_000


def theme() -> str:
    """«light» or «dark» when chosen; empty to follow the device."""
    chosen = cookies.kept(THEME_COOKIE)
    return chosen if chosen in ("light", "dark") else ""


def remember(response: Response, *, language: str | None = None, appearance: str | None = None) -> Response:
    """Keep valid choices for a year; anything else is ignored."""
    if language in LANGUAGES:
        cookies.keep(response, LANGUAGE_COOKIE, str(language), max_age_s=YEAR_S)
    if appearance in THEMES:
        cookies.keep(response, THEME_COOKIE, str(appearance), max_age_s=YEAR_S)
    return response
