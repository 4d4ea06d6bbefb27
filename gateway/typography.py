"""French typography for every text that gettext answers; the rules are the chassis's, since mails follow them too."""

from typing import Any

from services.chassis.typography import NARROW, NO_BREAK, typographic

__all__ = ["NARROW", "NO_BREAK", "FrenchTranslations", "typographic"]


class FrenchTranslations:
    """What gettext answers, with French spaces."""

    def __init__(self, translations: Any):
        self._translations = translations

    def __getattr__(self, name: str) -> Any:
        return getattr(self._translations, name)

    def ugettext(self, message: str) -> str:
        return typographic(self._translations.ugettext(message))

    def ungettext(self, singular: str, plural: str, number: int) -> str:
        """French counts zero as singular; the source texts are French, so no catalogue says it."""
        return typographic(singular if abs(number) < 2 else plural)

    gettext = ugettext
    ngettext = ungettext
