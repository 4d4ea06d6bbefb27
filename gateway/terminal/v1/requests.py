"""Reading requests and writing answers, and describing both for the OpenAPI document."""

import re
from collections.abc import Callable
from typing import Any

from flask import Response, request
from flask_smorest import Blueprint
from marshmallow import EXCLUDE, Schema, ValidationError
from werkzeug.exceptions import BadRequest

from gateway.terminal.v1 import problems, schemas
from gateway.terminal.v1.problems import Problem
from services.chassis import serializer

LARGEST_BODY = 1024 * 1024
_KEY = re.compile(schemas.KEY_PATTERN)
_ANYWHERE = ("malformed_request",)
_ALWAYS = ("token_missing", "token_invalid", "token_revoked", "not_allowed", "rate_limited", "unavailable")
_WITH_BODY = ("too_large", "unsupported_media_type", "validation_failed")
_KEY_PARAMETER = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": True,
    "schema": {"type": "string", "pattern": "^[!-~]{1,64}$"},
    "description": "1 to 64 visible ASCII characters. Same key and body: the first answer again, with "
    "`Idempotency-Replayed: true`.",
}


def read_body(schema: Schema) -> dict[str, Any]:
    """The JSON body as `schema` loads it. Raises Problem."""
    if not request.is_json:
        raise Problem("unsupported_media_type")
    request.max_content_length = LARGEST_BODY
    try:
        content = request.get_json()
    except BadRequest:
        raise Problem("malformed_request") from None
    return load(schema, content)


def load(schema: Schema, content: Any) -> dict[str, Any]:
    """Raises the problem `validation_failed`."""
    try:
        loaded: dict[str, Any] = schema.load(content)
    except ValidationError as invalid:
        raise Problem("validation_failed", errors=invalid.normalized_messages()) from None
    return loaded


def read_query(schema: Schema) -> dict[str, Any]:
    """The query string as `schema` loads it; unknown parameters are let be. Raises Problem."""
    try:
        loaded: dict[str, Any] = schema.load(request.args.to_dict(), unknown=EXCLUDE)
    except ValidationError as invalid:
        raise Problem("validation_failed", errors=invalid.normalized_messages()) from None
    return loaded


def idempotency_key() -> str:
    """The request's key. Raises the problem `idempotency_key_missing`."""
    key = request.headers.get("Idempotency-Key", "")
    if not _KEY.match(key):
        raise Problem("idempotency_key_missing")
    return key


def answer(told: dict[str, Any], status: int = 200, *, replayed: bool = False) -> Response:
    """A JSON answer; ids and instants are text already."""
    response = Response(serializer.dumps(told), status=status, content_type=serializer.JSON)
    if replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response


def describes(
    blueprint: Blueprint,
    *,
    answers: tuple[int, type[Schema] | dict[str, Any]],
    body: type[Schema] | None = None,
    query: type[Schema] | None = None,
    codes: tuple[str, ...] = (),
    key: bool = False,
    public: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Put a route's body, answers and problems into the OpenAPI document."""
    named = (*_ANYWHERE, *(() if public else _ALWAYS), *(_WITH_BODY if body else ()), *codes)
    if key:
        named += ("idempotency_key_missing", "idempotency_key_reused", "idempotency_in_progress")
    operation: dict[str, Any] = {"responses": {answers[0]: _ok(answers), **_problems(named)}}
    if body:
        operation["requestBody"] = {"required": True, "content": {serializer.JSON: {"schema": body}}}
    parameters: list[Any] = [_KEY_PARAMETER] if key else []
    if query:
        parameters.append({"in": "query", "schema": query})
    if parameters:
        operation["parameters"] = parameters
    if public:
        operation["security"] = []
    documented: Callable[[Callable[..., Any]], Callable[..., Any]] = blueprint.doc(**operation)
    return documented


def in_path(name: str, description: str) -> list[dict[str, Any]]:
    """A route's ``parameters``: the one that its path names."""
    return [{"in": "path", "name": name, "required": True, "schema": {"type": "string"}, "description": description}]


def _ok(answers: tuple[int, type[Schema] | dict[str, Any]]) -> dict[str, Any]:
    status, schema = answers
    description = "Recorded" if status == 201 else "Done"
    return {"description": description, "content": {serializer.JSON: {"schema": schema}}}


def _problems(codes: tuple[str, ...]) -> dict[int, Any]:
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(problems.status_of(code), []).append(code)
    return {
        status: {
            "description": " · ".join(f"`{code}`" for code in dict.fromkeys(together)),
            "content": {problems.MEDIA_TYPE: {"schema": schemas.Problem}},
        }
        for status, together in sorted(by_status.items())
    }
