"""Looks into what a payment leaves: the bank file and the slip."""

import io
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

from lxml import etree
from pypdf import PdfReader

SEPA = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"


def amounts_in(bank_file: bytes) -> list[int]:
    """The transfers of a pain.001.001.09 message in cents, after validation against its schema.

    Raises lxml.etree.DocumentInvalid.
    """
    document = etree.fromstring(bank_file, etree.XMLParser(resolve_entities=False, no_network=True))
    schema().assertValid(document)
    return [int(Decimal(node.text or "") * 100) for node in document.iter(f"{{{SEPA}}}InstdAmt")]


def schema() -> etree.XMLSchema:
    """The message's schema, as sepaxml carries it."""
    return etree.XMLSchema(etree.parse(Path(str(files("sepaxml") / "schemas" / "pain.001.001.09.xsd"))))


def text_of(pdf: bytes) -> str:
    """All the text of a PDF."""
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
