"""Slips and their tables: made when first asked for or ahead by a worker, then kept by hash."""

import io
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from services.chassis.config import settings
from services.chassis.database import BoundDatabase, UnitOfWork
from services.chassis.files import FileStore
from services.payouts import off_loop, slips
from services.payouts.domain.refusals import BankFileNotReady, BatchUnknown, PayoutUnknown
from services.payouts.domain.states import BatchState
from services.payouts.models import BankAccount, BankFile, Batch, Line, Payout, PayoutDocument, PayoutLine

AHEAD = 50
"""Slips made ahead between two looks at what is left."""


def document(
    database: BoundDatabase, store: FileStore, payout_id: str, kind: str, structure_id: str | None = None
) -> dict[str, str]:
    """A payout's slip (``pdf``) or its lines (``csv``, ``xlsx``). With ``structure_id``, only that structure's
    payouts. Raises PayoutUnknown."""
    with database.unit_of_work() as uow:
        payout = released_payout(uow, payout_id, structure_id)
        kept = uow.session.get(PayoutDocument, (payout_id, kind))
        sha256 = kept.sha256 if kept else None
        slip = None if kept else slip_of(uow, payout)
        number = payout.slip_number
    if slip is not None:
        sha256 = _make(database, store, payout_id, kind, slip)
    return {"sha256": sha256 or "", "filename": f"bordereau-{number}.{kind}", "media_type": slips.MEDIA_TYPES[kind]}


def payout_of_slip(uow: UnitOfWork, slip_number: str) -> str:
    """The payout whose slip has that number. Raises PayoutUnknown."""
    payout_id = uow.session.scalar(select(Payout.payout_id).where(Payout.slip_number == slip_number))
    if payout_id is None:
        raise PayoutUnknown
    return payout_id


def released_payout(uow: UnitOfWork, payout_id: str, structure_id: str | None) -> Payout:
    """A payout whose batch has been released. Raises PayoutUnknown, also for another structure's."""
    payout = uow.session.get(Payout, payout_id)
    if payout is None or structure_id not in (None, payout.structure_id):
        raise PayoutUnknown
    if uow.session.get_one(Batch, payout.batch_id).state == BatchState.PREPARED:
        raise PayoutUnknown
    return payout


def slip_of(uow: UnitOfWork, payout: Payout) -> slips.Slip:
    """All that a payout's slip tells."""
    batch = uow.session.get_one(Batch, payout.batch_id)
    account = uow.session.get_one(BankAccount, payout.bank_account_id)
    held = select(Line).join(PayoutLine, PayoutLine.line_id == Line.line_id)
    held = held.where(PayoutLine.payout_id == payout.payout_id).order_by(Line.occurred_at, Line.line_id)
    lines = [
        slips.SlipLine(
            line.kind, line.number, line.scheme, line.establishment_name, line.amount_cents, line.occurred_at
        )
        for line in uow.session.scalars(held)
    ]
    assert batch.execution_on is not None
    return slips.Slip(
        number=payout.slip_number,
        end_to_end_id=payout.end_to_end_id,
        batch_number=batch.number,
        partner_name=payout.partner_name,
        partner_number=payout.partner_number,
        iban_masked=account.iban_masked,
        execution_on=batch.execution_on,
        amount_cents=payout.amount_cents,
        caf_name=settings().caf_name,
        platform_name=settings().platform_name,
        lines=lines,
    )


def _make(database: BoundDatabase, store: FileStore, payout_id: str, kind: str, slip: slips.Slip) -> str:
    content = off_loop.run(slips.MAKERS[kind], slip)
    stored = store.put(io.BytesIO(content))
    with database.unit_of_work() as uow:
        row = {"payout_id": payout_id, "kind": kind, "sha256": stored.sha256, "size": stored.size}
        uow.session.execute(upsert(PayoutDocument).values(**row).on_conflict_do_nothing())
        if kind == "pdf":
            uow.session.execute(update(Payout).where(Payout.payout_id == payout_id).values(slip_made=True))
    return stored.sha256


def make_slips_ahead(database: BoundDatabase, store: FileStore) -> int:
    """Make slips that nobody has asked for yet, some at a time; returns how many."""
    with database.unit_of_work() as uow:
        missing = (
            select(Payout)
            .join(Batch, Batch.batch_id == Payout.batch_id)
            .where(Batch.state == BatchState.ORDERED, ~Payout.slip_made)
            .limit(AHEAD)
        )
        wanted = [(payout.payout_id, slip_of(uow, payout)) for payout in uow.session.scalars(missing)]
    for payout_id, slip in wanted:
        _make(database, store, payout_id, "pdf", slip)
    return len(wanted)


def bank_file(uow: UnitOfWork, batch_id: str, sequence: int) -> dict[str, Any]:
    """One pain.001 message of a batch. Raises BatchUnknown, BankFileNotReady."""
    if uow.session.get(Batch, batch_id) is None:
        raise BatchUnknown
    found = uow.session.get(BankFile, (batch_id, sequence))
    if found is None:
        raise BankFileNotReady
    uow.audit("batch:download_bank_file", batch_id, sequence=sequence, sha256=found.sha256)
    return {"sha256": found.sha256, "filename": f"{found.message_id}.xml", "media_type": "application/xml"}
