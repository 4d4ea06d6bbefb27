"""How amounts, dates and states are shown: the template filters, in the viewer's language."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_currency, format_decimal
from flask import Flask
from flask_babel import get_locale, gettext
from markupsafe import Markup, escape

from gateway.statuses import STATUSES, UNKNOWN
from gateway.translation import N_
from gateway.typography import NO_BREAK
from services.chassis.typography import day_number, of

PARIS = ZoneInfo("Europe/Paris")
"""Business days and times on screen are those of Paris, whatever the device says."""
NOTHING = "–"
MASK = "•"


def _locale() -> str:
    return str(get_locale() or "fr")


def euros(cents: int | None) -> str:
    """1234_50 → «1 234,50 €»."""
    if cents is None:
        return NOTHING
    shown = format_currency(Decimal(abs(cents)) / 100, "EUR", locale=_locale())
    return f"−{shown}" if cents < 0 else shown


def number(value: int | float | None) -> str:
    """12345 → «12 345»."""
    return NOTHING if value is None else format_decimal(value, locale=_locale())


def _moment(value: str | datetime) -> datetime:
    return (value if isinstance(value, datetime) else datetime.fromisoformat(value)).astimezone(PARIS)


def _day(value: str | date | datetime) -> date:
    """The Paris day of a date, an instant, or the ISO text of either."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value) if "T" in value or " " in value else date.fromisoformat(value)
    return _moment(value).date() if isinstance(value, datetime) else value


def day(value: str | date | datetime | None, form: str = "long") -> str:
    """«24 novembre 2026», «1er décembre 2026»; `short` gives «24/11/2026»."""
    if not value:
        return NOTHING
    shape = {"short": "dd/MM/yyyy", "long": "d MMMM yyyy", "weekday": "EEEE d MMMM yyyy"}.get(form, form)
    return format_date(_day(value), _ordinal(shape, _day(value)), locale=_locale())


def _ordinal(shape: str, on: date) -> str:
    """In French the day that stands by itself is written as dates say it, which Babel's data doesn't."""
    return re.sub(r"\bd\b", f"'{day_number(on.day)}'", shape) if _locale().startswith("fr") else shape


def instant(value: str | datetime | None, form: str = "short") -> str:
    """«24/11/2026 à 14:05», in Paris time; `long` names the month."""
    if not value:
        return NOTHING
    shape = {"short": "dd/MM/yyyy 'à' HH:mm", "long": "d MMMM yyyy 'à' HH:mm"}.get(form, form)
    if _locale().startswith("en"):
        shape = shape.replace("'à'", "'at'")
    return format_datetime(_moment(value), _ordinal(shape, _day(value)), locale=_locale())


def clock_time(value: str | datetime | None) -> str:
    """«14:05», in Paris time."""
    return format_time(_moment(value), "HH:mm", locale=_locale()) if value else NOTHING


def file_size(size: int | None) -> str:
    """Bytes as people say them: «412 Ko», «1,3 Mo»."""
    if size is None:
        return NOTHING
    unit, divisor = ("Mo", 1_000_000) if size >= 1_000_000 else ("Ko", 1_000)
    shown = format_decimal(max(size / divisor, 0.1), format="0.#" if unit == "Mo" else "0", locale=_locale())
    if _locale().startswith("en"):
        unit = unit.replace("o", "B")
    return f"{shown} {unit}"


def grouped(text: str | None, size: int = 4) -> str:
    """Group a long code to read it aloud: «ABCD EFGH JKLM»."""
    if not text:
        return NOTHING
    bare = text.replace(" ", "").replace("-", "")
    return " ".join(bare[start : start + size] for start in range(0, len(bare), size))


