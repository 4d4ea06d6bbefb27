"""`/healthz`: this process lives. `/readyz`: broker, databases and all five services answer."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from flask import Blueprint, Flask, current_app, g, jsonify
from flask.typing import ResponseReturnValue

from gateway.access import VISITOR, allow, visitor_token
from services.chassis.config import SERVICES
from services.chassis.refusals import Refused, Unavailable

READY_DEADLINE_S = 2.0
blueprint = Blueprint("health", __name__)


def _ask(bus, token: str, trace_id: str, service: str) -> str:  # type: ignore[no-untyped-def]
    """«ready», or why not."""
    try:
        bus.call(service, "ready", {}, token=token, trace_id=trace_id, idempotent=True, deadline_s=READY_DEADLINE_S)
    except Refused as refused:
        return refused.code
    except Unavailable:
        return "unavailable"
    return "ready"


@blueprint.get("/healthz")
@allow(VISITOR)
def healthz() -> ResponseReturnValue:
    return jsonify(status="alive")


@blueprint.get("/readyz")
@allow(VISITOR)
def readyz() -> ResponseReturnValue:
    """200 when every service answers its `ready` RPC (each checks its own database and broker), else 503."""
    ask = partial(_ask, current_app.extensions["bus"], visitor_token(), g.trace_id)
    with ThreadPoolExecutor(len(SERVICES)) as pool:
        found = dict(zip(SERVICES, pool.map(ask, SERVICES), strict=True))
    ready = all(state == "ready" for state in found.values())
    response = jsonify(status="ready" if ready else "not_ready", services=found)
    response.status_code = 200 if ready else 503
    if not ready:
        response.headers["Retry-After"] = "2"
    return response


def register(app: Flask) -> None:
    from gateway.limits import limiter

    limiter.exempt(blueprint)
    app.register_blueprint(blueprint)
