"""Beneficiaries to import, and what a family finds in its mail: the typed code and the picture of the QR."""

import csv
import io
import re
import zlib
from dataclasses import dataclass

import zxingcpp
from PIL import Image

from deploy.driver.outbox import Mail, flat

HEADINGS = ("matricule", "identifiant_enfant", "nom", "prenom", "date_naissance", "quotient_familial", "email")
MAIL_SAYS = "Code à saisir"
CHILDREN = (
    ("Benali", "Lina"), ("Costa", "Tiago"), ("Diallo", "Aminata"), ("Durand", "Louise"), ("Fofana", "Ibrahim"),
    ("Garcia", "Inès"), ("Haddad", "Yanis"), ("Kone", "Mariam"), ("Leroy", "Gabriel"), ("Moreau", "Jade"),
    ("Nguyen", "Kim"), ("Petit", "Hugo"), ("Rossi", "Alba"), ("Sow", "Moussa"), ("Traoré", "Awa"),
    ("Vidal", "Noé"), ("Weber", "Emma"), ("Yilmaz", "Eren"), ("Zidi", "Sarah"), ("Martin", "Léo"),
    ("Bernard", "Zoé"), ("Thomas", "Adam"), ("Robert", "Mila"), ("Richard", "Sacha"),
)  # fmt: skip


@dataclass(frozen=True)
class Pass:
    """One child's pass as its family holds it."""

    code: str
    qr: str
    balance_cents: int


def family_email(index: int, mark: str = "") -> str:
    """Where the index-th family is written to; `mark` keeps the families of several runs on one platform apart."""
    return f"famille{index:02d}{mark}@famille.example"


def beneficiaries(count: int, first_birth_year: int, mark: str = "") -> bytes:
    """A CSV file as the Caf's own system exports it, of made-up children."""
    first_reference = 9_300_000 + 100 * (zlib.crc32(mark.encode()) % 6_000)
    text = io.StringIO()
    lines = csv.writer(text, delimiter=";")
    lines.writerow(HEADINGS)
    for index in range(count):
        last_name, first_name = CHILDREN[index % len(CHILDREN)]
        birth = f"{index % 28 + 1:02d}/{index % 12 + 1:02d}/{first_birth_year + index % 8}"
        references = (f"{first_reference + index}", f"{first_reference + index}-1")
        lines.writerow([*references, last_name, first_name, birth, 300 + 50 * (index % 12), family_email(index, mark)])
    return text.getvalue().encode("utf-8")


def pass_in(mail: Mail) -> Pass:
    """The pass that a mail brings: the code in its text, the QR read from the picture. Raises LookupError."""
    code = re.search(r"Code à saisir[^:]*: ?([0-9A-Z]{4}[ -]?[0-9A-Z]{4}[ -]?[0-9A-Z]{4})", flat(mail.text))
    amount = re.search(r"de ([\d   ]+),(\d\d) ?€", flat(mail.text))
    if code is None or amount is None:
        raise LookupError(f"no code or amount in the mail «{mail.subject}»")
    cents = int(re.sub(r"\D", "", amount[1]) + amount[2])
    return Pass(re.sub(r"[ -]", "", code[1]), qr_in(mail), cents)


def qr_in(mail: Mail) -> str:
    """What the QR code in the attached picture says. Raises LookupError."""
    for name, content in mail.attachments:
        if name.lower().endswith(".png"):
            found = zxingcpp.read_barcodes(Image.open(io.BytesIO(content)))
            if found:
                return str(found[0].text)
    raise LookupError(f"no readable QR in the mail «{mail.subject}»")
