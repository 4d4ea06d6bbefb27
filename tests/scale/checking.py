"""The independent accountant: adds up what left the platform, without a line of its code.

It reads the pain.001 messages with the standard library's XML parser, the slips' text with pypdf and the journal of
finance's consumer, and compares them with each other and with what was locked.
"""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import pypdf

_SPACES = re.compile(r"[\s\u00a0\u202f]+")
_TOTAL = re.compile(r"Totalduremboursement(−?[\d]+,\d\d)€")
_SUBTOTAL = re.compile(r"Sous-total(−?[\d]+,\d\d)€")
_NUMBER = re.compile(r"BP-\d{4}-\d{7}")
_REFERENCE = re.compile(r"Référenceduvirement(PSL-BP-\d{4}-\d{7})")
_LINE = re.compile(r"\d{2}/\d{2}/\d{4}(T-[0-9a-f]+)")


def cents_of_euros(text: str) -> int:
    """«1234,50» or «1234.50» → 123450."""
    return int(Decimal(text.replace("−", "-").replace(",", ".")) * 100)


def orders_of(messages: Iterable[bytes]) -> dict[str, int]:
    """EndToEndId → cents, over all messages; the control sums are checked on the way."""
    found: dict[str, int] = {}
    for message in messages:
        root = ET.fromstring(message)
        space = {"p": root.tag[1:].partition("}")[0]}
        orders = [
            (node.findtext("p:PmtId/p:EndToEndId", "", space), node.findtext("p:Amt/p:InstdAmt", "0", space))
            for node in root.iterfind(".//p:CdtTrfTxInf", space)
        ]
        told = root.findtext(".//p:GrpHdr/p:CtrlSum", "0", space)
        assert sum(cents_of_euros(amount) for _, amount in orders) == cents_of_euros(told)
        assert len(orders) == int(root.findtext(".//p:GrpHdr/p:NbOfTxs", "0", space))
        for reference, amount in orders:
            assert reference not in found
            found[reference] = cents_of_euros(amount)
    return found


def slip_of(path: Path) -> tuple[str, str, int, int]:
    """(slip number, reference of the transfer, total in cents, number of lines) as the PDF's text says; the sub-totals
    must add up to the total."""
    text = _SPACES.sub("", "".join(page.extract_text() for page in pypdf.PdfReader(path).pages))
    number, total = _NUMBER.search(text), _TOTAL.search(text)
    assert number and total, f"{path.name} lacks its number or its total"
    assert sum(cents_of_euros(part) for part in _SUBTOTAL.findall(text)) == cents_of_euros(total[1])
    reference = _REFERENCE.search(text)
    assert reference, f"{path.name} lacks the reference that the bank carries"
    return number[0], reference[1], cents_of_euros(total[1]), len(set(_LINE.findall(text)))


def announced_in(journal: Path) -> dict[str, dict]:
    """end_to_end_id → the data of its `payout_ordered.v1`; an event that comes twice in the journal is a fault."""
    events = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
    ids = [event["id"] for event in events]
    assert len(ids) == len(set(ids))
    ordered = [event["data"] for event in events if event["type"] == "payout_ordered.v1"]
    return {data["end_to_end_id"]: data for data in ordered}
