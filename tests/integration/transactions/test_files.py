"""Files of the store that hold families' names: kept for a time, then gone."""

import io
from datetime import timedelta

import pytest
from sqlalchemy import text

from services.chassis.files import FileStore, FileUnknown
from services.transactions.domain import retention
from services.transactions.handlers import files, imports, notices
from tests.factories import transactions as make


@pytest.fixture
def db(database):
    return database("transactions")


def kept(db):
    with db.unit_of_work() as uow:
        rows = uow.connection.execute(text("SELECT sha256, kept_until - now() AS left FROM transient_files"))
        return {row.sha256: row.left for row in rows}


def age(db, days):
    with db.unit_of_work() as uow:
        older = text("UPDATE transient_files SET kept_until = kept_until - :by")
        uow.connection.execute(older, {"by": timedelta(days)})


def at_once(work, *arguments):
    return work(*arguments)


def test_an_imports_file_and_its_report_go_when_their_time_is_over(db):
    store, season_id = FileStore(), make.season(db)
    ended = make.import_file(db, season_id, make.csv(make.line(1), make.line(2, email="x")))
    report = imports.report(db, store, ended["import_id"])
    assert len(kept(db)) == 2 and files.forget_old(db, store) == 0
    age(db, 2)
    assert files.forget_old(db, store) == 1
    assert not store.exists(report["sha256"])
    assert imports.report(db, store, ended["import_id"]) == report and store.exists(report["sha256"])
    age(db, retention.IMPORTED_FILE.days)
    assert files.forget_old(db, store) == 2 and kept(db) == {}
    with pytest.raises(FileUnknown):
        imports.report(db, store, ended["import_id"])


def test_the_file_of_an_import_that_is_not_confirmed_yet_stays(db):
    store, season_id = FileStore(), make.season(db)
    waiting = make.import_file(db, season_id, make.csv(make.line(1)), confirm=False)
    age(db, 365)
    assert files.forget_old(db, store) == 0
    assert waiting["state"] == "checked" and [store.exists(sha256) for sha256 in kept(db)] == [True]


def test_passes_drawn_for_a_mail_go_after_a_month(db):
    store, season_id = FileStore(), make.season(db)
    make.issue(db, season_id=season_id)
    assert notices.send(db, store, at_once) > 0
    drawn = [sha256 for sha256, left in kept(db).items() if timedelta(29) < left <= retention.DRAWN_PASS]
    assert len(drawn) == 2 and all(store.exists(sha256) for sha256 in drawn)
    age(db, 31)
    assert files.forget_old(db, store) == 2
    assert not any(store.exists(sha256) for sha256 in drawn)


def test_the_same_file_again_is_kept_as_long_as_the_last_one_needs_it(db):
    store = FileStore()
    for days in (5, 30, 1):
        with db.unit_of_work() as uow:
            files.put(uow, store, lambda: io.BytesIO(b"the same"), timedelta(days))
    (left,) = kept(db).values()
    assert timedelta(29) < left <= timedelta(30)
