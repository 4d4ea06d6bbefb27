"""A terminal's side of the API, as any third party sees it: one call, an answer dropped on its way back, two terminals
at once."""

import http.client
import json
import random
import select
import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from services.chassis.ids import new_id

TRIES = 200
_PASSING = frozenset({"idempotency_in_progress", "rate_limited", "unavailable"})


@dataclass
class Answer:
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def kind(self) -> str:
        """`201`, or the problem's code."""
        return str(self.status) if self.status < 400 else str(self.json["code"])


@dataclass
class Api:
    """One terminal, or nobody yet without a token."""

    base_url: str
    token: str = ""
    extra: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        connection, raw, sent = self._call(body, headers)
        try:
            connection.request(method, f"/api/v1{path}", raw, sent)
            response = connection.getresponse()
            return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()

    def _call(self, body: Any, headers: dict[str, str]) -> tuple[http.client.HTTPConnection, Any, dict[str, str]]:
        parts = urlsplit(self.base_url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
        sent = {name.replace("_", "-"): value for name, value in {**self.extra, **headers}.items()}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        raw = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        if raw is not None:
            sent.setdefault("Content-Type", "application/json")
        return connection, raw, sent

    def record(self, shown: dict[str, Any], amount_cents: int = 100, key: str | None = None, **more: Any) -> Answer:
        body = {"qr": shown["qr"], "amount_cents": amount_cents, **more}
        return self.ask("POST", "/transactions", body, Idempotency_Key=key or new_id())

    def record_unheard(self, shown: dict[str, Any], amount_cents: int, key: str, patience_s: float | None) -> None:
        """Send a debit whole, and break the line before its answer is read: once the answer is there (``patience_s``
        None), or after so long, whatever the other side is about then."""
        body = {"qr": shown["qr"], "amount_cents": amount_cents}
        connection, raw, sent = self._call(body, {"Idempotency-Key": key})
        try:
            connection.request("POST", "/api/v1/transactions", raw, sent)
            assert isinstance(connection.sock, socket.socket)
            select.select([connection.sock], [], [], 20 if patience_s is None else patience_s)
        finally:
            connection.close()

    def record_until_heard(self, shown: dict[str, Any], amount_cents: int, key: str) -> Answer:
        """The same debit under the same key, again until there is an answer that says what became of it."""
        pause = threading.Event()
        for _ in range(TRIES):
            answer = self.record(shown, amount_cents, key)
            if answer.kind not in _PASSING:
                return answer
            pause.wait(float(answer.headers.get("retry-after", "0.05")))
        raise AssertionError(f"still {answer.kind} after {TRIES} tries")


def together(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """What the calls return, begun at the same moment as far as threads can."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        start.wait(30)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def drop_answers(terminals: Sequence[Api], shown: Sequence[dict[str, Any]], amount_cents: int) -> list[Answer]:
    """Debit each pass once, lose the answer, and ask again as docs/terminal-api.md says; returns what was heard in the
    end. Half of the lines break when the answer is there, the others at any moment before."""
    dice = random.Random()

    def one(position: int) -> Answer:
        terminal, each, key = terminals[position % len(terminals)], shown[position], new_id()
        terminal.record_unheard(each, amount_cents, key, None if position % 2 else dice.uniform(0, 0.03))
        return terminal.record_until_heard(each, amount_cents, key)

    with ThreadPoolExecutor(2 * len(terminals)) as pool:
        return list(pool.map(one, range(len(shown))))


def race(here: Api, there: Api, shown: dict[str, Any], amount_cents: int) -> list[str]:
    """Two terminals debit all that a pass holds, at once; the kinds of their answers, sorted: only one may be 201."""
    calls = [lambda api=api: api.record_until_heard(shown, amount_cents, new_id()) for api in (here, there)]
    return sorted(answer.kind for answer in together(calls))
