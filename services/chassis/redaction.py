"""The last wall before a log line: addresses, phone numbers and account numbers that slipped into a message
or a traceback are blotted out. (PostgreSQL tells the offending values in ``DETAIL``; libraries quote what
they refuse.)"""

import re
from collections.abc import MutableMapping
from typing import Any

_DETAIL = re.compile(r"(?m)^(\s*DETAIL:).*$")
_PATTERNS = (
    (re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"), "<address>"),
    (re.compile(r"\b[A-Z]{2}\d{2}(?:[ \u00a0]?[A-Z0-9]{4}){3,7}(?:[ \u00a0]?[A-Z0-9]{1,4})?\b"), "<account>"),
    (re.compile(r"(?<![\w-])(?:\+\d{2,3}|0)[ .]?[1-9](?:[ .]?\d{2}){4}(?![\w-])"), "<phone>"),
)


def redact(text: str) -> str:
    """The text without what looks like a mail address, an IBAN or a phone number, and without database
    details."""
    text = _DETAIL.sub(r"\1 <hidden>", text)
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text


def redact_entry(_: Any, __: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The structlog processor: every text of the entry."""
    for name, value in entry.items():
        if isinstance(value, str):
            entry[name] = redact(value)
    return entry
