"""The gateway's worker under more requests than it can serve: early refusals, quick answers to the rest, recovery."""

import http.client
import json
import socket
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deploy.local import processes
from deploy.local.waiting import accepts_connections, wait_for
from tests.platform import ROOT, free_port

SLOW_APP = """
import time
def app(environ, start_response):
    time.sleep(0.5)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
    return [b"ok"]
"""


@pytest.fixture(scope="module")
def gunicorn(tmp_path_factory):
    """Two threads that need half a second for each request: four requests a second."""
    folder, number = tmp_path_factory.mktemp("slow"), free_port()
    (folder / "slow_app.py").write_text(SLOW_APP)
    command = [
        sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{number}", "--threads", "2", "--graceful-timeout", "8",
        "--worker-class", "gateway.worker.SheddingWorker", "--pythonpath", f"{folder},{ROOT}", "--no-control-socket",
        "slow_app:app",
    ]  # fmt: skip
    child = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL, start_new_session=True)
    wait_for(lambda: accepts_connections("127.0.0.1", number), "gunicorn listens", 20)
    yield number, child
    processes.stop(child)


@pytest.fixture
def port(gunicorn):
    return gunicorn[0]


def get(port: int, path: str = "/") -> tuple[int, str | None, str, float]:
    """Status, Retry-After, media type and seconds of one request."""
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, answer.headers["Retry-After"], answer.headers["Content-Type"], time.monotonic() - began


def test_overload_is_refused_early_and_what_is_let_in_is_served(port):
    with ThreadPoolExecutor(60) as crowd:
        found = list(crowd.map(lambda _: get(port, "/api/v1/transactions"), range(60)))
    statuses = Counter(status for status, *_ in found)
    assert statuses[200] >= 4
    assert statuses[503] >= 20, statuses
    refused = [answer for answer in found if answer[0] == 503]
    assert all(wait == "2" and kind == "application/problem+json" for _, wait, kind, _ in refused)
    assert sorted(seconds for *_, seconds in refused)[len(refused) // 2] < 1.0


def test_it_recovers_by_itself(port):
    wait_for(lambda: get(port)[0] == 200, "a request is let in again", 20)
    assert [get(port)[0] for _ in range(3)] == [200, 200, 200]


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /api/v1/transactions/" + b"%F1%A0" * 2_000 + b" HTTP/1.1\r\nHost: here\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: here\r\nX-Long: " + b"x" * 20_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: here\r\nno header at all\r\n\r\n",
        b"<script>alert(1)</script>\r\n\r\n",
    ],
    ids=["address too long", "header too long", "no header", "no request"],
)
def test_what_cannot_be_read_is_answered_as_the_api_documents_it(port, sent):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(sent)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        told = json.loads(answer.read())
    assert (answer.status, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert (told["code"], told["status"]) == ("malformed_request", 400)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "script" not in str(told)


def test_it_finishes_what_is_in_hand_and_leaves_within_ten_seconds(gunicorn):
    port, child = gunicorn
    with ThreadPoolExecutor(1) as aside:
        in_hand = aside.submit(get, port)
        wait_for(lambda: _connected(port), "the request is in hand", 5, every_s=0.01)
        began = time.monotonic()
        child.terminate()
        assert in_hand.result()[0] == 200
        assert child.wait(10) == 0
    assert time.monotonic() - began < 10


def _connected(port: int) -> bool:
    """Whether somebody's connection to the port is established."""
    lines = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()
    return any(f":{port:04X} " in line.split(maxsplit=2)[1] + " " and " 01 " in line for line in lines[1:])
