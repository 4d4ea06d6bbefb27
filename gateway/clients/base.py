"""What every service client shares: the one place of the gateway that hands a call to the bus.

A client is a thin, typed class per service (`gateway/clients/<service>.py`): its methods name the
service's RPC methods and return plain dictionaries. Refusals arrive as `services.chassis.refusals.Refused`,
a silent or unreachable service as `Unavailable`.
"""

import time
from typing import Any, ClassVar, NotRequired, Protocol, TypedDict

from flask import current_app, g, has_request_context

from services.chassis.bus import DEADLINE_S
from services.chassis.refusals import Refused, Unavailable

ACTOR_CODES = frozenset({"actor_invalid", "actor_revoked"})
"""What a service says of an actor token that it doesn't, or no longer, believe."""
LEAST_S = 0.3
"""What a call gets when this request has already spent its patience on a silent service."""


class Bus(Protocol):
    """What a client needs of the message bus (`services.chassis.bus.Bus` is the real one; unit tests fake it)."""

    def call(
        self,
        service: str,
        method: str,
        arguments: dict[str, Any],
        *,
        token: str,
        trace_id: str | None,
        idempotent: bool,
        deadline_s: float,
    ) -> Any: ...


def bus() -> Bus:
    """The application's bus, created once per process by `gateway.app.create_app`."""
    return current_app.extensions["bus"]


def trace_id() -> str | None:
    """The trace id of the request in hand, so that one id runs through gateway, RPC and events."""
    return getattr(g, "trace_id", None) if has_request_context() else None


class AgeBand(TypedDict):
    """For how long something in a queue has waited: whole days, ends included; the last band has no end. The service
    that owns the queue draws the bands. `count`: where they are counted."""

    code: str
    first_days: int
    last_days: int | None
    count: NotRequired[int]


class Waiting(TypedDict):
    """How many wait in a queue, since when the oldest does (None: nobody), and how many in each band of age."""

    count: int
    since: str | None
    ages: list[AgeBand]


class ServiceClient:
    """Base of the typed clients. `token` replaces the request's own actor token for every call made."""

    service: ClassVar[str] = ""
    deadline_s: ClassVar[float] = DEADLINE_S

    def __init__(self, token: str | None = None) -> None:
        self._token = token

    def _call(
        self,
        method: str,
        *,
        idempotent: bool = False,
        deadline_s: float | None = None,
        **arguments: Any,
    ) -> Any:
        """Call `method` for whoever made the request (a visitor when nobody signed in).

        `idempotent` allows the bus to try again after a lost answer. However many services a page asks, those that keep
        silent cost it `DEADLINE_S` in all. Raises `Refused` or `Unavailable`.
        """
        from gateway.access import actor_token

        began = time.monotonic()
        try:
            return bus().call(
                self.service,
                method,
                arguments,
                token=self._token or actor_token(),
                trace_id=trace_id(),
                idempotent=idempotent,
                deadline_s=_patience(deadline_s or self.deadline_s),
            )
        except Refused as refused:
            refused.service = self.service  # type: ignore[attr-defined]  # whose words to use for it
            if refused.code in ACTOR_CODES and self._token is None and has_request_context():
                g.actor_refused = refused  # whatever the page does about it: see `gateway.access.allow`
            raise
        except Unavailable:
            if has_request_context():
                g.waited_in_vain_s = g.get("waited_in_vain_s", 0.0) + time.monotonic() - began
            raise


def _patience(deadline_s: float) -> float:
    """The deadline of the next call, given what this request has already waited in vain."""
    lost_s = g.get("waited_in_vain_s", 0.0) if has_request_context() else 0.0
    return deadline_s if not lost_s else min(deadline_s, max(LEAST_S, DEADLINE_S - lost_s))
