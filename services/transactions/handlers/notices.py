"""Mails to families: a new pass, a renewed one, a debit. Some at a time, from a list that survives a crash."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from services.chassis.config import settings
from services.chassis.database import BoundDatabase, UnitOfWork
from services.chassis.files import FileStore
from services.chassis.mail import Attachment
from services.transactions import documents, seals
from services.transactions.domain.retention import DRAWN_PASS
from services.transactions.handlers import passes
from services.transactions.handlers.contestations import decision_of
from services.transactions.handlers.files import put
from services.transactions.repository import families, transactions
from services.transactions.repository import passes as pass_rows

AT_ONCE = 20
"""Mails per tick: 72 000 an hour, and never more than a small share of a process that also serves desks."""
WITH_DOCUMENTS = frozenset({"issued", "renewed", "topped_up"})
UNWANTED = frozenset({"debit", "cancelled_debit"})
"""What a family can turn off; a new QR always comes."""
DECIDED = "contestation_decided"

Apart = Callable[..., Any]
"""Runs heavy work where it stalls nobody else: called with a function and its arguments."""


@dataclass
class Notice:
    """One mail on its way. ``known``: what the template needs."""

    notice_id: int
    kind: str
    to: str
    reference: str
    told: dict[str, Any]
    known: dict[str, Any]
    attachments: tuple[Attachment, ...] = ()


def send(database: BoundDatabase, store: FileStore, apart: Apart) -> int:
    """Store the next mails for sending; returns how many notices were dealt with. The documents are made between two
    transactions: the first looks, the second takes off the list what the first one saw."""
    with database.unit_of_work() as uow:
        waiting = families.next_notices(uow.connection, AT_ONCE)
        notices = _read(uow, waiting)
    for notice in notices:
        if notice.kind in WITH_DOCUMENTS:
            notice.attachments = _attachments(database, store, notice.told, apart)
    with database.unit_of_work() as uow:
        taken = families.take_notices(uow.connection, [row["notice_id"] for row in waiting])
        for notice in notices:
            if notice.notice_id in taken:
                _mail(uow, notice)
    return len(waiting)


def _read(uow: UnitOfWork, waiting: Sequence[dict[str, Any]]) -> list[Notice]:
    """The mails that are wanted, with what they tell; two questions, however many there are."""
    found = pass_rows.by_ids(uow.connection, (row["pass_id"] for row in waiting))
    debits = transactions.by_ids(uow.connection, (row["transaction_id"] for row in waiting if row["transaction_id"]))
    wanted = ((row, found.get(row["pass_id"])) for row in waiting)
    return [
        _notice(uow, row, its_pass, debits.get(row["transaction_id"]))
        for row, its_pass in wanted
        if its_pass and (its_pass["debit_mails"] or row["kind"] not in UNWANTED)
    ]


def _notice(uow: UnitOfWork, row: dict[str, Any], found: dict[str, Any], debit: dict[str, Any] | None) -> Notice:
    told = passes.told(found)
    link = seals.family_link(found["family_id"], found["link_version"])
    return Notice(
        notice_id=row["notice_id"],
        kind=row["kind"],
        to=seals.open_email(found["email_sealed"], found["family_id"]),
        reference=row["transaction_id"] or row["pass_id"],
        told=told,
        known={
            "first_name": told["beneficiary"]["first_name"],
            "pass": told,
            "link": f"{settings().base_url}/pass/{link}",
            "transaction": debit,
            "decision": decision_of(uow, row["transaction_id"]) if row["kind"] == DECIDED else None,
        },
    )


def _attachments(
    database: BoundDatabase, store: FileStore, told: dict[str, Any], apart: Apart
) -> tuple[Attachment, ...]:
    drawn = [apart(documents.pass_pdf, told), apart(documents.pass_png, told)]
    with database.unit_of_work() as uow:
        pdf, png = (put(uow, store, partial(io.BytesIO, one), DRAWN_PASS) for one in drawn)
    return (
        Attachment(pdf.sha256, "pass.pdf", "application/pdf"),
        Attachment(png.sha256, "pass.png", "image/png"),
    )


def _mail(uow: UnitOfWork, notice: Notice) -> None:
    uow.mail(
        to=notice.to,
        template=f"pass_{notice.kind}",
        context=notice.known,
        attachments=notice.attachments,
        reference=notice.reference,
    )