def phone(number: str | None) -> str:
    """+33148000000 → «01 48 00 00 00», with spaces that don't break; what is no number stays as it is.

    A masked one (`+33 6 •• •• •• 78`) reads «06 •• •• •• 78».
    """
    if not number:
        return NOTHING
    if MASK in number:
        return number.replace("+33 ", "0").replace(" ", NO_BREAK)
    try:
        parsed = phonenumbers.parse(number, "FR")
    except phonenumbers.NumberParseException:
        return number
    form = phonenumbers.PhoneNumberFormat
    style = form.NATIONAL if parsed.country_code in (33, 590, 594, 596, 262) else form.INTERNATIONAL
    return phonenumbers.format_number(parsed, style).replace(" ", NO_BREAK)


def status(state: str | None, kind: str) -> Markup:
    """A badge for a state: its words, a tone and a shape, so that colour is never the only sign."""
    shown = STATUSES.get(kind, {}).get(state or "", UNKNOWN)
    return Markup('<span class="badge" data-tone="{}">{}</span>').format(
        shown.tone, gettext(shown.label) if shown is not UNKNOWN else escape(state or NOTHING)
    )


def status_label(state: str | None, kind: str) -> str:
    """The words of a state alone (options of a filter, exports)."""
    shown = STATUSES.get(kind, {}).get(state or "")
    return gettext(shown.label) if shown else (state or NOTHING)


ROLES = {
    "legal_representative": N_("Représentant légal"),
    "manager": N_("Gestionnaire"),
    "accountant": N_("Comptable"),
    "cashier": N_("Caissier"),
    "instructor": N_("Instructeur"),
    "signatory": N_("Signataire"),
    "preparer": N_("Préparateur des lots"),
    "releaser": N_("Libérateur des lots"),
    "administrator": N_("Administrateur"),
}


def role_label(role: str | None) -> str:
    """The French (or English) name of a role."""
    return gettext(ROLES[role]) if role in ROLES else (role or NOTHING)


def age_band(band: Mapping[str, Any]) -> str:
    """How long those in a band have waited: «2 jours ou moins», «3 à 7 jours», «plus de 30 jours»."""
    first, last = band["first_days"], band["last_days"]
    if last is None:
        return gettext("plus de %(days)s jours", days=first - 1)
    if not first:
        return gettext("%(days)s jours ou moins", days=last)
    return gettext("%(first)s à %(last)s jours", first=first, last=last)


_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)  # fmt: skip


def device_name(user_agent: str | None) -> str:
    """A browser as its owner would recognise it: «Firefox, Windows»."""
    found = [next((name for mark, name in marks if mark in (user_agent or "")), "") for marks in (_BROWSERS, _SYSTEMS)]
    return ", ".join(filter(None, found)) or gettext("Appareil inconnu")


def bounds(low: int | None, high: int | None) -> str:
    """The words of a range whose ends may be open: «0 à 599», «600 et plus», «tous»."""
    if high is not None:
        return gettext("%(low)s à %(high)s", low=number(low or 0), high=number(high))
    return gettext("%(low)s et plus", low=number(low)) if low else gettext("tous")


def translated(word: str | None) -> str:
    """A word of the partners service's lists in the viewer's language; one that no catalogue knows stays."""
    return gettext(word) if word else ""


def by_family(activities: Iterable[Any]) -> list[tuple[str, list[Any]]]:
    """Activities under their families, both in the order in which they came: the configuration's."""
    families: dict[str, list[Any]] = {}
    for one in activities:
        families.setdefault(one["family"], []).append(one)
    return list(families.items())


def family_facts(activities: Iterable[Any]) -> list[tuple[str, str]]:
    """The same as labelled facts: («Danse et expression», «Danse, Théâtre»)."""
    return [
        (translated(family), ", ".join(translated(one["label"]) for one in members))
        for family, members in by_family(activities)
    ]


FILTERS = {
    "role_label": role_label, "device_name": device_name,
    "euros": euros, "number": number, "day": day, "instant": instant, "clock_time": clock_time,
    "file_size": file_size, "grouped": grouped, "phone": phone, "status": status, "status_label": status_label,
    "of": of, "age_band": age_band, "bounds": bounds,
    "translated": translated, "by_family": by_family, "family_facts": family_facts,
}  # fmt: skip


def register_filters(app: Flask) -> None:
    app.jinja_env.filters.update(FILTERS)
