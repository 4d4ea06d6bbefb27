"""The catalogue of events, written from the services' own ``messages.py``.

    python -m deploy.catalogue            # write docs/events.md, docs/asyncapi.json and the READMEs' tables
    python -m deploy.catalogue --check    # exit 1 if one of them is out of date

A guard test runs the check, so what readers see is what the code does.
"""

import importlib
import inspect
import json
import pkgutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin, OpenAPIConverter

from services.chassis import topology
from services.chassis.config import SERVICES
from services.chassis.events import SPEC_VERSION, Event

ROOT = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- events -->", "<!-- /events -->"
CONTRACT, END_CONTRACT = "<!-- contract -->", "<!-- /contract -->"
FINANCE = ("payout_batch_released.v1", "payout_ordered.v1", "payout_settled.v1", "payout_returned.v1")


@dataclass(frozen=True)
class Announced:
    """One type of event: who announces it, what it holds, who listens."""

    publisher: str
    schema: type[Event]
    listeners: tuple[str, ...]

    @property
    def type(self) -> str:
        return self.schema.type

    @property
    def about(self) -> str:
        return inspect.cleandoc(self.schema.__doc__ or "").replace("\n", " ")


def services() -> list[str]:
    """The services that there are."""
    return [name for name in SERVICES if (ROOT / "services" / name / "service.py").exists()]


def _modules(package: str) -> Iterator[ModuleType]:
    root = importlib.import_module(package)
    yield root
    for found in pkgutil.walk_packages(getattr(root, "__path__", []), f"{package}."):
        yield importlib.import_module(found.name)


def _events(service: str) -> list[type[Event]]:
    found = {
        value.type: value
        for module in _modules(f"services.{service}.messages")
        for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, Event) and getattr(value, "type", None)
    }
    return list(found.values())


def _listeners() -> dict[tuple[str, str], list[str]]:
    heard: dict[tuple[str, str], list[str]] = {}
    for service in services():
        for reading in topology.readings(topology.service_class(f"services.{service}.service")):
            heard.setdefault((reading.publisher, reading.type), []).append(service)
    return heard


def announced() -> list[Announced]:
    """Every event, by publisher in the order of the story, then by name."""
    heard = _listeners()
    return [
        Announced(service, schema, tuple(sorted(set(heard.get((service, schema.type), [])))))
        for service in services()
        for schema in sorted(_events(service), key=lambda each: each.type)
    ]


def _listening(event: Announced) -> str:
    names = [*event.listeners, *(["finance"] if event.type in FINANCE else [])]
    return ", ".join(names) or "–"


def table(events: list[Announced]) -> str:
    """The README's table of announcers and listeners."""
    rows = [f"| {event.publisher} | `{event.type}` | {_listening(event)} |" for event in events]
    return "\n".join([BEGIN, "| announces | event | listens |", "|---|---|---|", *rows, END])


def contract(service: str, events: list[Announced]) -> str:
    """What a service answers, announces and listens to, for its README."""
    service_class = topology.service_class(f"services.{service}.service")
    methods = inspect.getmembers(service_class, lambda each: hasattr(each, "rpc_entrypoint"))
    answers = [f"| `{name}` | {_demands(method)} | {_first_sentence(method)} |" for name, method in methods]
    own = [f"| `{event.type}` | {_listening(event)} |" for event in events if event.publisher == service]
    heard = sorted({(reading.publisher, reading.type) for reading in topology.readings(service_class)})
    parts = ["\n".join(["| answers | to | |", "|---|---|---|", *answers])]
    if own:
        parts.append("\n".join(["| announces | listens |", "|---|---|", *own]))
    if heard:
        rows = [f"| `{event_type}` | {publisher} |" for publisher, event_type in heard]
        parts.append("\n".join(["| listens to | announced by |", "|---|---|", *rows]))
    return "\n\n".join([CONTRACT, *parts, END_CONTRACT])


def _demands(method: Any) -> str:
    demands = method.rpc_entrypoint.demands
    return ", ".join(sorted(demands)) if demands else "any genuine token"


def _first_sentence(method: Any) -> str:
    text = " ".join(inspect.cleandoc(method.__doc__ or "").split("\n\n")[0].split())
    return text.split(". ")[0].rstrip(".").replace("|", "\\|")


def _json_schema(schema: type[Event]) -> dict[str, Any]:
    """The data of an event as JSON Schema."""
    plugin = MarshmallowPlugin()
    spec = APISpec("events", "1", "3.1.0", plugins=[plugin])
    converter = plugin.converter
    if not isinstance(converter, OpenAPIConverter):
        raise TypeError("apispec gave no converter")
    converted = converter.schema2jsonschema(schema())
    return _inlined(converted, spec.to_dict().get("components", {}).get("schemas", {}))


def _inlined(value: Any, known: dict[str, Any]) -> Any:
    """The same schema with nested ones written out."""
    if isinstance(value, dict):
        if "$ref" in value:
            return _inlined(known[value["$ref"].rsplit("/", 1)[-1]], known)
        return {name: _inlined(each, known) for name, each in value.items()}
    if isinstance(value, list):
        return [_inlined(each, known) for each in value]
    return value


def _kind(field: dict[str, Any]) -> str:
    kinds = field.get("type", "any")
    text = " or ".join(kinds) if isinstance(kinds, list) else str(kinds)
    return f"{text} ({field['format']})" if "format" in field else text


