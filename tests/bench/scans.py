"""The scan, the pass check and the offline batch, through gateway, bus, service and commit, against the floor."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from tests.bench.results import Line, median, percentile
from tests.bench.stage import CLIENTS, PASSES, Stage

ROUNDS, SECONDS, WARM_UP = 3, 4.0, 2.0
BATCH = 500
WRONG_AT_MOST = 0.2  # more than that is a fault and not a measurement
JSON = {"Content-Type": "application/json"}


def measure(stage: Stage) -> Iterator[Line]:
    """Rounds of floor and platform alternate, so that a slow moment of the machine meets both."""
    amounts = iter(range(1, 10_000, 20))
    floor_port = stage.port + 50
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{floor_port}", "--worker-class", "gthread"]
    command += ["--workers", "1", "--threads", str(CLIENTS), "--log-level", "warning", "tests.bench.floor:app"]
    url = f"http://127.0.0.1:{floor_port}/static/none"
    with (
        stage.platform() as platform,
        stage.process(command, lambda: _listens(url), FLOOR_DATABASE_URL=stage.database_url("transactions")),
    ):
        stage.furnish()
        yield from _scan_lines(stage, platform.ports.gateway, floor_port, amounts)
        yield from _check_lines(stage, platform.ports.gateway, floor_port)
        yield _batch_line(stage, platform.ports.gateway, amounts)
    for processes in (2, 4):
        with stage.platform(transactions=processes) as platform:
            _run(stage, platform.ports.gateway, _scans(stage), WARM_UP, next(amounts))
            seen = [_rate(_run(stage, platform.ports.gateway, _scans(stage), SECONDS, next(amounts))) for _ in range(3)]
            yield Line(f"scan_{processes}_processes", median(seen), "/s")


def _listens(url: str) -> bool:
    import urllib.error
    import urllib.request

    try:
        urllib.request.urlopen(url, timeout=1)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def _scan_lines(stage: Stage, gateway: int, floor: int, amounts: Iterator[int]) -> Iterator[Line]:
    ours, floors = _scans(stage), _floor_requests(stage, "/scan")
    for port, requests in ((gateway, ours), (floor, floors)):
        _run(stage, port, requests, WARM_UP, next(amounts))
    seen: dict[str, list[dict[str, Any]]] = {"ours": [], "floor": []}
    for _ in range(ROUNDS):
        seen["floor"].append(_run(stage, floor, floors, SECONDS, next(amounts)))
        seen["ours"].append(_run(stage, gateway, ours, SECONDS, next(amounts)))
    rate, floor_rate = (median([_rate(one) for one in seen[who]]) for who in ("ours", "floor"))
    p99, floor_p99 = (median([percentile(one["latencies"], 0.99) for one in seen[who]]) for who in ("ours", "floor"))
    p50 = median([percentile(one["latencies"], 0.5) for one in seen["ours"]])
    yield Line("floor", floor_rate, "/s")
    yield Line("floor_p99", floor_p99 * 1000, "ms")
    yield Line("scan", rate, "/s", "floor", rate / floor_rate, ">= 0.5")
    yield Line("scan_p50", p50 * 1000, "ms")
    yield Line("scan_p99", p99 * 1000, "ms", "floor_p99", p99 / floor_p99, "<= 5")


def _check_lines(stage: Stage, gateway: int, floor: int) -> Iterator[Line]:
    ours, floors = _checks(stage), _floor_requests(stage, "/check")
    for port, requests in ((gateway, ours), (floor, floors)):
        _run(stage, port, requests, WARM_UP, 1)
    floor_rates, rates = [], []
    for _ in range(ROUNDS):
        floor_rates.append(_rate(_run(stage, floor, floors, SECONDS, 1)))
        rates.append(_rate(_run(stage, gateway, ours, SECONDS, 1)))
    rate, floor_rate = median(rates), median(floor_rates)
    yield Line("floor_check", floor_rate, "/s")
    yield Line("pass_check", rate, "/s", "floor_check", rate / floor_rate, ">= 0.7")


def _batch_line(stage: Stage, gateway: int, amounts: Iterator[int]) -> Line:
    requests = _batches(stage)
    _run(stage, gateway, requests, WARM_UP, next(amounts))
    seen = [_rate(_run(stage, gateway, requests, SECONDS, next(amounts))) * BATCH for _ in range(3)]
    return Line("batch", median(seen), "scans/s", goal=">= 3000")


def _run(stage: Stage, port: int, requests: list[dict[str, Any]], seconds: float, first_amount: int) -> dict[str, Any]:
    job = {"port": port, "clients": CLIENTS, "seconds": seconds, "requests": requests, "first_amount": first_amount}
    seen = stage.load(job)
    seen["good"] = sum(count for status, count in seen["statuses"].items() if status in ("200", "201"))
    wrong = len(seen["latencies"]) - seen["good"]
    assert wrong <= WRONG_AT_MOST * len(seen["latencies"]), f"unexpected answers: {seen['statuses']}"
    return seen


def _rate(seen: dict[str, Any]) -> float:
    """Good answers per second: a 503 of an overloaded machine is no scan."""
    return float(seen["good"]) / float(seen["seconds"])


def _scans(stage: Stage) -> list[dict[str, Any]]:
    return [
        {
            "path": "/api/v1/transactions",
            "headers": {**JSON, "Authorization": f"Bearer {_terminal(stage, n).token}", "Idempotency-Key": "{key}"},
            "body": json.dumps({"qr": one["qr"], "amount_cents": "{amount}"}),
        }
        for n, one in enumerate(stage.passes)
    ]


def _checks(stage: Stage) -> list[dict[str, Any]]:
    return [
        {
            "path": "/api/v1/passes/check",
            "headers": {**JSON, "Authorization": f"Bearer {_terminal(stage, n).token}"},
            "body": json.dumps({"qr": one["qr"]}),
        }
        for n, one in enumerate(stage.passes)
    ]


def _floor_requests(stage: Stage, path: str) -> list[dict[str, Any]]:
    return [
        {
            "path": path,
            "headers": {
                **JSON,
                "X-Structure": _terminal(stage, n).structure_id,
                "X-Caller": _terminal(stage, n).terminal_id,
                "Idempotency-Key": "{key}",
            },
            "body": json.dumps({"qr": one["qr"], "amount_cents": "{amount}"}),
        }
        for n, one in enumerate(stage.passes)
    ]


def _batches(stage: Stage) -> list[dict[str, Any]]:
    """Each client sends batches of other passes than its neighbours, in a few rounds over all passes."""
    now = datetime.now(UTC).isoformat()
    firsts = range(0, PASSES, BATCH)
    return [_batch(stage, first // BATCH, stage.passes[first : first + BATCH], now) for first in firsts]


def _batch(stage: Stage, number: int, passes: list[dict[str, Any]], now: str) -> dict[str, Any]:
    items = [
        {"idempotency_key": f"{{key}}-{i}", "qr": one["qr"], "amount_cents": "{amount}", "scanned_at": now}
        for i, one in enumerate(passes)
    ]
    headers = {**JSON, "Authorization": f"Bearer {_terminal(stage, number).token}"}
    return {"path": "/api/v1/transactions/batch", "headers": headers, "body": json.dumps({"items": items})}


def _terminal(stage: Stage, number: int) -> Any:
    return stage.terminals[number % len(stage.terminals)]
