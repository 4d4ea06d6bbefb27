"""Names of children stay in transactions: nothing that leaves payouts holds one (guide: «anonymisés»; RGPD)."""

import io
import re
import zipfile
from pathlib import Path

import pypdf
import pytest

from deploy.local.waiting import wait_for
from services.chassis.config import settings
from services.chassis.database import BoundDatabase
from services.chassis.ids import new_id
from services.payouts import messages
from services.transactions.handlers import scans
from services.transactions.handlers.passes import told
from services.transactions.repository import passes
from tests.factories import transactions as make
from tests.factories.payouts import IBAN, Outside

CHILDREN = [("Quetzalcoat", "Zéphirine"), ("Wolframson", "Ypsilanti"), ("Xylander", "Oberon")]
NAMES = re.compile("|".join(part for child in CHILDREN for part in child), re.IGNORECASE)


@pytest.fixture(scope="module")
def outside(platform, token, tmp_path_factory):
    running = platform("transactions", "payouts", relay=True, PSL_FILES_URL=settings().files_url)
    made = Outside(running, token, tmp_path_factory.mktemp("finance"), files_url=settings().files_url)
    yield made
    made.finance.terminate()
    made.finance.wait(10)


@pytest.fixture(scope="module")
def batch(outside):
    """Three children's passes are used, the day ends, a batch pays the club."""
    database = BoundDatabase("transactions", outside.platform.environment["TRANSACTIONS_DATABASE_URL"])
    club, season_id = make.club(database), make.season(database)
    lines = [make.line(number, last=last, first=first) for number, (last, first) in enumerate(CHILDREN, 1)]
    assert make.import_file(database, season_id, make.csv(*lines))["created"] == len(CHILDREN)
    with database.unit_of_work(make.AGENT) as uow:
        codes = [told(row)["qr"] for row in passes.of_season(uow.connection, season_id)]
    for qr in codes:
        with database.unit_of_work(club.terminal()) as uow:
            scans.record_transaction(uow, idempotency_key=new_id(), amount_cents=1_500, qr=qr)
    database.close()
    outside.say(
        messages.StructureUpdated, structure_id=club.structure_id, name="Judo Club", partner_number="93-000017",
        commune_name="Bobigny", activities=["Judo"],
    )  # fmt: skip
    outside.account(club.structure_id, IBAN, 1)
    outside.platform.move_clock("+1d")
    outside.due(4_500)
    return outside.pay()


def stored(outside, kept) -> bytes:
    with outside.store.open(kept["sha256"]) as stream:
        return stream.read()


def texts(kind: str, content: bytes) -> str:
    if kind == "pdf":
        reader = pypdf.PdfReader(io.BytesIO(content))
        return "".join(page.extract_text() for page in reader.pages) + str(reader.metadata)
    if kind == "xlsx":
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            return "".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())
    return content.decode("utf-8")


@pytest.mark.parametrize("kind", ["pdf", "csv", "xlsx"])
def test_no_document_names_a_child(outside, batch, kind):
    payout_id = batch["largest"][0]["payout_id"]
    shown = texts(kind, stored(outside, outside.call("payout_document", "preparer", payout_id=payout_id, kind=kind)))
    assert "BP-" in shown and not NAMES.search(shown)


def test_no_bank_file_names_a_child(outside, batch):
    shown = stored(outside, batch["bank_files"][0]).decode()
    assert "PSL-BP-" in shown and not NAMES.search(shown)


def test_no_event_and_no_book_of_finance_names_a_child(outside, batch):
    wait_for(lambda: outside.heard("payout_batch_released.v1"), "finance has the batch", 20)
    books = "".join(path.read_text() for path in outside.folder.iterdir())
    assert "payout_ordered.v1" in books and not NAMES.search(books)
    for service in ("transactions", "payouts"):
        with outside.platform.connect(service) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT string_agg(body, '') FROM outbox")
            announced = cursor.fetchone()[0]
        assert ".v1" in announced and not NAMES.search(announced)


def test_no_accounting_export_and_no_log_names_a_child(outside, batch):
    exported = outside.call("export_ledger", "preparer", first_on="2020-01-01", last_on="2099-12-31")
    shown = stored(outside, exported).decode()
    assert "BP-" in shown and not NAMES.search(shown)
    logs = "".join(path.read_text() for path in Path(outside.platform.var, "log").iterdir())
    assert logs and not NAMES.search(logs)


def test_the_whole_database_of_payouts_names_no_child(outside, batch):
    with outside.platform.connect("payouts") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        tables = [row[0] for row in cursor.fetchall()]
        for table in tables:
            cursor.execute(f"SELECT string_agg(t::text, ' ') FROM \"{table}\" AS t")
            assert not NAMES.search(cursor.fetchone()[0] or "")
    assert "lines" in tables
