"""gunicorn's threaded worker, which says no early: a request that would wait long is answered at once with 503.

Without it, requests pile up behind busy threads; each is answered after its sender has given up, and the platform works
for nobody. What is let in is still answered, at the usual speed.

A thread that has answered stays with its connection for a moment, since a proxy's connection, or a browser's that loads
a page, asks again at once: the way through the worker's poller and back costs a fifth of a request to the API.
"""

import json
import select
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

LONGEST_WAIT_S = 1.0
"""As soon as one request has waited this long for a thread, newcomers are sent away."""
WAITING_PER_THREAD = 8
"""More than this many behind each thread can't be served within patience, however quick they are."""
RETRY_AFTER_S = 2
STAYS_MS = 20
_READ_AT_MOST, _READ_WITHIN_S = 65_536, 0.5

_PAGE = """<!doctype html><html lang="fr"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Trop de demandes à la fois</title>
<h1>Trop de demandes à la fois</h1>
<p>Beaucoup de personnes utilisent le service en ce moment. Rien n’est perdu : patientez quelques secondes, puis
rechargez la page.</p>
<p lang="en">The service is very busy. Nothing is lost: please reload in a few seconds.</p>
</html>
"""
_PROBLEM = json.dumps(
    {
        "type": "about:blank",
        "title": "Trop de demandes à la fois",
        "status": 503,
        "code": "unavailable",
        "detail": "Le service est très demandé. Renvoyez la même requête, avec la même clé.",
    },
    ensure_ascii=False,
)


def refusal(head: bytes) -> bytes:
    """The whole answer to a request that begins with ``head``: a page, or a problem for the API."""
    path = head.split(b" ", 2)[1] if head.count(b" ") else b"/"
    api = path.startswith(b"/api/")
    body = (_PROBLEM if api else _PAGE).encode()
    media_type = "application/problem+json" if api else "text/html; charset=utf-8"
    lines = (
        "HTTP/1.1 503 Service Unavailable",
        f"Content-Type: {media_type}",
        f"Content-Length: {len(body)}",
        f"Retry-After: {RETRY_AFTER_S}",
        "Cache-Control: no-store",
        "Content-Security-Policy: default-src 'none'",
        "X-Content-Type-Options: nosniff",
        "Connection: close",
    )
    return "\r\n".join((*lines, "", "")).encode() + body


class SheddingWorker(ThreadWorker):
    """Keeps count of what waits for a thread."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.waiting: dict[Any, float] = {}
        self.doorman = ThreadPoolExecutor(2, thread_name_prefix="doorman")

    def enqueue_req(self, conn: Any) -> None:
        if self.overloaded():
            self.shed(conn)
            return
        self.waiting[conn] = time.monotonic()
        super().enqueue_req(conn)

    def handle(self, conn: Any) -> Any:
        """Answer what the connection asks, and what it asks next if that comes soon and nobody waits for a thread;
        returns whether the connection goes on."""
        self.waiting.pop(conn, None)
        goes_on = super().handle(conn)
        while goes_on is True and self.alive and not self.waiting and _asks_again(conn):
            goes_on = super().handle(conn)
        return goes_on

    def overloaded(self) -> bool:
        """Whether a newcomer would wait too long."""
        oldest = next(iter(list(self.waiting.values())), None)
        waits = oldest is not None and time.monotonic() - oldest > LONGEST_WAIT_S
        return waits or len(self.waiting) >= WAITING_PER_THREAD * self.cfg.threads

    def shed(self, conn: Any) -> None:
        """Send a newcomer away without troubling the busy threads."""
        self.nr_conns -= 1
        self.doorman.submit(_send_away, conn)


def _asks_again(conn: Any) -> bool:
    """Whether something more comes within the moment that a thread stays."""
    poller = select.poll()
    poller.register(conn.sock, select.POLLIN)
    return bool(poller.poll(STAYS_MS))


def _send_away(conn: Any) -> None:
    """Read the beginning of the request, to know whether a person or a program asks; answer; close."""
    with suppress(OSError):
        conn.sock.settimeout(_READ_WITHIN_S)
        conn.sock.sendall(refusal(conn.sock.recv(_READ_AT_MOST)))
    with suppress(OSError):
        conn.close(graceful=True)
