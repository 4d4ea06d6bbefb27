"""The load: some clients that each keep one connection and send one request after the other, for some seconds.

    python -m tests.bench.load JOB.json

Runs as a process of its own, since its work counts too. The job: ``{"port", "clients", "seconds", "requests":
[{"path", "headers", "body"}…]}``; ``{key}`` is replaced by a fresh key, ``"{amount}"`` in a body by a number that grows
with each round over the requests, so that no two debits of a pass look alike.
"""

import http.client
import json
import sys
import threading
import time
from pathlib import Path
from typing import Any
from uuid import uuid4


class Client(threading.Thread):
    """One client and what it saw."""

    def __init__(self, job: dict[str, Any], mine: list[dict[str, Any]]):
        super().__init__(daemon=True)
        self._job, self._mine = job, mine
        self.latencies: list[float] = []
        self.statuses: dict[int, int] = {}

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._job["port"], timeout=30)
        until, rounds = time.perf_counter() + self._job["seconds"], self._job.get("first_amount", 1)
        while True:
            for request in self._mine:
                began = time.perf_counter()
                if began >= until:
                    return
                self._send(connection, request, rounds)
                self.latencies.append(time.perf_counter() - began)
            rounds += 1

    def _send(self, connection: http.client.HTTPConnection, request: dict[str, Any], amount: int) -> None:
        headers = {name: value.replace("{key}", uuid4().hex) for name, value in request["headers"].items()}
        body = request["body"].replace('"{amount}"', str(amount)).replace("{key}", uuid4().hex)
        connection.request("POST", request["path"], body.encode(), headers)
        answer = connection.getresponse()
        answer.read()
        self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Do the job; returns seconds taken, latencies and how often each status came."""
    clients = [Client(job, job["requests"][number :: job["clients"]]) for number in range(job["clients"])]
    began = time.perf_counter()
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    statuses: dict[int, int] = {}
    for client in clients:
        for status, count in client.statuses.items():
            statuses[status] = statuses.get(status, 0) + count
    latencies = [latency for client in clients for latency in client.latencies]
    return {"seconds": time.perf_counter() - began, "latencies": latencies, "statuses": statuses}


if __name__ == "__main__":
    print(json.dumps(run(json.loads(Path(sys.argv[1]).read_text()))))
