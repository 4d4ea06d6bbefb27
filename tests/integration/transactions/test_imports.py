"""Files of beneficiaries: any encoding, row by row, twice, corrected, too many for the budget."""

import io
import tracemalloc

import pytest
from sqlalchemy import text

from services.chassis import clock
from services.chassis.database import Busy
from services.chassis.files import FileStore
from services.transactions import csvfile, reconcile, seals
from services.transactions.domain import refusals
from services.transactions.handlers import imports, passes
from tests.factories import transactions as make


@pytest.fixture
def db(database):
    return database("transactions")


def figures(ended):
    return ended["state"], ended["created"], ended["updated"], ended["unchanged"], ended["refused"]


def names(db, season_id):
    from services.transactions.repository import passes as rows

    with db.unit_of_work() as uow:
        return [passes.told(row)["beneficiary"]["last_name"] for row in rows.of_season(uow.connection, season_id)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", ","])
def test_encodings_and_delimiters(db, encoding, delimiter):
    season_id = make.season(db)
    content = make.csv(make.line(1, last="Noël-Éluard"), make.line(2)).decode().replace(";", delimiter)
    ended = make.import_file(db, season_id, content.encode(encoding))
    assert figures(ended) == ("done", 2, 0, 0, 0)
    assert "Noël-Éluard" in names(db, season_id)


def test_the_same_file_twice_changes_nothing_and_a_corrected_one_completes(db):
    season_id = make.season(db)
    bad, good = make.line(1, born="05/2016"), make.line(2)
    assert figures(make.import_file(db, season_id, make.csv(bad, good))) == ("done", 1, 0, 0, 1)
    assert figures(make.import_file(db, season_id, make.csv(bad, good))) == ("done", 0, 0, 1, 1)
    corrected = make.csv(make.line(1), make.line(2, last="Nouveau"))
    assert figures(make.import_file(db, season_id, corrected)) == ("done", 1, 1, 0, 0)
    assert sorted(names(db, season_id)) == ["Nom1", "Nouveau"]


def test_a_dry_run_writes_nothing(db):
    season_id = make.season(db)
    ended = make.import_file(db, season_id, make.csv(make.line(1), make.line(2)), confirm=False)
    assert (figures(ended), ended["amount_cents"]) == (("checked", 2, 0, 0, 0), 20_000)
    assert names(db, season_id) == []
    with db.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM beneficiaries")) == 0


def test_a_child_twice_in_a_file_gets_one_pass(db):
    season_id = make.season(db)
    ended = make.import_file(db, season_id, make.csv(make.line(1), make.line(1)))
    assert figures(ended) == ("done", 1, 0, 1, 0)


def test_brothers_and_sisters_share_a_family(db):
    season_id = make.season(db)
    make.import_file(
        db, season_id, make.csv(make.line(1, family="F"), make.line(2, family="F", email="autre@example.org"))
    )
    with db.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM families")) == 1


def test_the_budget_is_not_exceeded(db):
    season_id = make.season(db, budget_cents=25_000)
    ended = make.import_file(db, season_id, make.csv(*(make.line(n) for n in range(1, 5))))
    assert figures(ended) == ("done", 2, 0, 0, 2)
    with db.engine.connect() as connection:
        assert not any(reconcile.disagreements(connection).values())


def test_the_report_names_lines_and_reasons(db):
    season_id = make.season(db)
    ended = make.import_file(db, season_id, make.csv(make.line(1), make.line(2, email="x"), make.line(3, born="")))
    told = imports.report(db, FileStore(), ended["import_id"])
    with FileStore().open(told["sha256"]) as stream:
        lines = stream.read().decode("utf-8-sig").split("\r\n")
    born = f"01/02/{clock.today().year - 10}"
    assert lines == [
        f"ligne;motifs;{make.HEADINGS}",
        f"3;e-mail : adresse invalide;F0000002;E0000002;Nom2;Léa;{born};500;x",
        "4;date de naissance : manquant;F0000003;E0000003;Nom3;Léa;;500;famille3@example.org",
        "",
    ]


def report_of(db, ended):
    told = imports.report(db, FileStore(), ended["import_id"])
    with FileStore().open(told["sha256"]) as stream:
        return stream.read()


@pytest.mark.parametrize(("encoding", "delimiter"), [("cp1252", ";"), ("utf-8", ",")])
def test_what_is_corrected_in_the_report_itself_completes_the_import(db, encoding, delimiter):
    season_id = make.season(db)
    lines = (make.line(1), make.line(2, last="Noël", email="+x"), make.line(3, last="=-1", email="x"))
    content = make.csv(*lines).decode().replace(";", delimiter).encode(encoding)
    ended = make.import_file(db, season_id, content)
    assert figures(ended) == ("done", 1, 0, 0, 2)
    told = report_of(db, ended)
    assert b";'=-1;" in told and b";'+x" in told  # no formula for a spreadsheet
    assert report_of(db, make.import_file(db, season_id, told)).decode("utf-8-sig").count("'=-1") == 1
    corrected = told.decode("utf-8-sig").replace("'+x", "'+x@example.org").replace("'=-1;", "Vert;")
    corrected = corrected.replace(";x\r\n", ";y@example.org\r\n")
    assert figures(make.import_file(db, season_id, corrected.encode("utf-8-sig"))) == ("done", 2, 0, 0, 0)
    assert sorted(names(db, season_id)) == ["Nom1", "Noël", "Vert"]
    with db.engine.connect() as connection:
        mails = connection.execute(text("SELECT family_id::text, email_sealed FROM families")).all()
    opened = {seals.open_email(sealed, family_id) for family_id, sealed in mails}
    assert "+x@example.org" in opened  # and the quote that made it harmless is gone


def test_a_long_report_is_made_in_bounded_memory(db, monkeypatch):
    season_id, count = make.season(db), 3_000
    monkeypatch.setattr(imports, "_REPORT_LINES", 100)
    wrong = (make.line(n, born="", last=f"{n:04x}" * 400) for n in range(1, count + 1))
    ended = make.import_file(db, season_id, make.csv(*wrong), confirm=False)
    assert ended["refused"] == count
    tracemalloc.start()
    try:
        told = imports.report(db, FileStore(), ended["import_id"])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    with FileStore().open(told["sha256"]) as stream:
        size = len(stream.read())
    assert size > 4_500_000
    assert peak < size / 3


@pytest.mark.parametrize(
    ("content", "failure"),
    [
        (b"", "Le fichier est vide."),
        (b"\x89PNG\x00\x00", "Ce fichier n’est pas un fichier CSV"),
        ("nom;prénom\r\nA;B".encode(), "Colonnes manquantes : matricule allocataire"),
    ],
)
def test_what_is_no_table_fails_with_a_reason(db, content, failure):
    ended = make.import_file(db, make.season(db), content, confirm=False)
    assert ended["state"] == "failed" and ended["failure"].startswith(failure)


def test_a_killed_import_goes_on_where_it_stopped(db, monkeypatch):
    monkeypatch.setattr(imports, "LINES_AT_ONCE", 2)
    season_id, store = make.season(db), FileStore()
    stored = store.put(io.BytesIO(make.csv(*(make.line(n) for n in range(1, 6)))))
    with db.unit_of_work(make.AGENT) as uow:
        job = imports.start(uow, season_id=season_id, sha256=stored.sha256, filename="f.csv")
    imports.work(db, store)
    with db.unit_of_work(make.AGENT) as uow:
        imports.confirm(uow, job["import_id"])
    begun, columns = imports._begin(db, store, job["import_id"])
    with store.open(stored.sha256) as stream:
        lines = list(csvfile.read_lines(stream, begun["encoding"], begun["delimiter"]))[1:]
    imports._do_chunk(db, begun, columns, lines[:2])  # and here the process dies
    with pytest.raises(Busy):
        imports._do_chunk(db, begun, columns, lines[:2])  # another process that has seen the older state
    imports.work(db, store)
    with db.unit_of_work(make.AGENT) as uow:
        assert figures(imports.progress(uow, job["import_id"])) == ("done", 5, 0, 0, 0)


def test_one_file_at_a_time(db):
    season_id = make.season(db)
    make.import_file(db, season_id, make.csv(make.line(1)), confirm=False)
    with pytest.raises(refusals.ImportRunning):
        make.import_file(db, season_id, make.csv(make.line(1)))


def test_nothing_personal_is_written_in_clear(db):
    season_id = make.season(db)
    make.import_file(
        db, season_id, make.csv(make.line(1, last="Zébulon", first="Apolline", email="secret@example.org"))
    )
    with db.engine.connect() as connection:
        for table in ("families", "beneficiaries", "passes", "pass_codes", "outbox", "audit", "imports"):
            found = connection.scalar(text(f"SELECT string_agg(t::text, '') FROM {table} t")) or ""
            assert not any(word in found for word in ("Zébulon", "Apolline", "secret@", "F0000001", "E0000001")), table
