"""The API's own description: OpenAPI 3.1 made from the schemas, and the same as a page to read."""

import re
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, render_template

from gateway.terminal.v1 import problems
from gateway.terminal.v1.bearer import allow_anyone
from services.chassis.config import settings

blueprint = Blueprint("terminal_api_document", __name__)

_CODE = re.compile(r"`([a-z_]+)`")
DESCRIPTION: dict[str, Any] = {
    "info": {
        "title": "SmartTPE – Pass'Sports-Loisirs",
        "description": (
            "What a paired terminal may do: look at a pass, record a transaction, cancel it the same day, catch up "
            "after a time without network. Amounts are euro cents; instants are ISO 8601 with a time zone; errors are "
            "problem+json with a stable `code`."
        ),
    },
    "security": [{"terminal": []}],
    "components": {"securitySchemes": {"terminal": {"type": "http", "scheme": "bearer"}}},
}


def openapi() -> dict[str, Any]:
    """The OpenAPI document."""
    document: dict[str, Any] = current_app.extensions["terminal_api"].spec.to_dict()
    document["servers"] = [{"url": settings().base_url}]
    return document


@blueprint.get("/openapi.json")
@allow_anyone
def openapi_json() -> Response:
    return jsonify(openapi())


@blueprint.get("/docs")
@allow_anyone
def docs() -> str:
    document = openapi()
    operations = [
        {"method": method, "path": path, **operation, "body": _fields(document, _body_schema(operation))}
        | {"answer": _fields(document, _answer_schema(operation))}
        for method, path, operation in _operations(document)
    ]
    return render_template("api/docs.html", document=document, operations=operations, problems=_problems(document))


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of each; parameters that a path's methods share are among each one's."""
    for path, methods in document["paths"].items():
        shared = methods.get("parameters", [])
        for method in ("get", "post"):
            if method in methods:
                operation = methods[method]
                yield method.upper(), path, operation | {"parameters": [*shared, *operation.get("parameters", ())]}


def _problems(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Every code that an operation may answer with, as its problem tells it; the `type` of one leads to its line."""
    told = (
        response["description"]
        for _method, _path, operation in _operations(document)
        for response in operation["responses"].values()
    )
    codes = sorted({code for text in told for code in _CODE.findall(text)})
    return sorted((problems.body(code, {}) for code in codes), key=lambda problem: problem["status"])


def _content_schema(described: dict[str, Any] | None) -> dict[str, Any] | None:
    found = ((described or {}).get("content") or {}).get("application/json") or {}
    schema: dict[str, Any] | None = found.get("schema")
    return schema


def _body_schema(operation: dict[str, Any]) -> dict[str, Any] | None:
    return _content_schema(operation.get("requestBody"))


def _answer_schema(operation: dict[str, Any]) -> dict[str, Any] | None:
    return next(
        (
            _content_schema(operation["responses"][status])
            for status in ("200", "201")
            if status in operation["responses"]
        ),
        None,
    )


def _fields(document: dict[str, Any], schema: dict[str, Any] | None) -> list[dict[str, Any]]:
    """One line per field, nested ones with a dotted name."""
    if schema is None:
        return []
    resolved = _resolved(document, schema.get("anyOf", [schema])[0])
    lines: list[dict[str, Any]] = []
    for name, part in (resolved.get("properties") or {}).items():
        inner = _resolved(document, part)
        lines.append(
            {
                "name": name,
                "type": _type(inner),
                "required": name in resolved.get("required", ()),
                "description": part.get("description", ""),
            }
        )
        of_items = inner.get("items", {}) if inner.get("type") == "array" else inner
        lines += [line | {"name": f"{name}.{line['name']}"} for line in _fields(document, of_items)]
    return lines


def _resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    for part in (schema, *schema.get("allOf", ()), *schema.get("anyOf", ())):
        if "$ref" in part:
            name = part["$ref"].rpartition("/")[2]
            found: dict[str, Any] = document["components"]["schemas"][name]
            return found
    return schema


def _type(schema: dict[str, Any]) -> str:
    known = schema.get("type", "object")
    return known if isinstance(known, str) else " | ".join(known)
