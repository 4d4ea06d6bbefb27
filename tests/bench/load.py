"""The load: some clients that each keep one connection and send one request after the other, for some seconds.

    python -m tests.bench.load JOB.json

Runs as a process of its own, and costs as little as it can: what it takes of the machine's cores is missing to whom it
measures. So it speaks HTTP over a plain socket. The job: ``{"port", "clients", "seconds", "requests": [{"path",
"headers", "body"}…]}``; ``{key}`` is replaced by a fresh key, ``"{amount}"`` in a body by a number that grows with each
round over the requests, so that no two debits of a pass look alike.
"""

import json
import socket
import sys
import threading
import time
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

_PATIENCE_S = 30
_LENGTH = b"content-length:"


class Request:
    """One request, ready but for its key and amount."""

    def __init__(self, asked: dict[str, Any]):
        lines = [f"POST {asked['path']} HTTP/1.1", "Host: 127.0.0.1"]
        lines += [f"{name}: {value}" for name, value in asked["headers"].items()]
        self._head = "\r\n".join(lines).encode() + b"\r\nContent-Length: %d\r\n\r\n"
        self._body = asked["body"].encode()

    def bytes(self, key: bytes, amount: int) -> bytes:
        body = self._body.replace(b'"{amount}"', b"%d" % amount).replace(b"{key}", key)
        return self._head.replace(b"{key}", key) % len(body) + body


class Client(threading.Thread):
    """One client and what it saw: seconds that each request took, and how often each status came."""

    def __init__(self, job: dict[str, Any], mine: list[dict[str, Any]]):
        super().__init__(daemon=True)
        self._job, self._mine = job, [Request(asked) for asked in mine]
        self.latencies: list[float] = []
        self.statuses: dict[int, int] = {}

    def _connect(self) -> socket.socket:
        line = socket.create_connection(("127.0.0.1", self._job["port"]), _PATIENCE_S)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return line

    def run(self) -> None:
        line = self._connect()
        until, name, number = time.perf_counter() + self._job["seconds"], uuid4().hex, count()
        for amount in count(self._job.get("first_amount", 1)):
            for request in self._mine:
                began = time.perf_counter()
                if began >= until:
                    line.close()
                    return
                line.sendall(request.bytes(b"%s-%d" % (name.encode(), next(number)), amount))
                status, goes_on = _read_answer(line)
                self.latencies.append(time.perf_counter() - began)
                self.statuses[status] = self.statuses.get(status, 0) + 1
                if not goes_on:
                    line.close()
                    line = self._connect()


def _read_answer(line: socket.socket) -> tuple[int, bool]:
    """Read one answer to its end; returns its status and whether the connection goes on. Raises ConnectionError if the
    server hangs up in the middle."""
    answer = b""
    while (end := answer.find(b"\r\n\r\n")) < 0:
        answer += _read(line)
    head = answer[:end].lower()
    at = head.index(_LENGTH) + len(_LENGTH)
    missing = int(head[at:].split(b"\r\n", 1)[0]) - (len(answer) - end - 4)
    while missing > 0:
        missing -= len(_read(line))
    return int(head[9:12]), b"\r\nconnection: close" not in head


def _read(line: socket.socket) -> bytes:
    piece = line.recv(65_536)
    if not piece:
        raise ConnectionError("the server hung up")
    return piece


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
        for status, times in client.statuses.items():
            statuses[status] = statuses.get(status, 0) + times
    latencies = [latency for client in clients for latency in client.latencies]
    return {"seconds": time.perf_counter() - began, "latencies": latencies, "statuses": statuses}


if __name__ == "__main__":
    print(json.dumps(run(json.loads(Path(sys.argv[1]).read_text()))))
