"""The front door: the home page, the accessibility statement, language and appearance."""

from datetime import date

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from wtforms import RadioField

from gateway.access import VISITOR, allow, safe_next
from gateway.forms import Form
from gateway.preferences import THEMES, remember, theme
from gateway.translation import LANGUAGES, chosen_language

blueprint = Blueprint("home", __name__)

EVALUATED_ON = date(2026, 11, 25)
"""The day of the last evaluation, which the statement must name (RGAA 4.1, model of statement)."""


class PreferencesForm(Form):
    language = RadioField(_l("Langue"), choices=list(LANGUAGES.items()))
    appearance = RadioField(_l("Apparence"), choices=[(key, _l(label)) for key, label in THEMES.items()])


@blueprint.get("/")
@allow(VISITOR)
def index() -> ResponseReturnValue:
    return render_template("home/index.html")


@blueprint.get("/accessibilite")
@allow(VISITOR)
def accessibility() -> ResponseReturnValue:
    return render_template("home/accessibility.html", established_on=EVALUATED_ON)


@blueprint.get("/preferences")
@allow(VISITOR)
def preferences() -> ResponseReturnValue:
    form = PreferencesForm(language=chosen_language(), appearance=theme() or "auto")
    return render_template("home/preferences.html", form=form)


@blueprint.post("/preferences")
@allow(VISITOR)
def save_preferences() -> ResponseReturnValue:
    form = PreferencesForm()
    if not form.validate():
        return render_template("home/preferences.html", form=form), 422
    response = redirect(url_for("home.index"))
    return remember(response, language=form.language.data, appearance=form.appearance.data)


@blueprint.get("/langue/<code>")
@allow(VISITOR)
def language(code: str) -> ResponseReturnValue:
    """Change the language and come back to the page where the link was followed."""
    came_from = request.referrer or ""
    path = came_from.removeprefix(request.host_url.rstrip("/")) if came_from.startswith(request.host_url) else ""
    return remember(redirect(safe_next(path, url_for("home.index"))), language=code)
