"""A terminal: speaks the SmartTPE API as a device does (INTERFACES, «SmartTPE API v1»)."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import requests

from deploy.driver.browser import TIMEOUT_S


class Problem(Exception):
    """An `application/problem+json` answer: its stable code, its status, all of it."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(f"{status} {body.get('code')}: {body.get('detail') or body.get('title')}")
        self.status, self.code, self.body = status, str(body.get("code")), body


@dataclass
class Terminal:
    """A paired device."""

    base_url: str
    token: str
    terminal_id: str = ""

    @classmethod
    def pair(cls, base_url: str, code: str, name: str) -> "Terminal":
        """Exchange a pairing code for a token. Raises Problem."""
        body: Any = {"pairing_code": code, "device": {"name": name, "model": "démonstration", "app_version": "1"}}
        found = _read(requests.post(f"{base_url}/api/v1/terminals/pair", json=body, timeout=TIMEOUT_S))
        return cls(base_url, found["token"], found["terminal_id"])

    def check(self, **which: str) -> dict[str, Any]:
        """What a pass is worth: `check(qr=…)` or `check(code=…)`. Raises Problem."""
        return self._send("POST", "/passes/check", which)

    def record(self, amount_cents: int, key: str | None = None, **which: Any) -> dict[str, Any]:
        """Record a transaction under an idempotency key. Raises Problem."""
        return self._send("POST", "/transactions", {**which, "amount_cents": amount_cents}, key or str(uuid4()))

    def cancel(self, number: str, key: str | None = None) -> dict[str, Any]:
        """Cancel a transaction of today. Raises Problem."""
        return self._send("POST", f"/transactions/{number}/cancel", {}, key or str(uuid4()))

    def find(self, number: str) -> dict[str, Any]:
        return self._send("GET", f"/transactions/{number}")

    def by_key(self, key: str) -> dict[str, Any]:
        """What became of a call whose answer was lost. Raises Problem `transaction_unknown`."""
        return self._send("GET", f"/transactions/by-key/{key}")

    def transactions(self, **filters: str) -> list[dict[str, Any]]:
        """The first page of the list."""
        return list(self._send("GET", "/transactions", params=filters)["items"])

    def _send(
        self, method: str, path: str, body: Any = None, key: str | None = None, params: Any = None
    ) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.token}"}
        if key:
            headers["Idempotency-Key"] = key
        url = f"{self.base_url}/api/v1{path}"
        return _read(requests.request(method, url, json=body, params=params, headers=headers, timeout=TIMEOUT_S))


def _read(response: requests.Response) -> dict[str, Any]:
    if not response.ok:
        try:
            body = response.json()
        except ValueError:
            body = {"code": "unreadable", "detail": response.text[:200]}
        raise Problem(response.status_code, body)
    return dict(response.json())
