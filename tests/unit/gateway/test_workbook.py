"""The workbook that is written while its rows come: what a spreadsheet finds in it, when it begins, what it holds.

It is read by openpyxl, which knows nothing of how it was written.
"""

import io
import tracemalloc
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import openpyxl

from gateway import workbook
from gateway.workbook import Cell, Euros
from services.chassis import clock

MIB = 1024 * 1024


def written(rows: list[list[Cell]]) -> bytes:
    content = b"".join(workbook.pieces("Transactions", ["Nom", "Montant"], rows))
    assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None
    return content


def made(rows: list[list[Cell]]) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(written(rows)))


def cells(book: openpyxl.Workbook, sheet: int = 1) -> list[list[Any]]:
    return [list(row) for row in book.worksheets[sheet - 1].iter_rows(values_only=True)]


def test_texts_arrive_as_they_are_and_sums_as_numbers() -> None:
    book = made([["Léa & <Zoé>", Euros(123_450)], [None, Euros(5)]])
    assert cells(book) == [["Nom", "Montant"], ["Léa & <Zoé>", 1234.5], [None, 0.05]]
    assert book.active["B2"].number_format == '#,##0.00" €"'


def test_moments_arrive_as_the_minute_of_their_wall_clock() -> None:
    before, after = (clock.paris(datetime(2026, 10, 25, hour, 30, tzinfo=UTC)) for hour in (0, 1))
    book = made([["avant", before], ["après", after]])
    assert [row[1] for row in cells(book)[1:]] == [datetime(2026, 10, 25, 2, 30)] * 2  # noqa: DTZ001
    assert book.active["B2"].is_date and book.active["B2"].number_format == "dd/mm/yyyy hh:mm"


def test_the_headings_are_bold_and_stay_in_sight() -> None:
    sheet = made([["a", Euros(1)]]).active
    assert [cell.font.b for cell in sheet[1]] == [True, True]
    assert not sheet["A2"].font.b
    assert sheet.freeze_panes == "A2"


def test_what_looks_like_a_formula_stays_text() -> None:
    book = made([["=1+1", Euros(1)]])
    assert cells(book)[1][0] == "'=1+1"
    assert book.active["A2"].data_type == "s"


def test_characters_that_xml_does_not_have_are_left_out() -> None:
    assert cells(made([["a\x01b\x1fc\uffff", Euros(1)]]))[1][0] == "abc"


def test_no_rows_make_one_sheet_with_its_headings() -> None:
    book = made([])
    assert (book.sheetnames, cells(book)) == (["Transactions"], [["Nom", "Montant"]])


def test_more_rows_than_a_sheet_takes_go_on_the_next_one(monkeypatch) -> None:
    monkeypatch.setattr(workbook, "SHEET_ROWS", 2)
    book = made([[str(number), Euros(number)] for number in range(1, 6)])
    assert book.sheetnames == ["Transactions", "Transactions 2", "Transactions 3"]
    assert [[row[0] for row in cells(book, sheet)] for sheet in (1, 2, 3)] == [
        ["Nom", "1", "2"],
        ["Nom", "3", "4"],
        ["Nom", "5"],
    ]


def test_the_first_bytes_come_before_the_first_row_is_asked_for() -> None:
    asked: list[int] = []

    def rows() -> Iterator[list[Cell]]:
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
