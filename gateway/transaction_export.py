"""«Exporter»: the filtered list as CSV or XLSX, sent while its pages are read, in bounded memory whatever its length.

The first page is read before the answer begins, so that a refusal is told as a page. What fails later breaks the
download off: half a list must not look like a whole one.
"""

import csv
import io
import itertools
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from flask import Response, stream_with_context
from flask_babel import gettext as _

from gateway import workbook
from gateway.access import renew_viewer
from gateway.clients.transactions import CafTransactionsClient, TransactionsClient
from gateway.formatting import status_label
from gateway.transaction_people import names_of, operator_name
from gateway.translation import N_
from gateway.workbook import Cell, Euros
from services.chassis import clock
from services.chassis.spreadsheets import harmless

BATCH = 500
CHUNK = 64 * 1024

Row = dict[str, Any]
Lister = TransactionsClient | CafTransactionsClient


class Column(NamedTuple):
    label: str
    value: Callable[[Row, dict[str, str]], Cell]


COLUMNS = (
    Column(N_("Date"), lambda row, names: clock.paris(datetime.fromisoformat(row["recorded_at"]))),
    Column(N_("Numéro"), lambda row, names: row["number"]),
    Column(N_("Dispositif"), lambda row, names: row["scheme"]),
    Column(N_("Nom de l’enfant"), lambda row, names: row["beneficiary"]["last_name"]),
    Column(N_("Prénom de l’enfant"), lambda row, names: row["beneficiary"]["first_name"]),
    Column(N_("Structure"), lambda row, names: row["structure_name"]),
    Column(N_("Établissement"), lambda row, names: row["establishment_name"]),
    Column(N_("Opérateur"), operator_name),
    Column(N_("Montant"), lambda row, names: Euros(row["amount_cents"])),
    Column(N_("État"), lambda row, names: status_label(row["state"], "transaction")),
    Column(N_("Bordereau de paiement"), lambda row, names: row["slip_number"]),
)


def rows(asked: dict[str, Any], client: type[Lister]) -> Iterator[list[Cell]]:
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


def _begun(asked: dict[str, Any], client: type[Lister]) -> Iterator[list[Cell]]:
    """The same rows, with the first page read already."""
    coming = rows(asked, client)
    return itertools.chain(list(itertools.islice(coming, 1)), coming)


def _labels() -> list[str]:
    return [_(column.label) for column in COLUMNS]


def csv_response(asked: dict[str, Any], client: type[Lister] = TransactionsClient) -> Response:
    body = stream_with_context(_csv_pieces(_labels(), _begun(asked, client)))
    return _attachment(Response(body, mimetype="text/csv; charset=utf-8"), "csv")


def _csv_pieces(labels: list[str], coming: Iterable[list[Cell]]) -> Iterator[str]:
    """UTF-8 with a mark and `;`, so that a French spreadsheet opens it as it is."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    buffer.write("\ufeff")
    writer.writerow(labels)
    yield _emptied(buffer)
    for cells in coming:
        writer.writerow([harmless(_as_text(cell)) for cell in cells])
        if buffer.tell() > CHUNK:
            yield _emptied(buffer)
    yield _emptied(buffer)


def _as_text(cell: Cell) -> str:
    """As a French spreadsheet reads sums and moments."""
    if isinstance(cell, Euros):
        return f"{cell.cents / 100:.2f}".replace(".", ",")
    return f"{cell:%d/%m/%Y %H:%M}" if isinstance(cell, datetime) else cell or ""


def _emptied(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def xlsx_response(asked: dict[str, Any], client: type[Lister] = TransactionsClient) -> Response:
    body = stream_with_context(workbook.pieces(_("Transactions"), _labels(), _begun(asked, client)))
    return _attachment(Response(body, mimetype=workbook.MEDIA_TYPE), "xlsx")


def _attachment(response: Response, extension: str) -> Response:
    name = f"transactions-{clock.today().isoformat()}.{extension}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
