"""The workbook that is written while its rows come: what a spreadsheet finds in it, when it begins, what it holds."""

import io
import tracemalloc
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree

from gateway import workbook
from gateway.workbook import Euros

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
MIB = 1024 * 1024


def made(rows: list[list[workbook.Cell]]) -> zipfile.ZipFile:
    book = zipfile.ZipFile(io.BytesIO(b"".join(workbook.pieces("Transactions", ["Nom", "Montant"], rows))))
    assert book.testzip() is None
    return book


def cells(book: zipfile.ZipFile, sheet: int = 1) -> list[list[str]]:
    tree = ElementTree.fromstring(book.read(f"xl/worksheets/sheet{sheet}.xml"))
    return [["".join(cell.itertext()) for cell in row] for row in tree.iter(f"{MAIN}row")]


def sheet_names(book: zipfile.ZipFile) -> list[str]:
    return [one.attrib["name"] for one in ElementTree.fromstring(book.read("xl/workbook.xml")).iter(f"{MAIN}sheet")]


def test_texts_arrive_as_they_are_and_sums_as_numbers() -> None:
    found = cells(made([["Léa & <Zoé>", Euros(123_450)], [None, Euros(5)]]))
    assert found == [["Nom", "Montant"], ["Léa & <Zoé>", "1234.5"], ["", "0.05"]]


def test_what_looks_like_a_formula_stays_text() -> None:
    book = made([["=1+1", Euros(1)]])
    assert cells(book)[1][0] == "'=1+1"
    assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


def test_characters_that_xml_does_not_have_are_left_out() -> None:
    assert cells(made([["a\x01b\x1fc\uffff", Euros(1)]]))[1][0] == "abc"


def test_no_rows_make_one_sheet_with_its_headings() -> None:
    book = made([])
    assert (sheet_names(book), cells(book)) == (["Transactions"], [["Nom", "Montant"]])


def test_more_rows_than_a_sheet_takes_go_on_the_next_one(monkeypatch) -> None:
    monkeypatch.setattr(workbook, "SHEET_ROWS", 2)
    book = made([[str(number), Euros(number)] for number in range(1, 6)])
    assert sheet_names(book) == ["Transactions", "Transactions 2", "Transactions 3"]
    assert [[row[0] for row in cells(book, sheet)] for sheet in (1, 2, 3)] == [
        ["Nom", "1", "2"],
        ["Nom", "3", "4"],
        ["Nom", "5"],
    ]
    assert b"sheet3.xml" in book.read("xl/_rels/workbook.xml.rels")


def test_the_first_bytes_come_before_the_first_row_is_asked_for() -> None:
    asked: list[int] = []

    def rows() -> Iterator[list[workbook.Cell]]:
        for number in range(3):
            asked.append(number)
            yield [str(number), Euros(number)]

    coming = workbook.pieces("Transactions", ["Nom", "Montant"], rows())
    assert next(coming).startswith(b"PK")
    assert asked == []
    assert list(coming)[-1]
    assert asked == [0, 1, 2]


def test_memory_stays_the_same_for_a_hundred_thousand_rows() -> None:
    rows = ([f"Enfant {number} {number * 7919:x} " + "x" * 200, Euros(number)] for number in range(100_000))
    tracemalloc.start()
    try:
        sent = sum(len(piece) for piece in workbook.pieces("Transactions", ["Nom", "Montant"], rows))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sent > MIB
    assert peak < 2 * MIB
