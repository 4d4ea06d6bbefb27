"""Errors of the API: problem+json (RFC 9457) with a stable `code`, whatever went wrong."""

from typing import Any

import structlog
from flask import Blueprint, Response, g
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException

from gateway.refusals import describe, tables
from gateway.translation import N_
from services.chassis import serializer
from services.chassis.config import settings
from services.chassis.refusals import Refused, Unavailable

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 2
log = structlog.get_logger("gateway")

OWN = {
    "malformed_request": (400, N_("La requête n’a pas pu être lue.")),
    "idempotency_key_missing": (400, N_("L’en-tête Idempotency-Key est obligatoire : de 1 à 64 caractères ASCII.")),
    "token_missing": (401, N_("L’en-tête Authorization: Bearer est obligatoire.")),
    "token_invalid": (401, N_("Ce jeton n’est pas valable. Appairez le terminal.")),
    "token_revoked": (401, N_("Ce terminal a été révoqué. Appairez-le de nouveau.")),
    "not_found": (404, N_("Cette adresse n’existe pas.")),
    "method_not_allowed": (405, N_("Cette méthode n’existe pas à cette adresse.")),
    "not_acceptable": (406, N_("Ce format de réponse n’existe pas.")),
    "too_large": (413, N_("La requête est trop grande.")),
    "unsupported_media_type": (415, N_("Le corps de la requête doit être du JSON (application/json).")),
    "rate_limited": (429, N_("Trop de requêtes. Patientez, puis recommencez.")),
    "internal_error": (500, N_("Une erreur est survenue de notre côté.")),
    "unavailable": (503, N_("Le service est momentanément indisponible. Renvoyez la même requête, avec la même clé.")),
}
"""What the API itself refuses; what services refuse is in gateway/refusals."""

_BY_STATUS = {status: code for code, (status, _text) in OWN.items()} | {400: "malformed_request", 401: "token_invalid"}
_TERMINAL_CODES = {
    "terminal_token_invalid": "token_invalid",
    "terminal_token_revoked": "token_revoked",
    "actor_invalid": "token_invalid",
    "actor_revoked": "token_revoked",
    "too_many_attempts": "rate_limited",
    "deadline_exceeded": "unavailable",
}
_WITH_RETRY = frozenset({429, 503})


def status_of(code: str) -> int:
    """The HTTP status of a code: ours, or the one that pages answer with for a service's."""
    if code in OWN:
        return OWN[code][0]
    return next(table[code][0] for table in tables().values() if code in table)


class Problem(Exception):
    """Answer with this problem."""

    def __init__(self, code: str, **fields: Any):
        super().__init__(code)
        self.code, self.fields = code, fields


def body(code: str, fields: dict[str, Any]) -> dict[str, Any]:
    """A problem as a JSON object; `fields` become members beside the standard ones."""
    status, text = OWN.get(code, (None, ""))
    if status is None:
        status, text = describe(Refused(code, fields))
    else:
        text = _(text)
    extra = {name: value for name, value in fields.items() if name != "replayed"}
    return {
        **extra,
        "type": f"{settings().base_url}/api/v1/docs#{code}",
        "title": text,
        "status": status,
        "code": code,
    }


def answer(code: str, fields: dict[str, Any]) -> Response:
    """The whole response."""
    told = body(code, fields)
    response = Response(serializer.dumps(told), status=told["status"], content_type=MEDIA_TYPE)
    if told["status"] in _WITH_RETRY:
        response.headers["Retry-After"] = str(fields.get("retry_after_s", RETRY_AFTER_S))
    if told["status"] == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    if fields.get("replayed"):
        response.headers["Idempotency-Replayed"] = "true"
    return response


def on_problem(problem: Problem) -> Response:
    return answer(problem.code, problem.fields)


def on_refused(refused: Refused) -> Response:
    """What a service refused, under the API's own code where it has one."""
    if refused.code in ("actor_invalid", "actor_revoked"):
        from gateway.terminal.v1 import bearer

        bearer.forget()
    code = _TERMINAL_CODES.get(refused.code, refused.code)
    return answer(code, refused.fields)


def on_unavailable(unavailable: Unavailable) -> Response:
    log.warning("service_unavailable", detail=str(unavailable))
    return answer("unavailable", {})


def on_http(error: HTTPException) -> Response:
    """werkzeug's and webargs' errors."""
    status = error.code or 500
    if status == 422:
        return answer("validation_failed", {"errors": _messages(getattr(error, "data", {}))})
    response = answer(_BY_STATUS.get(status, "malformed_request" if status < 500 else "internal_error"), {})
    for name, value in error.get_headers():
        if name.lower() == "allow":
            response.headers[name] = value
    return response


def _messages(data: dict[str, Any]) -> dict[str, Any]:
    """webargs names the place first (`json`, `query`): callers know where they wrote a field."""
    found: dict[str, Any] = {}
    for place in (data.get("messages") or {}).values():
        found |= place if isinstance(place, dict) else {"body": place}
    return found


def on_bug(error: Exception) -> Response:
    log.exception("unhandled_error", exc_info=error)
    return answer("internal_error", {"trace_id": g.get("trace_id", "")})


def register(blueprint: Blueprint) -> None:
    """Every error inside the API's own routes."""
    blueprint.register_error_handler(Problem, on_problem)
    blueprint.register_error_handler(Refused, on_refused)
    blueprint.register_error_handler(Unavailable, on_unavailable)
    blueprint.register_error_handler(HTTPException, on_http)
    blueprint.register_error_handler(Exception, on_bug)
