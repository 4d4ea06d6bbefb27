"""Calls from one service to another, as a nameko dependency: ``identity = Calls("identity")``."""

from collections.abc import Mapping
from typing import Any

from nameko.extensions import DependencyProvider

from services.chassis.bus import DEADLINE_S, Bus, ServiceToken


class BoundCalls:
    """Calls to one other service, on behalf of a caller or of the service itself."""

    def __init__(self, bus: Bus, target: str, own_token: ServiceToken):
        self._bus, self._target, self._own_token = bus, target, own_token

    def call(
        self,
        method: str,
        arguments: Mapping[str, Any],
        *,
        call: Any = None,
        as_service: bool = False,
        deadline_s: float | None = None,
        idempotent: bool = False,
    ) -> Any:
        """The result of the other service's method. With ``call`` the caller's token and deadline are passed on,
        unless ``as_service``; without it the service speaks for itself. Raises Refused or Unavailable."""
        remaining_s = call.remaining_s if call is not None else DEADLINE_S
        token = call.token if call is not None and not as_service else self._own_token()
        return self._bus.call(
            self._target,
            method,
            arguments,
            token=token,
            deadline_s=min(deadline_s or DEADLINE_S, max(remaining_s, 0.05)),
            idempotent=idempotent,
            trace_id=call.trace_id if call is not None else None,
        )


_buses: dict[str, Bus] = {}


class Calls(DependencyProvider):
    """Another service, as a nameko dependency: ``identity = Calls("identity")``."""

    def __init__(self, target: str):
        self.target = target

    def setup(self) -> None:
        uri = self.container.config["AMQP_URI"]
        bus = _buses.setdefault(uri, Bus(uri))
        self.bound = BoundCalls(bus, self.target, ServiceToken(self.container.service_name))

    def get_dependency(self, worker_ctx: Any) -> BoundCalls:
        return self.bound
