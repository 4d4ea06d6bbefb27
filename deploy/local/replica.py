"""A streaming replica of the run's PostgreSQL, which can take over: the primary waits for it at each commit.

Clients name both servers and ask for the one that takes writes (`target_session_attrs=read-write`), so that after a
promotion the next connection finds the new primary by itself.
"""

import os
from contextlib import closing
from dataclasses import dataclass

from sqlalchemy.engine import URL, make_url

from deploy.local.ports import HOST
from deploy.local.postgres import SUPERUSER, Postgres, _uid, binaries
from deploy.local.waiting import wait_for

NAME = "replica"
FOLLOWING = "primary_conninfo = 'host={host} port={port} user={user} password={password} application_name={name}'\n"


@dataclass
class Replica(Postgres):
    """A second server that follows the first of the same run."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.name, self.primary_port, self.port = NAME, self.port, self.ports.replica
        self.folder = self.var / NAME
        self.data = self.folder / "data"

    def _initialise(self) -> None:
        """A copy of the primary's files, instead of a fresh cluster."""
        self.data.mkdir(exist_ok=True)
        self.data.chmod(0o700)
        if self.user:
            os.chown(self.data, _uid(self.user), -1)
        program = str(binaries() / "pg_basebackup")
        source = ["--host", HOST, "--port", str(self.primary_port), "--username", SUPERUSER]
        self._run(
            [program, *source, "--pgdata", str(self.data), "--wal-method=stream", "--checkpoint=fast"],
            PGPASSWORD=self.password,
        )
        (self.data / "standby.signal").touch()
        if self.user:
            os.chown(self.data / "standby.signal", _uid(self.user), -1)

    def _settings(self) -> str:
        return super()._settings() + FOLLOWING.format(
            host=HOST, port=self.primary_port, user=SUPERUSER, password=self.password, name=self.name
        )

    def follow(self, primary: Postgres) -> None:
        """Start, and make the primary's commits wait until they lie here too."""
        self.start()
        with closing(primary.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(f"alter system set synchronous_standby_names = '{self.name}'")
            cursor.execute("select pg_reload_conf()")
        wait_for(lambda: self._in_step(primary), "the replica follows in step", 30)

    def _in_step(self, primary: Postgres) -> bool:
        with closing(primary.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(
                "select 1 from pg_stat_replication where application_name = %s and sync_state = 'sync'", [NAME]
            )
            return cursor.fetchone() is not None

    def promote(self) -> None:
        """Become the primary. Returns when writes are taken."""
        with closing(self.connect()) as connection, connection.cursor() as cursor:
            cursor.execute("select pg_promote(true, 60)")
        wait_for(self.takes_writes, "the promoted server takes writes", 30)

    def takes_writes(self) -> bool:
        """Whether this server is the primary."""
        with closing(self.connect()) as connection, connection.cursor() as cursor:
            cursor.execute("select not pg_is_in_recovery()")
            return bool(cursor.fetchone()[0])


def either(url: str, primary: Postgres, replica: Replica) -> str:
    """The address of a database on whichever of the two takes writes."""
    found: URL = make_url(url)
    return (
        found.set(host=None, port=None)
        .update_query_dict(
            {
                "host": f"{HOST},{HOST}",
                "port": f"{primary.port},{replica.port}",
                "target_session_attrs": "read-write",
                "connect_timeout": "3",
            }
        )
        .render_as_string(hide_password=False)
    )
