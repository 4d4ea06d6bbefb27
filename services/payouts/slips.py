"""Payment slips («bordereaux de paiement») and the same lines as CSV and XLSX.

No first or last name of anybody is ever on them (guide, «Suivre ses demandes de remboursement»): what they print comes
from lines, which hold none. The same payout always gives the same bytes.
"""

import csv
import io
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import typst
import xlsxwriter
from text_unidecode import unidecode

from services.chassis import clock
from services.chassis.spreadsheets import harmless
from services.payouts.domain import french

_TEMPLATE = Path(__file__).with_name("slip.typ")
HEADINGS = ("Date", "Transaction", "Nature", "Dispositif", "Établissement", "Montant")
_KINDS = {"transaction": "Transaction", "correction": "Correction"}
TOTAL_KEYWORD = "total-cents:"


@dataclass(frozen=True)
class SlipLine:
    """One line of a slip."""

    kind: str
    number: str
    scheme: str
    establishment_name: str
    amount_cents: int
    occurred_at: datetime

    @property
    def on(self) -> date:
        return clock.paris(self.occurred_at).date()


@dataclass(frozen=True)
class Slip:
    """All that a slip tells."""

    number: str
    end_to_end_id: str
    batch_number: str
    partner_name: str
    partner_number: str
    iban_masked: str
    execution_on: date
    amount_cents: int
    caf_name: str
    platform_name: str
    lines: Sequence[SlipLine]


_PRINTED = re.compile(r"[\u0020-\u007e\u00a0-\u017f\u2010-\u2014\u2018-\u201e\u2022\u2026\u202f\u20ac\u2212]")


def printed(text: str) -> str:
    """The text in characters that the slip's font has: PDF/UA-1 refuses a character that can't be shown."""
    composed = unicodedata.normalize("NFC", text)
    spelled = "".join(sign if _PRINTED.match(sign) else unidecode(sign) for sign in composed)
    return "".join(sign for sign in spelled if _PRINTED.match(sign)).strip() or "–"


def _rows(lines: Sequence[SlipLine]) -> list[list[str]]:
    return [
        [
            french.day(line.on),
            printed(line.number),
            printed(line.scheme),
            printed(line.establishment_name),
            french.euros(line.amount_cents),
        ]
        for line in lines
    ]


def _sum(lines: Sequence[SlipLine]) -> str:
    return french.euros(sum(line.amount_cents for line in lines))


def _content(slip: Slip) -> dict[str, Any]:
    transactions = [line for line in slip.lines if line.kind == "transaction"]
    corrections = [line for line in slip.lines if line.kind == "correction"]
    facts = [
        ("Partenaire", printed(slip.partner_name)),
        ("Numéro partenaire", printed(slip.partner_number)),
        ("Date d’exécution", french.day(slip.execution_on)),
        ("Lot de remboursement", slip.batch_number),
        ("Référence du virement", slip.end_to_end_id),
        ("Compte crédité", printed(slip.iban_masked)),
    ]
    return {
        "title": f"Bordereau de paiement {slip.number}",
        "number": slip.number,
        "caf": printed(slip.caf_name),
        "platform": printed(slip.platform_name),
        "day": [slip.execution_on.year, slip.execution_on.month, slip.execution_on.day],
        "keywords": [f"{TOTAL_KEYWORD}{slip.amount_cents}", f"lines:{len(slip.lines)}"],
        "facts": facts,
        "transactions": _rows(transactions),
        "transactions_total": _sum(transactions),
        "corrections": _rows(corrections),
        "corrections_total": _sum(corrections),
        "total": french.euros(slip.amount_cents),
    }


def as_pdf(slip: Slip) -> bytes:
    """PDF/UA-1: tagged, titled, in French, readable by ear."""
    made = typst.compile(
        str(_TEMPLATE),
        ignore_system_fonts=True,
        pdf_standards=["ua-1"],
        sys_inputs={"slip": json.dumps(_content(slip), ensure_ascii=False)},
        timestamp=datetime(slip.execution_on.year, slip.execution_on.month, slip.execution_on.day, tzinfo=UTC),
    )
    return bytes(made)


def _cells(line: SlipLine) -> list[str]:
    return [harmless(text) for text in (line.number, _KINDS[line.kind], line.scheme, line.establishment_name)]


def as_csv(slip: Slip) -> bytes:
    """Semicolons and decimal commas, with a byte order mark: what a French spreadsheet opens without questions."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow([*HEADINGS, "Bordereau"])
    for line in slip.lines:
        writer.writerow([french.day(line.on), *_cells(line), french.decimal(line.amount_cents), slip.number])
    return b"\xef\xbb\xbf" + text.getvalue().encode("utf-8")


def as_xlsx(slip: Slip) -> bytes:
    """One sheet, dates and amounts as numbers, the total below."""
    target = io.BytesIO()
    options = {"constant_memory": True, "in_memory": False, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(target, options)
    book.set_properties({"title": f"Bordereau {slip.number}", "created": datetime(2000, 1, 1)})  # noqa: DTZ001
    sheet = book.add_worksheet("Bordereau")
    day, money = book.add_format({"num_format": "dd/mm/yyyy"}), book.add_format({"num_format": '# ##0.00 "€"'})
    bold = book.add_format({"bold": True})
    sheet.write_row(0, 0, HEADINGS, bold)
    for row, line in enumerate(slip.lines, start=1):
        sheet.write_datetime(row, 0, datetime(line.on.year, line.on.month, line.on.day), day)  # noqa: DTZ001
        sheet.write_row(row, 1, _cells(line))
        sheet.write_number(row, 5, line.amount_cents / 100, money)
    last = len(slip.lines) + 1
    sheet.write_string(last, 4, f"Total {slip.number}", bold)
    sheet.write_number(last, 5, slip.amount_cents / 100, money)
    book.close()
    return target.getvalue()


MEDIA_TYPES = {
    "pdf": "application/pdf",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
MAKERS = {"pdf": as_pdf, "csv": as_csv, "xlsx": as_xlsx}
