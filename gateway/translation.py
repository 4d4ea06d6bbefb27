"""Languages: French is the source, English the translation; chosen by the visitor, never guessed."""

import os
import tempfile
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask
from flask_babel import Babel, Domain, get_locale

from gateway import cookies
from gateway.typography import FrenchTranslations

LANGUAGES = {"fr": "Français", "en": "English"}
LANGUAGE_COOKIE = "psl_langue"
TRANSLATIONS = Path(__file__).parent / "translations"


def N_(text: str) -> str:
    """Mark a text for the catalogue where it is declared; it is translated where it is shown."""
    return text


def chosen_language() -> str:
    """The language chosen with the link at the foot of the page; French by default."""
    chosen = cookies.kept(LANGUAGE_COOKIE)
    return chosen if chosen in LANGUAGES else "fr"


def compile_catalogues() -> None:
    """Write each `messages.mo` that is missing or older than its `messages.po`."""
    for source in TRANSLATIONS.glob("*/LC_MESSAGES/messages.po"):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            _compile(source, target)


def _compile(source: Path, target: Path) -> None:
    """Several processes may do this at once: write aside, then rename."""
    with source.open("rb") as stream:
        catalogue = read_po(stream, locale=source.parts[-3])
    handle, aside = tempfile.mkstemp(dir=target.parent)
    with os.fdopen(handle, "wb") as stream:
        write_mo(stream, catalogue)
    os.replace(aside, target)


class Texts(Domain):
    """The catalogue, and French typography for the French texts themselves."""

    def get_translations(self) -> Any:
        found = super().get_translations()
        return FrenchTranslations(found) if str(get_locale() or "fr").startswith("fr") else found


class Languages(Babel):
    """Flask-Babel with our catalogue."""

    domain_instance = Texts()


def set_up_languages(app: Flask) -> None:
    compile_catalogues()
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(TRANSLATIONS)
    Languages(app, default_locale="fr", default_timezone="Europe/Paris", locale_selector=chosen_language)
