"""A trace id for every request and one structured line when it ends.

The line names the route's pattern, never the address itself: addresses can hold secrets (`/pass/<token>`).
"""

import re
import secrets
import time

import structlog
from flask import Flask, Response, g, request

from services.chassis import telemetry

TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
"""W3C Trace Context: a proxy in front may have begun the trace."""

REFUSED = frozenset({400, 401, 403, 410, 413, 415, 422, 429})
"""What was turned away: there the log says where it came from, to find out about attacks (CNIL 2021-122)."""

log = structlog.get_logger("gateway")


def _begin() -> None:
    g.started = time.perf_counter()
    given = TRACEPARENT.fullmatch(request.headers.get("traceparent", ""))
    g.trace_id = given[1] if given else secrets.token_hex(16)
    telemetry.trace(g.trace_id)


def _end(response: Response) -> Response:
    response.headers["X-Trace-Id"] = g.get("trace_id", "")
    if request.endpoint != "static":
        who, route = g.get("viewer"), request.url_rule.rule if request.url_rule else None
        seconds = time.perf_counter() - g.get("started", time.perf_counter())
        telemetry.request_answered(route or "unknown", response.status_code, seconds)
        log.info(
            "request",
            method=request.method,
            route=route,
            status=response.status_code,
            ms=round(seconds * 1000, 1),
            account_id=who.account_id if who else None,
            **({"address": request.remote_addr} if response.status_code in REFUSED else {}),
        )
    return response


def register(app: Flask) -> None:
    app.before_request(_begin)
    app.after_request(_end)
