"""What holds for a mail that a service has written: its two parts, its names, where it leads, what it keeps to itself.

How every template looks is `tests/unit/chassis/test_every_mail.py`'s; here are mails as people get them, written by the
services' own use cases."""

import email
import email.policy
import re
from collections.abc import Iterable
from email.message import EmailMessage
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lxml import html as lxml_html
from sqlalchemy import select

from deploy.access import allowed_roles
from gateway.app import create_app
from services.chassis import mail
from services.chassis.database import BoundDatabase
from services.chassis.files import FileStore
from services.chassis.tables import mail as table

SERVICES = Path(mail.SERVICES)
LEFT_OVER = re.compile(r"\{[{%]|\bNone\b|\bUndefined\b|\bnull\b|datetime\.|00:00:00|\+00:00")
"""What a reader gets when a value was forgotten or not put into words."""
EVERYBODY = {"visitor"}
READERS = {
    "partner": EVERYBODY | {"person", "unpersonalised", "legal_representative"},
    "agent": EVERYBODY | {"agent", "instructor", "signatory"},
    "family": EVERYBODY | {"family"},
}
"""The roles with which who reads a mail may follow its links."""


def templates(service: str) -> list[str]:
    """The names of all mails of a service."""
    return sorted(path.stem for path in (SERVICES / service / "mails").glob("*.txt"))


def text_of(message: EmailMessage) -> str:
    return _part(message, "plain")


def html_of(message: EmailMessage) -> str:
    return _part(message, "html")


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None, f"«{message['Subject']}» has no {kind} part"
    return str(part.get_content())


def shown(message: EmailMessage) -> str:
    """The words that a reader sees of the HTML part, with plain spaces."""
    (card,) = lxml_html.fromstring(html_of(message)).find_class("card")
    for broken in card.iter("br"):
        broken.tail = f" {broken.tail or ''}"
    return plain(card.text_content())


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def links(message: EmailMessage) -> set[str]:
    """Every address in either part."""
    written = re.findall(r"\w+://[^\s<>\"]+", text_of(message))
    return {*written, *(link.get("href") or "" for link in lxml_html.fromstring(html_of(message)).iter("a"))}


def written(database: BoundDatabase) -> dict[str, list[EmailMessage]]:
    """What a service's use cases have written so far, by template, as the courier would send it."""
    found: dict[str, list[EmailMessage]] = {}
    with database.unit_of_work() as uow:
        rows = uow.connection.execute(select(table).order_by(table.c.id)).mappings().all()
    for row in rows:
        letter = mail.unseal(database.service, row["id"], row["sealed"])
        raw = mail.compose(letter, row["id"], row["created_at"], FileStore()).as_bytes()
        found.setdefault(row["template"], []).append(email.message_from_bytes(raw, policy=email.policy.default))  # type: ignore[arg-type]
    return found


@lru_cache(maxsize=1)
def _gateway() -> Any:
    return create_app(bus=object())


def roles_at(path: str) -> frozenset[str]:
    """Who may open this page; raises werkzeug's NotFound where there is none."""
    endpoint, _ = _gateway().url_map.bind("example.org").match(path, method="GET")
    return frozenset(allowed_roles(_gateway().view_functions[endpoint]))


def judge(
    message: EmailMessage,
    *,
    reader: str,
    base_url: str,
    says: Iterable[str] = (),
    secrets: Iterable[str] = (),
) -> None:
    """Both parts are there and finished, name what they are about, lead to pages that their reader may open, and hold
    none of these secrets."""
    subject, text, html = str(message["Subject"]), text_of(message), html_of(message)
    assert message.get_content_type() in ("multipart/alternative", "multipart/mixed")
    assert subject.strip() and not LEFT_OVER.search(f"{subject}\n{text}\n{shown(message)}")
    for words in map(plain, says):
        assert words in plain(f"{subject} {text}"), f"the text of «{subject}» doesn't say «{words}»"
        assert words in plain(f"{subject} {shown(message)}"), f"the HTML of «{subject}» doesn't say «{words}»"
    for link in links(message):
        address = urlsplit(link)
        assert link.startswith(f"{base_url}/") or link == base_url, f"«{subject}» leads to {link}"
        assert roles_at(address.path or "/") & READERS[reader], f"«{subject}» leads its reader to {address.path}"
    whole = f"{subject}{message.as_string()}{text}{html}"
    assert [secret for secret in secrets if secret in whole] == [], f"«{subject}» says too much"
