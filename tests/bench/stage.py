"""A platform of the benchmark's own: infrastructure, services, gateway, partners with a terminal each, and passes."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from deploy import keys as deploy_keys
from deploy.local.infra import Infrastructure
from deploy.local.platform import ROOT, Platform
from deploy.local.waiting import wait_for
from services.chassis import clock, config, migrate
from services.chassis.actor import issue
from services.chassis.bus import Bus
from services.chassis.database import BoundDatabase
from services.chassis.ids import new_id
from services.identity.handlers import announcements
from services.transactions import seals
from tests.factories import transactions as make

CLIENTS = 8
PARTNERS = 48  # each terminal may send 50 requests a second: enough of them, so that no limit is measured
PASSES = 16_000
"""So many that each is used a few times in a run, as in a season."""


@dataclass(frozen=True)
class Terminal:
    """A paired terminal."""

    structure_id: str
    terminal_id: str
    token: str


class Stage:
    """What the measurements act on."""

    def __init__(self, folder: Path, port: int, *, small: bool = False):
        self.folder, self.port, self._small = folder, port, small
        self._stack = ExitStack()
        self.terminals: list[Terminal] = []
        self.passes: list[dict[str, Any]] = []

    def __enter__(self) -> "Stage":
        os.environ |= {"PSL_ENV": "development", "PSL_VAR": str(self.folder), "PSL_LOG_LEVEL": "warning"}
        os.environ["PSL_KEYS"] = str(self.folder / "keys")
        config.reset()
        deploy_keys.create(self.folder / "keys")
        seals.forget_keys()  # an earlier subject's
        self.infra = Infrastructure(self.folder, self.port, durable=True)
        self.infra.start()
        self._stack.callback(self.infra.stop)
        self.surroundings = self.infra.environment()
        os.environ |= self.surroundings
        for service in ("identity", "transactions"):
            migrate.upgrade(service)
        self.bus = Bus(self.surroundings["AMQP_URI"])
        self.db = BoundDatabase("transactions")
        self.identity_db = BoundDatabase("identity")
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def size(self, full: int, small: int) -> int:
        """How much of something to measure with: ``small`` only shows that the benchmark itself works."""
        return small if self._small else full

    @contextmanager
    def platform(self, *, transactions: int = 1, gateway: bool = True) -> Iterator[Platform]:
        """The platform, with so many processes of the transactions service."""
        made = Platform(
            self.folder,
            self.port,
            self.surroundings,
            services=("identity", "transactions"),
            scale={"transactions": transactions},
            gateway=gateway,
        )
        try:
            made.start()
            yield made
        finally:
            made.stop()

    def furnish(self) -> None:
        """Partners, terminals and passes, by the services' own use cases (while the platform runs)."""
        season_id = make.season(self.db, budget_cents=10**13, amount_rules=[{**make.RULES[0], "amount_cents": 10**6}])
        content = make.csv(*(make.line(number) for number in range(1, PASSES + 1)))
        store_job = make.import_file(self.db, season_id, content)
        assert store_job["created"] == PASSES, store_job
        self.passes = [dict(row) for row in self._shown(season_id)]
        self.terminals = [self._terminal() for _ in range(PARTNERS)]

    def _shown(self, season_id: str) -> Iterator[dict[str, Any]]:
        from services.transactions.handlers.passes import told
        from services.transactions.repository import passes

        with self.db.unit_of_work() as uow:
            uow.connection.exec_driver_sql("DELETE FROM family_notices")  # mails are no part of what is measured
            for row in passes.of_season(uow.connection, season_id):
                yield told(row) | {"qr_id": row["qr_id"]}

    def _terminal(self) -> Terminal:
        club = make.club(self.db)
        with self.identity_db.unit_of_work() as uow:
            announcements.on_structure_updated(uow, clock.now(), club.structure_id, "Club", "93-000017")
        manager, _ = issue(
            ["legal_representative"], issuer="identity", account_id=new_id(), scope={"structure_id": club.structure_id}
        )
        code = self.bus.call("identity", "create_pairing", {"name": "Accueil"}, token=manager)["code"]
        visitor, _ = issue(["visitor"], issuer="gateway")
        asked = {"pairing_code": code, "device_name": "Banc", "ip": f"10.0.0.{len(self.terminals) % 250}"}
        paired = self.bus.call("identity", "pair_terminal", asked, token=visitor)
        return Terminal(club.structure_id, paired["terminal_id"], paired["token"])

    def load(self, job: Mapping[str, Any]) -> dict[str, Any]:
        """Run the load as a process of its own."""
        path = self.folder / "job.json"
        path.write_text(json.dumps(dict(job)))
        command = [sys.executable, "-m", "tests.bench.load", str(path)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    @contextmanager
    def process(self, command: Sequence[str], ready: Any, **env: str) -> Iterator[subprocess.Popen[bytes]]:
        """A reference's process, ended with the block."""
        child = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **env})
        try:
            wait_for(ready, f"{' '.join(command[:3])} is ready", 40)
            yield child
        finally:
            child.terminate()
            child.wait(10)

    def database_url(self, service: str) -> str:
        url = make_url(self.surroundings[f"{service.upper()}_DATABASE_URL"]).set(drivername="postgresql")
        return url.render_as_string(hide_password=False)


@contextmanager
def stage(port: int, *, small: bool = False) -> Iterator[Stage]:
    """A stage under var/, gone afterwards."""
    (ROOT / "var").mkdir(exist_ok=True)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / "var")))
        folder.chmod(0o755)
        yield stack.enter_context(Stage(folder, port, small=small))
