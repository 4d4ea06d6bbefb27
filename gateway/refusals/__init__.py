"""One table from refusal code to HTTP status and French sentence, merged from `gateway/refusals/*.py`.

Each module holds `REFUSALS = {code: (status, sentence)}`. A sentence says what happened and what to do; it may
use the refusal's fields, `{like_this}`; a field named `…_cents` is shown as euros.
"""

import importlib
import pkgutil
from functools import cache
from typing import Any, NamedTuple

from flask import flash
from flask_babel import gettext as _

from gateway.formatting import euros
from services.chassis.refusals import Refused


class Described(NamedTuple):
    """What a page shows of a refusal."""

    status: int
    text: str


@cache
def table() -> dict[str, tuple[int, str]]:
    """Every known refusal. Two modules that give the same code different words are a mistake."""
    merged: dict[str, tuple[int, str]] = {}
    for module in pkgutil.iter_modules(__path__):
        for code, entry in importlib.import_module(f"{__name__}.{module.name}").REFUSALS.items():
            if merged.setdefault(code, entry) != entry:
                raise ValueError(f"refusal {code} is described twice, differently ({module.name})")
    return merged


def describe(refused: Refused) -> Described:
    """The status and the sentence for `refused`; an unknown code gets a general sentence, never a stack."""
    status, sentence = table().get(refused.code, (409, table()["refused"][1]))
    return Described(status, _fill(_(sentence), refused.fields))


def flash_refusal(refused: Refused) -> None:
    """Show the refusal at the top of the next page."""
    flash(describe(refused).text, "error")


class _Fields(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"


def _fill(sentence: str, fields: dict[str, Any]) -> str:
    shown = {
        name: euros(value) if name.endswith("_cents") and isinstance(value, int) else value
        for name, value in (fields or {}).items()
    }
    return sentence.format_map(_Fields(shown))
