"""What an event looks like: the schemas of those who announce and of those who listen, and the envelope.

The envelope is CloudEvents 1.0 in structured JSON. A publisher's schema (`Event`) is strict and never changes: a
breaking change is a new class and a new ``.v2`` type sent beside the old one. A listener's schema (`Reading`) names
only the fields that it uses and ignores the rest, so that publishers can add fields.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, ClassVar

from marshmallow import EXCLUDE, RAISE, Schema, fields

from services.chassis import serializer

SPEC_VERSION = "1.0"
RETRY = "retry"
ACCEPT = "accept"


class Event(Schema):
    """One type of event that a service announces.

    ``type``: name and version, the routing key. ``key``: the field naming the aggregate; events of one aggregate are
    sent in order, and it is the envelope's subject. ``unrouted``: ``"retry"`` if a queue must exist for it,
    ``"accept"`` if it may go unheard. ``example``: data that this schema accepts, used by documents and contracts.
    """

    type: ClassVar[str]
    key: ClassVar[str]
    unrouted: ClassVar[str] = ACCEPT
    example: ClassVar[dict[str, Any]]

    class Meta:
        unknown = RAISE


class Reading(Schema):
    """What one listener reads of an event: ``publisher`` and ``type`` name it, the fields are those it uses."""

    publisher: ClassVar[str]
    type: ClassVar[str]

    class Meta:
        unknown = EXCLUDE


@dataclass(frozen=True)
class ReceivedEvent:
    """An event as its handler gets it; ``data`` is what the listener's schema loaded."""

    id: str
    type: str
    source: str
    time: datetime
    subject: str
    data: dict[str, Any]
    trace_id: str
    attempt: int
    handler: str


class EventInvalid(ValueError):
    """The data breaks the publisher's own schema: a bug in the publisher, found before anything is stored."""


def envelope(event: type[Event], service: str, event_id: str, at: datetime, data: dict[str, Any]) -> str:
    """The CloudEvent, as JSON text. Raises EventInvalid."""
    dumped = _dumped(event, data)
    return serializer.dumps(
        {
            "specversion": SPEC_VERSION,
            "id": event_id,
            "source": f"/{service}",
            "type": event.type,
            "time": at,
            "subject": str(dumped[event.key]),
            "datacontenttype": serializer.JSON,
            "data": dumped,
        }
    )


def _dumped(event: type[Event], data: dict[str, Any]) -> dict[str, Any]:
    """The data as JSON will have it, checked. Raises EventInvalid."""
    schema = _schema(event)
    if _is_json(event) and not schema.validate(data):
        return data
    try:
        dumped = schema.dump(data)
    except (TypeError, ValueError) as fault:
        raise EventInvalid(f"{event.type}: {fault}") from fault
    unknown = set(data) - set(dumped)
    errors = schema.validate(dumped)
    if errors or unknown:
        raise EventInvalid(f"{event.type}: {errors or sorted(unknown)}")
    return dumped


@cache
def _is_json(event: type[Event]) -> bool:
    """Whether data that the schema accepts is what it would dump: a pass less for the events of the hot path."""
    return all(
        type(field) in _JSON_FIELDS and getattr(field, "strict", True) and field.data_key is field.attribute is None
        for field in _schema(event).fields.values()
    )


_JSON_FIELDS = frozenset({fields.String, fields.Integer, fields.Boolean})
_schemas: dict[type[Schema], Schema] = {}


def _schema(kind: type[Schema]) -> Schema:
    """One instance of each schema; making one is slow."""
    if kind not in _schemas:
        _schemas[kind] = kind()
    return _schemas[kind]


def exchange_name(service: str) -> str:
    """The topic exchange on which a service announces its events (nameko's convention)."""
    return f"{service}.events"


def queue_name(listener: str, reading: type[Reading]) -> str:
    """The queue of one listener for one type of event."""
    return f"{listener}.{reading.publisher}.{reading.type}"
