"""Timers that survive a bad tick: a fault is logged and counted, the next tick comes anyway."""

import functools
import logging
from collections.abc import Callable
from typing import Any

from nameko.extensions import register_entrypoint
from nameko.timer import Timer

from services.chassis import telemetry
from services.chassis.database import Busy
from services.chassis.ids import new_id

_log = logging.getLogger(__name__)


def every(seconds: float) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Call a method of the service every ``seconds``, one call at a time per process. Work that only one process may
    do takes ``database.alone(...)``; when another process has it, the tick passes."""

    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def tick(service: Any) -> None:
            telemetry.trace(new_id())
            try:
                method(service)
            except Busy:
                return
            except Exception:
                telemetry.timer_failed(service.name, method.__name__)
                _log.exception("timer %s failed", method.__name__)

        register_entrypoint(tick, Timer(interval=seconds, eager=True))
        return tick

    return decorate
