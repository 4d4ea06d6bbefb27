"""What every part of the load stands on: a platform, its databases, tokens, and the patience of those who ask."""

import http.client
import json
import threading
import time
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import psycopg2

from services.chassis import actor
from services.chassis.config import SERVICES
from services.chassis.database import BoundDatabase
from services.chassis.ids import new_id
from services.chassis.refusals import Refused, Unavailable
from tests.platform import Platform

PATIENCE_S = 120.0
"""How long a well-behaved client repeats itself: longer than any trouble lasts, also on a slow machine."""


class Ground:
    """One platform under fire, and ways to ask it and to look into it that outlive its troubles."""

    def __init__(self, platform: Platform):
        self.platform = platform
        self.databases = {name: self._database(name) for name in SERVICES}
        self._pause = threading.Event()

    def _database(self, service: str) -> BoundDatabase:
        return BoundDatabase(service, self.platform.environment[f"{service.upper()}_DATABASE_URL"], pool_size=2)

    def token(self, *roles: str, account_id: str | None = None, **scope: str) -> str:
        account_id = account_id or new_id()
        return actor.issue(roles, issuer="identity", account_id=account_id, scope=scope, lifetime_s=3600)[0]

    def insist(self, service: str, method: str, arguments: dict[str, Any], token: str) -> Any:
        """Call until somebody answers, as a person does who presses the button again. Raises Refused."""
        limit = time.monotonic() + PATIENCE_S
        while time.monotonic() < limit:
            try:
                return self.platform.bus.call(service, method, arguments, token=token)
            except Unavailable:
                self._pause.wait(0.3)
        raise Unavailable(f"{service}.{method} never answered")

    def done(self, service: str, method: str, arguments: dict[str, Any], token: str, *, already: str) -> bool:
        """The same for what can be done once only: an unanswered attempt may have gone through, which the refusal
        ``already`` tells. Whether it is done."""
        try:
            self.insist(service, method, arguments, token)
        except Refused as refused:
            return refused.code == already
        except Unavailable:
            return False
        return True

    def ask(self, path: str, body: Any, token: str = "", key: str = "") -> tuple[int, dict[str, Any]]:
        """POST to the terminals' API; status 0 if no answer came."""
        headers = {"Content-Type": "application/json"}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        headers |= {"Idempotency-Key": key} if key else {}
        with closing(self.connection()) as connection:
            try:
                connection.request("POST", f"/api/v1{path}", json.dumps(body), headers)
                answer = connection.getresponse()
                return answer.status, json.loads(answer.read() or b"{}")
            except (OSError, http.client.HTTPException, ValueError):
                return 0, {}

    def connection(self) -> http.client.HTTPConnection:
        """A new connection to the platform's front door."""
        address = urlsplit(self.platform.base_url)
        return http.client.HTTPConnection(address.hostname or "", address.port, timeout=6)

    def until_judged(self, path: str, body: Any, token: str, key: str) -> tuple[int, dict[str, Any]]:
        """Repeat with the same key until the platform has said yes or no."""
        limit = time.monotonic() + PATIENCE_S
        while True:
            status, answer = self.ask(path, body, token, key)
            unsettled = status in (0, 429) or status >= 500 or answer.get("code") == "idempotency_in_progress"
            if not unsettled or time.monotonic() > limit:
                return status, answer
            self.failed_try(status)
            self._pause.wait(0.1)

    def failed_try(self, status: int) -> None:
        """A try that was not judged; told to whoever wants to count."""

    def pair(self, structure_id: str) -> tuple[str, str]:
        """A terminal paired as its owner would: its id and its token. Raises Unavailable."""
        token = self.token("legal_representative", structure_id=structure_id)
        limit = time.monotonic() + PATIENCE_S
        while time.monotonic() < limit:  # a pairing code serves once: after a lost answer ask for another
            pairing = self.insist("identity", "create_pairing", {"name": "Accueil"}, token)
            body = {"pairing_code": pairing["code"], "device": {"name": "Téléphone"}}
            status, answer = self.ask("/terminals/pair", body)
            if status == 201:
                return str(answer["terminal_id"]), str(answer["token"])
            self._pause.wait(0.3)
        raise Unavailable("no terminal could be paired")

    def column(self, service: str, sql: str) -> list[Any]:
        """Rows with the owner's rights; single columns as plain values. A database that restarts is waited for."""
        limit = time.monotonic() + PATIENCE_S
        while True:
            try:
                with closing(self.platform.connect(service)) as connection, connection.cursor() as cursor:
                    cursor.execute(sql)
                    return [row[0] if len(row) == 1 else row for row in cursor.fetchall()]
            except psycopg2.OperationalError:
                if time.monotonic() > limit:
                    raise
                self._pause.wait(0.5)
