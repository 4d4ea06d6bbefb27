"""What other services announce: partners, conventions, payouts. Events may come twice, late, or out of order."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.chassis.database import UnitOfWork
from services.transactions.domain.states import TransactionState
from services.transactions.repository import days, partners


class TooEarly(Exception):
    """The payout's lines haven't been assigned yet: the event comes again a little later."""


def on_structure_updated(
    uow: UnitOfWork, at: datetime, *, structure_id: UUID, name: str, partner_number: str | None
) -> None:
    partners.name_structure(uow.connection, str(structure_id), name, partner_number, at)


def on_establishment_saved(uow: UnitOfWork, at: datetime, **saved: Any) -> None:
    row = saved | {
        "structure_id": str(saved["structure_id"]),
        "establishment_id": str(saved["establishment_id"]),
        "commune_name": saved["commune_name"] or "",
        "saved_at": at,
    }
    partners.save_establishment(uow.connection, row)


def on_convention_activated(
    uow: UnitOfWork, at: datetime, *, structure_id: UUID, partner_number: str, effective_on: date
) -> None:
    partners.activate(uow.connection, str(structure_id), partner_number, effective_on, at)


def on_convention_terminated(uow: UnitOfWork, at: datetime, *, structure_id: UUID, effective_on: date) -> None:
    partners.terminate(uow.connection, str(structure_id), effective_on, at)


def on_convention_termination_withdrawn(uow: UnitOfWork, at: datetime, *, structure_id: UUID) -> None:
    partners.keep(uow.connection, str(structure_id), at)


def on_payout_lines_assigned(
    uow: UnitOfWork, *, payout_id: UUID, slip_number: str, structure_id: UUID, transaction_ids: list[UUID]
) -> None:
    """The transactions are in a payout now, and have its slip's number."""
    days.assign(uow.connection, str(payout_id), slip_number, [str(one) for one in transaction_ids])


def on_payout_state_changed(
    uow: UnitOfWork, *, payout_id: UUID, structure_id: UUID, state: str, transaction_ids: list[UUID]
) -> None:
    """The bank has paid, or returned the money. Raises TooEarly while the lines aren't assigned."""
    payout = str(payout_id)
    ids = [str(one) for one in transaction_ids] or days.of_payout(uow.connection, payout)
    for _, stands, holder in days.standing(uow.connection, ids):
        if holder != payout and stands in (TransactionState.LOCKED, TransactionState.RETURNED):
            raise TooEarly(payout)
    days.settle(uow.connection, payout, TransactionState(state), ids)
