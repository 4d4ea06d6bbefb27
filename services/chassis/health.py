"""A small HTTP server for each process: ``/healthz`` (alive), ``/readyz`` (can work), ``/metrics`` (Prometheus).

It listens on loopback at ``PSL_HEALTH_PORT`` (``PSL_HEALTH_HOST`` for containers), and nowhere if that isn't set.
"""

import json
import os
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest

Check = Callable[[], Any]


def examine(checks: Mapping[str, Check]) -> dict[str, str]:
    """The result of each check: ``"ok"`` or the name of the fault."""
    return {name: _outcome(check) for name, check in checks.items()}


def _outcome(check: Check) -> str:
    try:
        check()
    except Exception as fault:
        return type(fault).__name__
    return "ok"


def _handler(process: str, checks: Mapping[str, Check], registry: CollectorRegistry) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/healthz":
                self._json(200, {"process": process})
            elif self.path == "/readyz":
                found = examine(checks)
                self._json(200 if set(found.values()) <= {"ok"} else 503, {"process": process, **found})
            elif self.path == "/metrics":
                self._send(200, CONTENT_TYPE_LATEST, generate_latest(registry))
            else:
                self._json(404, {"process": process})

        def _json(self, status: int, body: Mapping[str, Any]) -> None:
            self._send(status, "application/json", json.dumps(body).encode())

        def _send(self, status: int, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return

    return Handler


def serve(
    process: str, checks: Mapping[str, Check], registry: CollectorRegistry = REGISTRY
) -> ThreadingHTTPServer | None:
    """Answer in the background; returns the server, or None if no port was given. ``registry``: whose metrics."""
    port = os.environ.get("PSL_HEALTH_PORT")
    if not port:
        return None
    host = os.environ.get("PSL_HEALTH_HOST", "127.0.0.1")
    server = ThreadingHTTPServer((host, int(port)), _handler(process, checks, registry))
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server
