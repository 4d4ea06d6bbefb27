"""Backup and restore on real databases: one point in time, checked parts, nothing restored over what exists."""

from contextlib import closing
from pathlib import Path
from uuid import uuid4

import psycopg2
import pytest
from psycopg2 import sql
from sqlalchemy.engine import make_url

from deploy import backup as saving
from deploy.backup import BackupRefused
from services.chassis import config

SERVICES = ("identity", "partners")


@pytest.fixture
def point_to(infra, monkeypatch, tmp_path):
    """Make the configuration name these databases."""

    def point(names: dict[str, str]) -> None:
        for service, name in names.items():
            for variable, url in infra.database_urls(service, name).items():
                monkeypatch.setenv(variable, url)
        monkeypatch.setenv("PSL_FILES_URL", f"file://{tmp_path}/files-of-{names['identity']}")
        config.reset()

    yield point
    config.reset()


@pytest.fixture
def filled(infra):
    names = {service: infra.create_database(service) for service in SERVICES}
    yield names
    for name in names.values():
        infra.drop_database(name)


@pytest.fixture
def empty(infra):
    """Databases as an operator makes them before a restore."""
    names = {service: f"restored_{service}_{uuid4().hex[:8]}" for service in SERVICES}
    for service, name in names.items():
        owner = make_url(infra.database_urls(service, name)[f"{service.upper()}_DATABASE_OWNER_URL"]).username
        statement = sql.SQL("create database {} owner {}")
        infra._admin(statement.format(sql.Identifier(name), sql.Identifier(owner or "")))
    yield names
    for name in names.values():
        infra.drop_database(name)


def rows(service: str, query: str) -> list[tuple]:
    with closing(saving.connect(saving.owner_url(service))) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def announce(service: str, text: str) -> None:
    """What a business transaction leaves in the outbox, already sent."""
    with closing(saving.connect(saving.owner_url(service))) as connection, connection, connection.cursor() as cursor:
        cursor.execute(
            "insert into outbox (event_id, type, key, unrouted, body, sent_at)"
            " values (%s, 'x.v1', '1', 'retry', %s, now())",
            (str(uuid4()), text),
        )


def test_a_restored_platform_has_rows_and_files_and_sends_its_events_again(point_to, filled, empty, tmp_path) -> None:
    point_to(filled)
    announce("identity", "before")
    stored = Path(config.settings().files_url.removeprefix("file://"), "aa", "content")
    stored.parent.mkdir(parents=True)
    stored.write_bytes(b"sealed")
    manifest = saving.backup(tmp_path / "copy", SERVICES)
    announce("identity", "after")
    point_to(empty)
    assert saving.restore(tmp_path / "copy") == {**manifest, "services": list(SERVICES)}
    assert rows("identity", "select body, sent_at from outbox") == [("before", None)]
    assert rows("partners", "select count(*) from outbox") == [(0,)]
    restored = Path(config.settings().files_url.removeprefix("file://"), "aa", "content")
    assert restored.read_bytes() == b"sealed"


def test_a_service_keeps_its_rights_and_no_more_after_a_restore(point_to, filled, empty, tmp_path) -> None:
    point_to(filled)
    saving.backup(tmp_path / "copy", SERVICES)
    point_to(empty)
    saving.restore(tmp_path / "copy")
    everyday = make_url(config.settings().database_url("identity")).set(drivername="postgresql")
    with closing(saving.connect(everyday)) as connection, connection.cursor() as cursor:
        cursor.execute("select count(*) from audit")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("delete from audit")


def test_nothing_is_announced_between_the_snapshots(point_to, filled) -> None:
    point_to(filled)
    with saving.ExitStack() as held:
        saving._lock_outboxes(held, SERVICES)
        with closing(saving.connect(saving.owner_url("partners"))) as connection, connection.cursor() as cursor:
            cursor.execute("set lock_timeout = 50")
            with pytest.raises(psycopg2.errors.LockNotAvailable):
                cursor.execute("insert into outbox (event_id) values (gen_random_uuid())")
    announce("partners", "the lock is gone")


def test_a_changed_part_is_refused(point_to, filled, tmp_path) -> None:
    point_to(filled)
    saving.backup(tmp_path / "copy", SERVICES)
    (tmp_path / "copy" / "partners.dump").write_bytes(b"something else")
    with pytest.raises(BackupRefused, match="missing or changed"):
        saving.restore(tmp_path / "copy")


def test_a_database_in_use_is_never_restored_over(point_to, filled, tmp_path) -> None:
    point_to(filled)
    saving.backup(tmp_path / "copy", SERVICES)
    with pytest.raises(BackupRefused, match="not empty"):
        saving.restore(tmp_path / "copy")
