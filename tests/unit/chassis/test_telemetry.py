"""Log lines are JSON, carry the trace, and blot out what names a person; spans reach whoever listens."""

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator

import pytest
from opentelemetry.trace import SpanKind

from services.chassis import telemetry, tracing
from services.chassis.redaction import redact

TRACE = "0190c1de-0000-7000-8000-00000000abcd"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the process prints after `telemetry.configure`."""
    root = logging.getLogger()
    kept, level = root.handlers[:], root.level
    printed = io.StringIO()
    monkeypatch.setattr(sys, "stdout", printed)
    telemetry.configure("tests")
    yield printed
    root.handlers[:] = kept
    root.setLevel(level)


def last(lines: io.StringIO) -> dict[str, str]:
    return json.loads(lines.getvalue().splitlines()[-1])


def test_a_line_is_json_with_level_time_and_trace(lines: io.StringIO) -> None:
    telemetry.trace(TRACE)
    logging.getLogger("somewhere").warning("event %s late", "word_said.v1")
    line = last(lines)
    assert (line["event"], line["level"], line["trace_id"]) == ("event word_said.v1 late", "warning", TRACE)
    assert line["logger"] == "somewhere"
    assert line["timestamp"].endswith("Z")


def test_a_traceback_hides_what_the_database_told(lines: io.StringIO) -> None:
    told = "duplicate key\nDETAIL:  Key (name)=({} {}) already exists.".format("Ada", "Lovelace")
    try:
        raise ValueError(told)
    except ValueError:
        logging.getLogger("somewhere").exception("failed for ada@example.org")
    assert "Ada Lovelace" not in lines.getvalue() and "ada@" not in lines.getvalue()
    assert "duplicate key" in last(lines)["exception"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("to Ada.L+x@sub.example.org!", "to <address>!"),
        ("iban FR76 3000 6000 0112 3456 7890 189.", "iban <account>."),
        ("iban FR7630006000011234567890189", "iban <account>"),
        ("sms +33612345678", "sms <phone>"),
        ("sms 06 12 34 56 78", "sms <phone>"),
        ("DETAIL: Key (a)=(b)", "DETAIL: <hidden>"),
        (
            "id 0190c1de-0612-7123-8456-780000000000 took 0612 ms",
            "id 0190c1de-0612-7123-8456-780000000000 took 0612 ms",
        ),
        ("number PSL-2026-000123 amount_cents=123450", "number PSL-2026-000123 amount_cents=123450"),
    ],
)
def test_blots_out_addresses_accounts_and_phones_only(text: str, shown: str) -> None:
    assert redact(text) == shown


def test_a_trace_id_of_ours_becomes_a_w3c_trace() -> None:
    version, trace, parent, flags = tracing.traceparent(TRACE).split("-")
    assert (version, trace, flags) == ("00", TRACE.replace("-", ""), "01")
    assert len(parent) == 16 and int(parent, 16)


@pytest.mark.parametrize("odd", ["", "nonsense", "0" * 32, "g" * 32])
def test_an_odd_trace_id_becomes_a_fresh_trace(odd: str) -> None:
    assert tracing.trace_number(odd) > 0


def test_a_span_is_written_with_its_trace_and_duration(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tracing.otel, "get_tracer", tracing.LogTracerProvider().get_tracer)
    with caplog.at_level(logging.INFO, "spans"):
        tracing.record("echo.word", SpanKind.SERVER, TRACE, 0.25, {"psl.outcome": "ok"})
    (span,) = [vars(record) for record in caplog.records]
    assert (span["span"], span["kind"], span["trace"]) == ("echo.word", "server", TRACE.replace("-", ""))
    assert span["milliseconds"] == pytest.approx(250)
    assert span["psl.outcome"] == "ok"


def test_without_a_provider_no_span_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not telemetry.spans_wanted()
    monkeypatch.setattr(tracing, "record", lambda *_: pytest.fail("nobody listens"))
    telemetry.rpc_handled("echo", "word", "ok", 0.1)


def test_before_it_is_configured_too_a_traceback_shows_no_values(capsys: pytest.CaptureFixture[str]) -> None:
    """A process of its own, as a log line is written while the program is still loading."""
    program = (
        "from services.chassis import telemetry\nimport structlog\n"
        "def sign_in(password):\n"
        "    try:\n        1 / 0\n    except ZeroDivisionError:\n        structlog.get_logger().exception('failed')\n"
        "sign_in('correct' + 'horse')\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "ZeroDivisionError" in run.stdout
    assert "correcthorse" not in run.stdout + run.stderr
