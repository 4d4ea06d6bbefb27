"""Logs and metrics: structured JSON lines joined by a trace id, and Prometheus counters. Never a personal
datum."""

import contextvars
import logging
import sys
from typing import Any

import structlog
from opentelemetry import trace as otel
from opentelemetry.trace import SpanKind
from prometheus_client import Counter, Histogram

from services.chassis import tracing
from services.chassis.config import settings
from services.chassis.ids import new_id
from services.chassis.redaction import redact_entry

# Before `configure`, and in tests: never a traceback with the values of local variables.
structlog.configure(
    processors=[
        structlog.stdlib.add_log_level,
        structlog.processors.format_exc_info,
        redact_entry,
        structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
    ]
)

_trace: contextvars.ContextVar[str] = contextvars.ContextVar("trace_id", default="")

_rpc = Histogram("psl_rpc_seconds", "Calls answered", ["service", "method", "outcome"])
_expired = Counter("psl_rpc_expired_total", "Calls dropped because the caller had given up", ["service"])
_calls = Histogram("psl_call_seconds", "Calls made", ["target", "method", "outcome"])
_events = Histogram("psl_event_seconds", "Events handled", ["service", "type", "outcome"])
_mails = Counter("psl_mails_total", "Mails sent, delayed and given up", ["service", "outcome"])
_requests = Histogram("psl_http_seconds", "Requests answered by the gateway", ["route", "status"])
_timers = Counter("psl_timer_failures_total", "Timer ticks that failed", ["service", "timer"])


def trace(trace_id: str) -> None:
    """What follows in this thread belongs to that trace."""
    _trace.set(trace_id)


def trace_id() -> str:
    """The trace of this thread; a fresh one if none was given."""
    if not _trace.get():
        _trace.set(new_id())
    return _trace.get()


def rpc_handled(service: str, method: str, outcome: str, seconds: float) -> None:
    """A call was answered."""
    _rpc.labels(service, method, outcome).observe(seconds)
    _span(f"{service}.{method}", SpanKind.SERVER, seconds, {"psl.service": service, "psl.outcome": outcome})


def rpc_expired(service: str) -> None:
    """A call came too late to be worth executing."""
    _expired.labels(service).inc()


def call_made(target: str, method: str, outcome: str, seconds: float) -> None:
    """A call to another process ended."""
    _calls.labels(target, method, outcome).observe(seconds)
    _span(f"{target}.{method}", SpanKind.CLIENT, seconds, {"psl.target": target, "psl.outcome": outcome})


def event_handled(service: str, event_type: str, outcome: str, seconds: float) -> None:
    """An event was handled, retried or given up."""
    _events.labels(service, event_type, outcome).observe(seconds)
    _span(event_type, SpanKind.CONSUMER, seconds, {"psl.service": service, "psl.outcome": outcome})


def request_answered(route: str, status: int, seconds: float) -> None:
    """The gateway answered a request; ``route`` is the pattern, never the address."""
    _requests.labels(route, str(status)).observe(seconds)
    _span(route, SpanKind.SERVER, seconds, {"psl.service": "gateway", "psl.outcome": str(status)})


def mail_handled(service: str, outcome: str) -> None:
    """A mail was sent, delayed or given up."""
    _mails.labels(service, outcome).inc()


def timer_failed(service: str, timer: str) -> None:
    """A timer's tick raised."""
    _timers.labels(service, timer).inc()


def _span(name: str, kind: SpanKind, seconds: float, attributes: dict[str, str]) -> None:
    if spans_wanted():
        tracing.record(name, kind, trace_id(), seconds, attributes)


def spans_wanted() -> bool:
    """Whether anybody listens: a provider was installed, ours or an operator's."""
    return not isinstance(otel.get_tracer_provider(), otel.ProxyTracerProvider)


def _add_trace(_: Any, __: str, entry: dict[str, Any]) -> dict[str, Any]:
    if _trace.get():
        entry.setdefault("trace_id", _trace.get())
    return entry


def configure(process: str) -> None:
    """Send all logs of this process to standard output as JSON lines."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
        _add_trace,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            redact_entry,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings().log_level.upper())
    for noisy in ("nameko.containers", "amqp", "kombu"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
    _expired.labels(process)  # at zero from the start: a counter that appears with its first value shows no increase
    if settings().spans == "log":
        otel.set_tracer_provider(tracing.LogTracerProvider())
