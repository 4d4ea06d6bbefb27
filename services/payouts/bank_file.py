"""pain.001.001.09: what is sent to the bank.

One message per batch, more if the bank's limits ask for it. The same batch always gives the same bytes, so that work
interrupted half-way may be done again. No postal address: unstructured ones are refused since November 2026, and none
is needed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path

import sepaxml
from lxml import etree
from sepaxml import SepaTransfer

SCHEMA = "pain.001.001.09"
NAMESPACE = f"urn:iso:std:iso:20022:tech:xsd:{SCHEMA}"
_NOT_SEPA = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]")
_MAX_NAME = 70


class BankFileInvalid(ValueError):
    """The message breaks the schema: nothing is sent. The text names the first broken element, never its content."""


@dataclass(frozen=True)
class Debtor:
    """Who pays: the Caf's account."""

    name: str
    iban: str
    bic: str


@dataclass(frozen=True)
class Transfer:
    """One payout as the bank sees it."""

    end_to_end_id: str
    amount_cents: int
    name: str
    iban: str
    bic: str | None
    slip_number: str


def message_id(batch_number: str, sequence: int) -> str:
    """The name of one message of a batch: at most 35 characters."""
    return f"{batch_number}-{sequence:02d}"


def sepa_text(text: str, limit: int = _MAX_NAME) -> str:
    """The text in the characters that every SEPA bank must accept (EPC217-08), shortened."""
    from text_unidecode import unidecode

    plain = _NOT_SEPA.sub(" ", unidecode(text))
    return " ".join(plain.split())[:limit].strip() or "-"


class _Message(SepaTransfer):
    """sepaxml's transfer message with a name and an instant of our own instead of random ones."""

    def __init__(self, debtor: Debtor, name: str, created_at: datetime):
        self._named, self._created_at = name, created_at
        config = {
            "name": sepa_text(debtor.name),
            "IBAN": debtor.iban,
            "BIC": debtor.bic,
            "batch": True,
            "currency": "EUR",
        }
        super().__init__(config, schema=SCHEMA, clean=False)

    def _create_header(self) -> None:
        self.msg_id = self._named
        super()._create_header()
        self._xml.find(".//CreDtTm").text = self._created_at.isoformat(timespec="seconds")

    def _finalize_batch(self) -> None:
        super()._finalize_batch()
        for element in self._xml.iter("PmtInfId"):
            element.text = self._named


def build(debtor: Debtor, name: str, created_at: datetime, execution_on: date, transfers: Sequence[Transfer]) -> bytes:
    """One validated message. Raises BankFileInvalid."""
    message = _Message(debtor, name, created_at)
    for transfer in transfers:
        payment = {
            "name": sepa_text(transfer.name),
            "IBAN": transfer.iban,
            "amount": transfer.amount_cents,
            "execution_date": execution_on,
            "description": sepa_text(f"Bordereau {transfer.slip_number}", 140),
            "endtoend_id": transfer.end_to_end_id,
        }
        message.add_payment(payment | ({"BIC": transfer.bic} if transfer.bic else {}))
    content: bytes = message.export(validate=False)
    check(content)
    return content


@cache
def _schema() -> etree.XMLSchema:
    folder = Path(sepaxml.__file__).parent / "schemas"
    return etree.XMLSchema(etree.parse(str(folder / f"{SCHEMA}.xsd")))


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)


def check(content: bytes) -> None:
    """Raise BankFileInvalid unless the message follows its schema."""
    schema = _schema()
    if not schema.validate(etree.fromstring(content, _parser())):
        error = schema.error_log[0]
        raise BankFileInvalid(f"{error.path} ({error.type_name})")


@dataclass(frozen=True)
class Read:
    """What a message orders, read back from its XML. ``transfers``: (EndToEndId, cents, IBAN)."""

    message_id: str
    transfer_count: int
    amount_cents: int
    execution_on: str
    transfers: list[tuple[str, int, str]]


def cents(text: str) -> int:
    """«1234.5» → 123450. Raises ValueError for more than two decimals or anything else than digits."""
    match = re.fullmatch(r"(\d{1,16})(?:\.(\d{1,2})0*)?", text.strip())
    if match is None:
        raise ValueError("not an amount")
    return int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0"))


def read(content: bytes) -> Read:
    """Read a message back, independently of how it was made."""
    root = etree.fromstring(content, _parser())
    spaces = {"p": NAMESPACE}

    def one(path: str, node: etree._Element = root) -> str:
        return str(node.findtext(path, namespaces=spaces) or "")

    transfers = [
        (one("p:PmtId/p:EndToEndId", node), cents(one("p:Amt/p:InstdAmt", node)), one(".//p:CdtrAcct//p:IBAN", node))
        for node in root.iterfind(".//p:CdtTrfTxInf", spaces)
    ]
    return Read(
        message_id=one(".//p:GrpHdr/p:MsgId"),
        transfer_count=int(one(".//p:GrpHdr/p:NbOfTxs")),
        amount_cents=cents(one(".//p:GrpHdr/p:CtrlSum")),
        execution_on=one(".//p:ReqdExctnDt/p:Dt"),
        transfers=transfers,
    )
