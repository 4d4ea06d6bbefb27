"""Bank files and slips as bytes: valid, the same each time, nothing that doesn't belong there."""

import csv
import io
import zipfile
from datetime import UTC, date, datetime

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.payouts import bank_file, slips

IBAN = "FR7630006000011234567890189"
DEBTOR = bank_file.Debtor("Caf de la Seine-Saint-Denis", IBAN, "AGRIFRPP")
AT = datetime(2026, 11, 25, 9, tzinfo=UTC)
ON = date(2026, 11, 26)


def transfer(number: int, cents: int, name: str = "Club") -> bank_file.Transfer:
    slip = f"BP-2026-{number:07d}"
    return bank_file.Transfer(f"PSL-{slip}", cents, name, IBAN, None, slip)


def built(transfers) -> bytes:
    return bank_file.build(DEBTOR, "LOT-2026-00001-01", AT, ON, transfers)


def slip(lines, **changed) -> slips.Slip:
    facts = {
        "number": "BP-2026-0000001", "end_to_end_id": "PSL-BP-2026-0000001", "batch_number": "LOT-2026-00001",
        "partner_name": "Étoile sportive", "partner_number": "93000017", "iban_masked": "FR76 •••• 189",
        "execution_on": ON, "amount_cents": sum(line.amount_cents for line in lines),
        "caf_name": "Caf de la Seine-Saint-Denis", "platform_name": "Pass'Sports-Loisirs", "lines": lines,
    }  # fmt: skip
    return slips.Slip(**{**facts, **changed})


def line(cents: int, kind: str = "transaction", where: str = "Gymnase Jean Jaurès") -> slips.SlipLine:
    return slips.SlipLine(kind, "T-00000001", "Pass'Sports-Loisirs", where, cents, AT)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 10**9), st.text(max_size=90)), min_size=1, max_size=8))
def test_any_name_and_amount_make_a_valid_message_that_reads_back(rows):
    content = built([transfer(number, cents, name) for number, (cents, name) in enumerate(rows)])
    read = bank_file.read(content)
    assert [cents for _, cents, _ in read.transfers] == [cents for cents, _ in rows]
    assert (read.transfer_count, read.amount_cents) == (len(rows), sum(cents for cents, _ in rows))


def test_the_same_batch_gives_the_same_bytes():
    assert built([transfer(1, 100)]) == built([transfer(1, 100)])


def test_a_message_that_breaks_the_schema_is_refused():
    broken = built([transfer(1, 100)]).replace(b"<PmtMtd>TRF</PmtMtd>", b"<PmtMtd>CASH</PmtMtd>")
    with pytest.raises(bank_file.BankFileInvalid):
        bank_file.check(broken)


def test_no_postal_address_is_sent():
    assert b"PstlAdr" not in built([transfer(1, 100)])


@pytest.mark.parametrize(("text", "cents"), [("10", 1000), ("10.5", 1050), ("0.01", 1), ("7.990", 799)])
def test_amounts_are_read_to_the_cent(text, cents):
    assert bank_file.cents(text) == cents


@pytest.mark.parametrize("text", ["", "1e3", "-5", "1,50", "0.001", "NaN", "１２"[:0] + "1.2.3"])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ValueError):
        bank_file.cents(text)


def test_a_slip_is_tagged_french_and_titled():
    pdf = pypdf.PdfReader(io.BytesIO(slips.as_pdf(slip([line(2550), line(-550, "correction")]))))
    assert pdf.root_object["/MarkInfo"]["/Marked"] is True or pdf.root_object["/MarkInfo"]["/Marked"]
    assert str(pdf.root_object["/Lang"]).startswith("fr")
    assert b"pdfuaid:part" in pdf.root_object["/Metadata"].get_data()
    assert pdf.metadata.title == "Bordereau de paiement BP-2026-0000001"


def test_a_slip_shows_lines_corrections_and_total():
    text = pypdf.PdfReader(io.BytesIO(slips.as_pdf(slip([line(123450), line(-550, "correction")])))).pages[0]
    shown = text.extract_text().replace("\u202f", " ").replace("\u00a0", " ")
    for words in (
        "BP-2026-0000001",
        "26/11/2026",
        "25/11/2026",
        "1 234,50 €",
        "−5,50 €",
        "1 229,00 €",
        "FR76 •••• 189",
    ):
        assert words in shown
    assert IBAN not in shown


@settings(max_examples=15, deadline=None)
@given(st.text(min_size=1, max_size=60).filter(str.strip))
def test_whatever_an_establishment_is_called_the_slip_is_made(name):
    assert slips.as_pdf(slip([line(100, where=name)], partner_name=name)).startswith(b"%PDF")


def test_every_character_that_is_let_through_can_be_shown():
    every = "".join(sign for sign in map(chr, range(0x20, 0x2300)) if slips.printed(f"a{sign}a") == f"a{sign}a")
    assert "é" in every and "Œ" in every and "€" in every
    assert slips.as_pdf(slip([line(100, where=every)])).startswith(b"%PDF")


def test_the_table_is_the_same_as_the_slip():
    rows = list(csv.reader(io.StringIO(slips.as_csv(slip([line(2550), line(-50, "correction")])).decode("utf-8-sig")),
                           delimiter=";"))  # fmt: skip
    assert rows[0][:6] == list(slips.HEADINGS)
    assert [row[5] for row in rows[1:]] == ["25,50", "-0,50"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_no_cell_begins_like_a_formula(text):
    content = slips.as_csv(slip([line(100, where=text)])).decode("utf-8-sig")
    assert f";'{text};" in content


def test_a_spreadsheet_holds_the_amounts_and_the_same_bytes_each_time():
    one, two = (slips.as_xlsx(slip([line(2550)])) for _ in range(2))
    assert one == two
    with zipfile.ZipFile(io.BytesIO(one)) as book:
        assert b"25.5" in book.read("xl/worksheets/sheet1.xml")
