"""A real platform for the tests of this folder: transactions, identity, a gateway, and a club with a terminal."""

import http.client
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest

from services.chassis import clock
from services.chassis.config import settings
from services.chassis.database import BoundDatabase
from services.chassis.ids import new_id
from services.identity.handlers import announcements
from tests.factories import transactions as make
from tests.platform import Platform


@dataclass
class Answer:
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Api:
    """A terminal's side of the API: what any third party sees."""

    base_url: str
    token: str = ""
    extra: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        parts = urlsplit(self.base_url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
        sent = {name.replace("_", "-"): value for name, value in {**self.extra, **headers}.items()}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        raw = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        if raw is not None:
            sent.setdefault("Content-Type", "application/json")
        try:
            connection.request(method, f"/api/v1{path}", raw, sent)
            response = connection.getresponse()
            return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()

    def record(self, shown: dict[str, Any], amount_cents: int = 100, key: str | None = None, **more: Any) -> Answer:
        body = {"qr": shown["qr"], "amount_cents": amount_cents, **more}
        return self.ask("POST", "/transactions", body, Idempotency_Key=key or new_id())


@dataclass
class Stage:
    """What the tests act on."""

    platform: Platform
    db: BoundDatabase
    club: make.Club
    token: Any

    def pairing_code(self, club: make.Club | None = None) -> str:
        """As the representative sees it in «Mes terminaux»."""
        club = club or self.club
        self._tell_identity(club)
        manager = self.token("legal_representative", account_id=new_id(), structure_id=club.structure_id)
        made = self.platform.bus.call("identity", "create_pairing", {"name": "Accueil"}, token=manager)
        return str(made["code"])

    def _tell_identity(self, club: make.Club) -> None:
        """What the partners service would have announced."""
        identity = BoundDatabase("identity", self.platform.environment["IDENTITY_DATABASE_URL"], pool_size=1)
        with identity.unit_of_work() as uow:
            announcements.on_structure_updated(uow, clock.now(), club.structure_id, "Club de judo", "93-000017")
        identity.close()

    def terminal(self, club: make.Club | None = None) -> Api:
        """A freshly paired terminal."""
        api = Api(self.platform.base_url)
        paired = api.ask(
            "POST", "/terminals/pair", {"pairing_code": self.pairing_code(club), "device": {"name": "Téléphone"}}
        )
        assert paired.status == 201, paired.body
        return Api(self.platform.base_url, paired.json["token"])


@pytest.fixture(scope="module")
def stage(platform: Any, token: Any) -> Stage:
    started = platform("identity", "transactions", gateway=True, PSL_FILES_URL=settings().files_url)
    db = BoundDatabase("transactions", started.environment["TRANSACTIONS_DATABASE_URL"])
    return Stage(started, db, make.club(db), token)