def chapter(event: Announced) -> str:
    """One event in docs/events.md."""
    schema = _json_schema(event.schema)
    required = set(schema.get("required", []))
    rows = [
        f"| `{name}` | {_kind(field)} | {'yes' if name in required else 'no'} |"
        for name, field in schema.get("properties", {}).items()
    ]
    example = json.dumps(event.schema.example, ensure_ascii=False, indent=2, default=str)
    parts = [f"### `{event.type}`", event.about or f"Announced by {event.publisher}."]
    parts.append(f"In order per `{event.schema.key}` (the envelope's `subject`). Listens: {_listening(event)}.")
    parts.append("\n".join(["| field | type | always there |", "|---|---|---|", *rows]))
    parts.append(f"```json\n{example}\n```")
    return "\n\n".join(parts)


_INTRODUCTION = f"""# Events

Written by `python -m deploy.catalogue` from the services' `messages.py`; a test keeps the two the same.

Each service announces on its own durable topic exchange `<service>.events`; the routing key is the event's type. The
body is [CloudEvents {SPEC_VERSION}](https://cloudevents.io/) in structured JSON
(`content-type: application/cloudevents+json`): `specversion`, `id`, `source` (`/<service>`), `type`, `time` (UTC),
`subject` (the aggregate), `datacontenttype`, `data`. Messages are persistent and their `message_id` is the `id`.

Delivery is at least once, and in order per subject: **deduplicate by `id`**. Fields may be added at any time, so ignore
those you don't know; a breaking change is a new version (`.v2`) sent beside the old one for a season. Events carry ids,
never names, addresses or account numbers in clear. Money is whole euro cents (`*_cents`).

For finance: bind a durable queue of your own to `payouts.events` with the four types of the first chapter below. A
complete consumer, ready to copy, is `python -m services.payouts.finance --queue finance.payouts --out DIR`.
"""


def document(events: list[Announced]) -> str:
    """docs/events.md."""
    finance = [event for event in events if event.type in FINANCE]
    parts = [_INTRODUCTION]
    if finance:
        parts += ["## For finance", *map(chapter, finance)]
    for service in services():
        own = [event for event in events if event.publisher == service and event not in finance]
        if own:
            parts += [f"## {service}", *map(chapter, own)]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _message(event: Announced) -> dict[str, Any]:
    envelope = {
        "specversion": {"const": SPEC_VERSION},
        "id": {"type": "string", "format": "uuid"},
        "source": {"const": f"/{event.publisher}"},
        "type": {"const": event.type},
        "time": {"type": "string", "format": "date-time"},
        "subject": {"type": "string"},
        "datacontenttype": {"const": "application/json"},
        "data": _json_schema(event.schema),
    }
    return {
        "name": event.type,
        "title": event.type,
        "summary": event.about or f"Announced by {event.publisher}.",
        "contentType": "application/cloudevents+json",
        "payload": {"type": "object", "required": list(envelope), "properties": envelope},
        "examples": [{"name": "example", "payload": {"data": event.schema.example}}],
    }


def asyncapi(events: list[Announced]) -> str:
    """docs/asyncapi.json (AsyncAPI 3.0)."""
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    for event in events:
        channel = channels.setdefault(f"{event.publisher}_events", _channel(event.publisher))
        name = event.type.replace(".", "_")
        channel["messages"][name] = {"$ref": f"#/components/messages/{name}"}
        operations[f"announce_{name}"] = {
            "action": "send",
            "channel": {"$ref": f"#/channels/{event.publisher}_events"},
            "messages": [{"$ref": f"#/channels/{event.publisher}_events/messages/{name}"}],
            "bindings": {"amqp": {"deliveryMode": 2, "bindingVersion": "0.3.0"}},
        }
    written = {
        "asyncapi": "3.0.0",
        "info": {"title": "Pass'Sports-Loisirs: events", "version": "1.0.0"},
        "defaultContentType": "application/cloudevents+json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": {event.type.replace(".", "_"): _message(event) for event in events}},
    }
    return json.dumps(written, ensure_ascii=False, indent=1, default=str) + "\n"


def _channel(publisher: str) -> dict[str, Any]:
    exchange = {"name": f"{publisher}.events", "type": "topic", "durable": True, "autoDelete": False}
    return {
        "address": f"{publisher}.events",
        "title": f"What {publisher} announces",
        "messages": {},
        "bindings": {"amqp": {"is": "routingKey", "exchange": exchange, "bindingVersion": "0.3.0"}},
    }


def between(text: str, begin: str, end: str, fresh: str) -> str:
    """The text with ``fresh`` in place of what stands between two marks, marks included. Raises ValueError if
    they are missing."""
    before, _, rest = text.partition(begin)
    _, mark, after = rest.partition(end)
    if not mark:
        raise ValueError(f"a README lacks {begin} … {end}")
    return f"{before}{fresh}{after}"


def wanted() -> dict[Path, str]:
    """Every file of the catalogue and what it should say."""
    events = announced()
    found = {ROOT / "docs" / "events.md": document(events), ROOT / "docs" / "asyncapi.json": asyncapi(events)}
    root = ROOT / "README.md"
    found[root] = between(root.read_text(encoding="utf-8"), BEGIN, END, table(events))
    for service in services():
        path = ROOT / "services" / service / "README.md"
        if path.exists() and CONTRACT in (text := path.read_text(encoding="utf-8")):
            found[path] = between(text, CONTRACT, END_CONTRACT, contract(service, events))
    return found


def main(arguments: list[str]) -> int:
    """Write, or with ``--check`` compare. Returns the exit status."""
    stale = [path for path, text in wanted().items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" in arguments:
        for path in stale:
            print(f"out of date: {path.relative_to(ROOT)}  (python -m deploy.catalogue)")
        return 1 if stale else 0
    for path in stale:
        path.parent.mkdir(exist_ok=True)
        path.write_text(wanted()[path], encoding="utf-8")
        print(f"wrote {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
