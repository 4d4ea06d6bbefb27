"""From refusal code to HTTP status and French sentence: one table per service in `gateway/refusals/*.py`.

Each module holds `REFUSALS = {code: (status, sentence)}`; two services may say the same code in their own words.
A sentence says what happened and what to do; it may use the refusal's fields, `{like_this}`; a field named `…_cents`
is shown as euros, one named `…_on` as a day.
"""

import importlib
import pkgutil
from functools import cache
from typing import Any, NamedTuple

from flask import flash
from flask_babel import gettext as _

from gateway.formatting import day, euros
from services.chassis.refusals import Refused


class Described(NamedTuple):
    """What a page shows of a refusal."""

    status: int
    text: str


@cache
def tables() -> dict[str, dict[str, tuple[int, str]]]:
    """Every module's table, by the module's name: a service's, or `chassis` for what any service may say."""
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    return {name: importlib.import_module(f"{__name__}.{name}").REFUSALS for name in names}


def _entry(refused: Refused) -> tuple[int, str]:
    """The words of the service that refused, else those of any service, else a general sentence."""
    known = tables()
    said_by = getattr(refused, "service", None)
    for name in (said_by, "chassis", *known):
        if name in known and refused.code in known[name]:
            return known[name][refused.code]
    return known["chassis"]["refused"]


def describe(refused: Refused) -> Described:
    """The status and the sentence for `refused`; an unknown code gets a general sentence, never a stack."""
    status, sentence = _entry(refused)
    return Described(status, _fill(_(sentence), refused.fields))


def flash_refusal(refused: Refused) -> None:
    """Show the refusal at the top of the next page."""
    flash(describe(refused).text, "error")


class _Fields(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"


def _fill(sentence: str, fields: dict[str, Any]) -> str:
    shown = {name: _shown(name, value) for name, value in (fields or {}).items()}
    return sentence.format_map(_Fields(shown))


def _shown(name: str, value: Any) -> Any:
    if name.endswith("_cents") and isinstance(value, int):
        return euros(value)
    return day(value) if name.endswith("_on") and isinstance(value, str) else value
