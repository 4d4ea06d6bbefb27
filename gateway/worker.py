"""gunicorn's threaded worker, which says no early: a request that would wait long is answered at once with 503, and one
that breaks HTTP's rules or limits in the form that the API documents.

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

from gunicorn.http.errors import ParseException
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


def _problem(status: int, code: str, title: str, detail: str) -> bytes:
    told = {"type": "about:blank", "title": title, "status": status, "code": code, "detail": detail}
    return json.dumps(told, ensure_ascii=False).encode()


_BUSY = _problem(
    503,
    "unavailable",
    "Trop de demandes à la fois",
    "Le service est très demandé. Renvoyez la même requête, avec la même clé.",
)
_UNREADABLE = _problem(
    400,
    "malformed_request",
    "La requête n’a pas pu être lue.",
    "L’adresse ou un en-tête est trop long, ou n’est pas écrit comme HTTP le demande.",
)
_PROBLEM_TYPE, _PAGE_TYPE = "application/problem+json", "text/html; charset=utf-8"


def refusal(head: bytes) -> bytes:
    """The whole answer to a request that begins with ``head``: a page, or a problem for the API."""
    path = head.split(b" ", 2)[1] if head.count(b" ") else b"/"
    kind, body = (_PROBLEM_TYPE, _BUSY) if path.startswith(b"/api/") else (_PAGE_TYPE, _PAGE.encode())
    return _answer("503 Service Unavailable", kind, body, f"Retry-After: {RETRY_AFTER_S}")


def unreadable() -> bytes:
    """The whole answer to what is no request: whether a person or a program asked can't be told."""
    return _answer("400 Bad Request", _PROBLEM_TYPE, _UNREADABLE)


def _answer(status: str, media_type: str, body: bytes, *further: str) -> bytes:
    lines = (
        f"HTTP/1.1 {status}",
        f"Content-Type: {media_type}",
        f"Content-Length: {len(body)}",
        *further,
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

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        """gunicorn's own answer is a page that shows what was sent, with a status that the API doesn't name."""
        if not isinstance(exc, ParseException):
            super().handle_error(req, client, addr, exc)
            return
        self.log.warning("unreadable request from %s: %s", addr[0] if addr else "?", type(exc).__name__)
        with suppress(OSError):
            client.sendall(unreadable())

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
