"""An XLSX workbook that is written while its rows come: the first bytes leave before the rows are read.

XLSX is a zip of XML files (ECMA-376). Both can be written forwards only: each member's sizes stand behind it, and what
counts the sheets comes last. Memory stays the same whatever the number of rows.
"""

import itertools
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from services.chassis.spreadsheets import harmless

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHEET_ROWS = 500_000
"""Rows of one sheet; more go on another. Excel takes twice as many, but a sheet's XML must stay below the 2 GiB from
which zip needs extensions that Excel doesn't read."""
CHUNK = 64 * 1024
_FASTEST = 1  # XML is so repetitive that better compression costs much and saves little

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_BOLD, _EUROS, _MINUTE = 1, 2, 3  # positions in the styles' <cellXfs>

_KNOWN_BEFOREHAND = {
    "[Content_Types].xml": (  # whatever is XML and nothing else is a sheet: their number isn't known yet
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="{_TYPE}.worksheet+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_RELATIONS}">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/styles.xml": (
        f'<styleSheet xmlns="{_MAIN}">'
        '<numFmts count="2"><numFmt numFmtId="164" formatCode="#,##0.00&quot; €&quot;"/>'
        '<numFmt numFmtId="165" formatCode="dd/mm/yyyy hh:mm"/></numFmts>'
        '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
        '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        '<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
        '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
        '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
        '<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    ),
}


class Euros(NamedTuple):
    """A cell that is a sum of money, in cents; the sheet shows euros and can add them up."""

    cents: int


Cell = str | Euros | datetime | None
"""A moment is shown to the minute, as its wall clock says; the sheet can sort and filter by it."""
_DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - spreadsheets count days of a wall clock from here
_DAY = timedelta(days=1)


class _Outgoing:
    """What the zip has written and nobody has taken yet. It can't be sought in, so that the zip only goes forwards."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, piece: bytes) -> int:
        self._written += piece
        return len(piece)

    def flush(self) -> None:
        """Nothing waits elsewhere."""

    def __len__(self) -> int:
        return len(self._written)

    def taken(self) -> bytes:
        piece = bytes(self._written)
        self._written.clear()
        return piece


def pieces(title: str, labels: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """The workbook, piece by piece: `labels` in bold above the `rows`, on as many sheets as these need."""
    outgoing = _Outgoing()
    with zipfile.ZipFile(outgoing, "w", zipfile.ZIP_DEFLATED, compresslevel=_FASTEST) as book:  # type: ignore[call-overload]
        _add(book, _KNOWN_BEFOREHAND)
        yield outgoing.taken()
        sheets = 0
        for sheets, some in enumerate(_sheets(rows), start=1):
            with book.open(f"xl/worksheets/sheet{sheets}.xml", "w") as sheet:
                for text in _sheet(labels, some):
                    sheet.write(text.encode())
                    if len(outgoing) > CHUNK:
                        yield outgoing.taken()
        _add(book, _counting(title, sheets))
    yield outgoing.taken()


def _sheets(rows: Iterable[Sequence[Cell]]) -> Iterator[Iterable[Sequence[Cell]]]:
    """The rows of each sheet; one empty sheet if there are none. A workbook needs one."""
    coming = iter(rows)
    first = list(itertools.islice(coming, 1))
    yield itertools.islice(itertools.chain(first, coming), SHEET_ROWS)
    while first := list(itertools.islice(coming, 1)):
        yield itertools.islice(itertools.chain(first, coming), SHEET_ROWS)


def _add(book: zipfile.ZipFile, members: dict[str, str]) -> None:
    for name, text in members.items():
        book.writestr(name, _XML + text)


def _sheet(labels: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    yield (
        f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f'<cols><col min="1" max="{len(labels)}" width="20" customWidth="1"/></cols><sheetData>'
    )
    yield _row(1, labels, _BOLD)
    for number, cells in enumerate(rows, start=2):
        yield _row(number, cells)
    yield "</sheetData></worksheet>"


def _row(number: int, cells: Sequence[Cell], style: int = 0) -> str:
    return f'<row r="{number}">{"".join(_cell(cell, style) for cell in cells)}</row>'


def _cell(cell: Cell, style: int) -> str:
    if isinstance(cell, Euros):
        return f'<c s="{_EUROS}"><v>{cell.cents / 100}</v></c>'
    if isinstance(cell, datetime):
        return f'<c s="{_MINUTE}"><v>{(cell.replace(tzinfo=None) - _DAY_ZERO) / _DAY}</v></c>'
    if not cell:
        return "<c/>"
    text = escape(_FORBIDDEN.sub("", harmless(cell)))
    return f'<c t="inlineStr" s="{style}"><is><t xml:space="preserve">{text}</t></is></c>'


_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML 1.0 doesn't have (§2.2)."""


def _counting(title: str, sheets: int) -> dict[str, str]:
    """The members that say how many sheets there are."""
    numbers = range(1, sheets + 1)
    listed = "".join(
        f'<sheet name={quoteattr(f"{title} {n}" if n > 1 else title)} sheetId="{n}" r:id="rId{n}"/>' for n in numbers
    )
    related = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    styles = f'<Relationship Id="rId{sheets + 1}" Type="{_OFFICE}/styles" Target="styles.xml"/>'
    return {
        "xl/workbook.xml": (
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><bookViews><workbookView/></bookViews>'
            f"<sheets>{listed}</sheets></workbook>"
        ),
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_RELATIONS}">{related}{styles}</Relationships>',
    }
