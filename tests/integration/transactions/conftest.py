"""A real platform for the tests of this folder: transactions, identity, a gateway, and a club with a terminal."""

from dataclasses import dataclass
from typing import Any

import pytest

from services.chassis import clock
from services.chassis.config import settings
from services.chassis.database import BoundDatabase
from services.chassis.ids import new_id
from services.identity.handlers import announcements
from tests.factories import transactions as make
from tests.platform import Platform
from tests.terminals import Api


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
