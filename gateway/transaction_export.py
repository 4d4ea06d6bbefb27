"""«Exporter»: the filtered list as CSV or XLSX, page by page, in bounded memory whatever its length."""

import csv
import io
import tempfile
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import xlsxwriter
from flask import Response, stream_with_context
from flask_babel import gettext as _

from gateway.access import renew_viewer
from gateway.clients.transactions import CafTransactionsClient, TransactionsClient
from gateway.formatting import instant, status_label
from gateway.transaction_people import names_of, operator_name
from gateway.translation import N_
from services.chassis import clock
from services.chassis.spreadsheets import harmless

BATCH = 500
XLSX_ROWS = 1_048_575
"""An Excel sheet holds no more rows; the CSV has no limit."""
CHUNK = 64 * 1024

Row = dict[str, Any]
Lister = TransactionsClient | CafTransactionsClient


class Column(NamedTuple):
    label: str
    value: Callable[[Row, dict[str, str]], Any]


COLUMNS = (
    Column(N_("Date"), lambda row, names: instant(row["recorded_at"])),
    Column(N_("Numéro"), lambda row, names: row["number"]),
    Column(N_("Dispositif"), lambda row, names: row["scheme"]),
    Column(N_("Nom de l’enfant"), lambda row, names: row["beneficiary"]["last_name"]),
    Column(N_("Prénom de l’enfant"), lambda row, names: row["beneficiary"]["first_name"]),
    Column(N_("Structure"), lambda row, names: row["structure_name"]),
    Column(N_("Établissement"), lambda row, names: row["establishment_name"]),
    Column(N_("Opérateur"), operator_name),
    Column(N_("Montant"), lambda row, names: row["amount_cents"]),
    Column(N_("État"), lambda row, names: status_label(row["state"], "transaction")),
    Column(N_("Bordereau de paiement"), lambda row, names: row["slip_number"]),
)
AMOUNT = next(index for index, column in enumerate(COLUMNS) if column.label == "Montant")


def rows(asked: dict[str, Any], client: type[Lister]) -> Iterator[list[Any]]:
    """The cells of each transaction, newest first; the viewer is asked for again at each page of the list."""
    cursor = None
    while True:
        renew_viewer()
        page = client().transactions(cursor=cursor, limit=BATCH, **asked)
        names = names_of(page["items"])
        for item in page["items"]:
            yield [column.value(dict(item), names) for column in COLUMNS]
        cursor = page["next_cursor"]
        if not cursor:
            return


def _labels() -> list[str]:
    return [_(column.label) for column in COLUMNS]


def csv_lines(asked: dict[str, Any], client: type[Lister] = TransactionsClient) -> Iterator[str]:
    """UTF-8 with a mark and `;`, so that a French spreadsheet opens it as it is."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    buffer.write("\ufeff")
    writer.writerow(_labels())
    for cells in rows(asked, client):
        cells[AMOUNT] = f"{cells[AMOUNT] / 100:.2f}".replace(".", ",")
        writer.writerow([harmless(cell) if cell is not None else "" for cell in cells])
        if buffer.tell() > CHUNK:
            yield _emptied(buffer)
    yield _emptied(buffer)


def _emptied(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def csv_response(asked: dict[str, Any], client: type[Lister] = TransactionsClient) -> Response:
    body = stream_with_context(csv_lines(asked, client))
    return _attachment(Response(body, mimetype="text/csv; charset=utf-8"), "csv")


def xlsx_response(asked: dict[str, Any], client: type[Lister] = TransactionsClient) -> Response:
    """XLSX is a zip whose end comes last: written aside row by row, then streamed."""
    aside = tempfile.TemporaryFile()  # noqa: SIM115 (closed when the last chunk has been sent)
    _write_workbook(aside, asked, client)
    aside.seek(0)
    mimetype = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return _attachment(Response(_chunks(aside), mimetype=mimetype), "xlsx")


def _write_workbook(target: Any, asked: dict[str, Any], client: type[Lister]) -> None:
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as book:
        sheet = book.add_worksheet(_("Transactions"))
        bold, euros = book.add_format({"bold": True}), book.add_format({"num_format": "# ##0.00 €"})
        sheet.write_row(0, 0, _labels(), bold)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(COLUMNS) - 1, 20)
        for index, cells in enumerate(rows(asked, client), start=1):
            if index > XLSX_ROWS:
                break
            amount_cents = cells[AMOUNT]
            cells[AMOUNT] = None
            sheet.write_row(index, 0, [harmless(cell) for cell in cells])
            sheet.write_number(index, AMOUNT, amount_cents / 100, euros)


def _chunks(aside: Any) -> Iterator[bytes]:
    with aside:
        while chunk := aside.read(CHUNK):
            yield chunk


def _attachment(response: Response, extension: str) -> Response:
    name = f"transactions-{clock.today().isoformat()}.{extension}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
