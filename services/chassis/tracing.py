"""Spans over opentelemetry-api: what was answered, called and handled, joined by the trace id that travels in
our headers.

OpenTelemetry's own nameko instrumentation refuses nameko 2.14.1, hence these few lines. Spans go to whatever
provider is installed (none: they cost next to nothing); `LogTracerProvider`, chosen by ``PSL_SPANS=log``,
writes each as a log line.
"""

import logging
import time
from collections.abc import Mapping
from typing import Any

from opentelemetry import trace as otel
from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, TraceFlags, Tracer, TracerProvider

from services.chassis.ids import new_id

_INSTRUMENT = "pass-sports-loisirs"
_HEX = frozenset("0123456789abcdef")
_log = logging.getLogger("spans")


def trace_number(trace_id: str) -> int:
    """A trace id of ours (a UUID or 32 hexadecimal digits) as W3C's 128-bit number; any other text gets a
    fresh one."""
    digits = trace_id.replace("-", "").lower()
    if len(digits) == 32 and set(digits) <= _HEX and int(digits, 16):
        return int(digits, 16)
    return int(new_id().replace("-", ""), 16)


def traceparent(trace_id: str) -> str:
    """The W3C header that hands our trace on: version, trace, a fresh parent, sampled."""
    parent = int(new_id().replace("-", "")[16:], 16)
    return f"00-{trace_number(trace_id):032x}-{parent:016x}-01"


def record(name: str, kind: SpanKind, trace_id: str, seconds: float, attributes: Mapping[str, str]) -> None:
    """A span that ends now and began ``seconds`` ago."""
    ended_at = time.time_ns()
    parent = SpanContext(trace_number(trace_id), 1, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
    context = otel.set_span_in_context(NonRecordingSpan(parent))
    span = otel.get_tracer(_INSTRUMENT).start_span(
        name, context, kind=kind, attributes=attributes, start_time=ended_at - int(seconds * 1e9)
    )
    span.end(ended_at)


class LogTracerProvider(TracerProvider):
    """Hands out tracers that write ended spans to the log."""

    def get_tracer(self, *_: Any, **__: Any) -> Tracer:
        return _LogTracer()


class _LogTracer(Tracer):
    def start_span(
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Any = None,
        links: Any = None,
        start_time: int | None = None,
        *_: Any,
        **__: Any,
    ) -> Span:
        parent = otel.get_current_span(context).get_span_context()
        trace = parent.trace_id or trace_number("")
        own = SpanContext(trace, int(new_id().replace("-", "")[16:], 16), is_remote=False)
        return _LogSpan(own, name, kind, dict(attributes or {}), start_time or time.time_ns())

    def start_as_current_span(self, name: str, *arguments: Any, **options: Any) -> Any:
        return otel.use_span(self.start_span(name, *arguments, **options), end_on_exit=True)


class _LogSpan(NonRecordingSpan):
    """A span that only knows its beginning, its attributes, and how to end."""

    def __init__(self, context: SpanContext, name: str, kind: SpanKind, attributes: dict[str, Any], began: int):
        super().__init__(context)
        self._name, self._kind, self._attributes, self._began = name, kind, attributes, began

    def set_attribute(self, key: str, value: Any) -> None:
        self._attributes[key] = value

    def end(self, end_time: int | None = None) -> None:
        milliseconds = ((end_time or time.time_ns()) - self._began) / 1e6
        context = self.get_span_context()
        _log.info(
            "span",
            extra={
                "span": self._name,
                "kind": self._kind.name.lower(),
                "trace": f"{context.trace_id:032x}",
                "span_id": f"{context.span_id:016x}",
                "milliseconds": round(milliseconds, 3),
                **self._attributes,
            },
        )
