"""Where a campaign plays: a broker of one or several nodes, a PostgreSQL, and empty platforms on them."""

import contextlib
import json
import subprocess
from pathlib import Path
from typing import Self

from deploy.local.broker import Broker
from deploy.local.infra import Infrastructure
from deploy.local.postgres import Postgres
from services.chassis import config
from services.chassis.config import SERVICES
from tests.platform import Infra, Platform

DISK_MB = 900


class Stage:
    """Private infrastructure that troubles may stop, kill and fill up. ``small_disk``: PostgreSQL's data lie on a disk
    of its own, small enough to be filled, where this machine lets us mount one."""

    def __init__(self, folder: Path, port: int, *, nodes: int = 1, small_disk: bool = False):
        self._folder, self._small_disk = folder, small_disk
        self._stack = contextlib.ExitStack()
        self.infrastructure = Infrastructure(folder / "infra", port, durable=False, nodes=nodes)
        self.disk: Path | None = None

    @property
    def brokers(self) -> list[Broker]:
        return self.infrastructure.brokers

    @property
    def postgres(self) -> Postgres:
        return self.infrastructure.postgres

    def __enter__(self) -> Self:
        try:
            self._set_up()
        except BaseException:
            self._stack.close()
            raise
        return self

    def _set_up(self) -> None:
        if self._small_disk:
            self.disk = self._mount(self._folder / "infra" / "postgres")
        self._stack.callback(self.infrastructure.stop)
        self.infrastructure.start()
        self._infra = Infra(json.loads(json.dumps(self.infrastructure.describe())))

    def _mount(self, folder: Path) -> Path | None:
        folder.mkdir(parents=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=755", "tmpfs", str(folder)]
        if subprocess.run(command, capture_output=True, check=False).returncode != 0:
            return None
        self._stack.callback(subprocess.run, ["umount", "--lazy", str(folder)], check=False)
        return folder

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def platform(self, name: str) -> Platform:
        """A platform without processes yet, with this process's keys; it ends with the stage."""
        folder = self._folder / name
        folder.mkdir(parents=True)
        (folder / "keys").symlink_to(config.settings().keys)
        uri = self._stack.enter_context(self._infra.virtual_host())
        vhost = uri.rpartition("/")[2]
        made = Platform(self._infra, folder, ";".join(broker.uri(vhost) for broker in self.brokers))
        self._stack.callback(made.stop)
        return made

    def fresh_platform(self, name: str) -> Platform:
        """A platform with empty databases, ready for a restore."""
        made = self.platform(name)
        made.adopt(SERVICES, {service: self._infra.create_empty_database(service) for service in SERVICES})
        made.environment["PSL_FILES_URL"] = f"file://{made.var}/files"
        return made
