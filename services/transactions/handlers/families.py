"""What a family does on its page, which it reaches by the link in its mails."""

import io
from typing import Any

from services.chassis.database import BoundDatabase, Context, UnitOfWork
from services.chassis.files import FileStore
from services.transactions import documents, seals
from services.transactions.domain.refusals import LinkUnknown, PassUnknown, TransactionUnknown
from services.transactions.domain.retention import DRAWN_PASS
from services.transactions.handlers import contestations, passes
from services.transactions.handlers.files import put
from services.transactions.repository import families, transactions
from services.transactions.repository import passes as pass_rows


def _family_id(uow: UnitOfWork, link: str) -> str:
    """Raises LinkUnknown."""
    family_id, version = seals.read_family_link(link)
    row = families.by_id(uow.connection, family_id)
    if row is None or row["link_version"] != version:
        raise LinkUnknown
    return family_id


def page(uow: UnitOfWork, link: str) -> dict[str, Any]:
    """Passes with their history. Raises LinkUnknown."""
    family_id = _family_id(uow, link)
    row = families.by_id(uow.connection, family_id) or {}
    return {
        "passes": [passes.with_history(uow, one) for one in pass_rows.of_family(uow.connection, family_id)],
        "debit_mails": row["debit_mails"],
    }


def _own_pass(uow: UnitOfWork, link: str, pass_id: str) -> dict[str, Any]:
    family_id = _family_id(uow, link)
    row = pass_rows.by_id(uow.connection, pass_id)
    if row is None or row["family_id"] != family_id:
        raise PassUnknown
    return row


def renew_pass(uow: UnitOfWork, *, link: str, pass_id: str) -> dict[str, Any]:
    """A lost QR. Raises LinkUnknown, PassUnknown, PassRevoked or RenewedTooOften."""
    _own_pass(uow, link, pass_id)
    passes.check_not_too_often(uow, pass_id)
    return passes.rotate(uow, pass_id)


def document(
    database: BoundDatabase, store: FileStore, call: Context, *, link: str, pass_id: str, kind: str
) -> dict[str, Any]:
    """The pass as PDF or PNG, put into the store. Raises LinkUnknown or PassUnknown."""
    with database.unit_of_work(call) as uow:
        told = passes.told(_own_pass(uow, link, pass_id))
    made = documents.pass_pdf(told) if kind == "pdf" else documents.pass_png(told)
    with database.unit_of_work(call) as uow:
        stored = put(uow, store, lambda: io.BytesIO(made), DRAWN_PASS)
    media_type = "application/pdf" if kind == "pdf" else "image/png"
    return {
        "sha256": stored.sha256,
        "filename": f"pass-{told['code'][:4].lower()}.{kind}",
        "media_type": media_type,
    }


def contest(uow: UnitOfWork, *, link: str, number: str, reason: str) -> dict[str, Any]:
    """«ce n'est pas moi». Raises LinkUnknown, TransactionUnknown, AlreadyContested or AlreadyCancelled."""
    family_id = _family_id(uow, link)
    row = transactions.by_number(uow.connection, number, lock=True)
    owner = pass_rows.by_id(uow.connection, row["pass_id"]) if row else None
    if row is None or owner is None or owner["family_id"] != family_id:
        raise TransactionUnknown
    return contestations.open_one(uow, row, opened_by="family", reason=reason)


def choose_debit_mails(uow: UnitOfWork, *, link: str, wanted: bool) -> dict[str, Any]:
    family_id = _family_id(uow, link)
    families.change(uow.connection, family_id, debit_mails=wanted)
    return page(uow, link)
