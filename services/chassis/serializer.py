"""One JSON for every message: instants and days as ISO 8601, identifiers as text, nothing else clever.

kombu's own JSON tags dates with Python type markers; other languages listen here too, hence this plain one, which
takes the place of kombu's under the same content type. Money is integers, so a Decimal or a float amount is a bug:
Decimals are refused. orjson does the work; what it doesn't take and JSON does (a number beyond 64 bits, keys that are
no text) goes the way of the standard library.
"""

import json
from datetime import date, datetime
from enum import Enum
from typing import Any
from uuid import UUID

import kombu.serialization
import orjson

JSON = "application/json"
CLOUDEVENTS = "application/cloudevents+json"


def _default(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, tuple):  # a named one
        return list(value)
    raise TypeError(f"not for a message: {type(value).__name__}")


_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_default)


def dumps(value: Any) -> str:
    """The value as compact JSON. Raises TypeError for a type that has no place in a message."""
    try:
        return orjson.dumps(value, _default, orjson.OPT_PASSTHROUGH_DATACLASS).decode()
    except TypeError:
        return _encoder.encode(value)


def loads(text: str | bytes) -> Any:
    """The value of a JSON text. Raises ValueError (json.JSONDecodeError) for anything else."""
    return orjson.loads(text)


def register() -> None:
    """Make kombu, and so nameko, use it. Called once per process."""
    kombu.serialization.register("json", dumps, loads, content_type=JSON, content_encoding="utf-8")
    kombu.serialization.register("cloudevents", dumps, loads, content_type=CLOUDEVENTS, content_encoding="utf-8")
