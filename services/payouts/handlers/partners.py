"""What payouts learns of partners: their names and numbers, and the bank accounts that may be paid."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert as upsert

from services.chassis.database import UnitOfWork
from services.chassis.vault import Vault
from services.payouts.models import BankAccount, Partner

EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def remember_number(uow: UnitOfWork, structure_id: str, partner_number: str | None) -> None:
    """A structure's partner number; it never changes once given."""
    statement = upsert(Partner).values(structure_id=structure_id, partner_number=partner_number, updated_at=EPOCH)
    number = func.coalesce(Partner.partner_number, statement.excluded.partner_number)
    uow.session.execute(
        statement.on_conflict_do_update(
            index_elements=["structure_id"],
            set_={"partner_number": number},
            where=Partner.partner_number.is_(None),
        )
    )


def on_structure_updated(
    uow: UnitOfWork,
    at: datetime,
    *,
    structure_id: str,
    name: str,
    partner_number: str | None,
    commune_name: str | None,
    activities: list[Any],
) -> None:
    """Keep the latest of what a structure is called; an overtaken event changes nothing but a missing number."""
    remember_number(uow, structure_id, partner_number)
    changed = {
        "name": name,
        "commune_name": commune_name or "",
        "activities": [_activity_label(activity) for activity in activities],
        "updated_at": at,
    }
    later = Partner.structure_id == structure_id, Partner.updated_at < at
    uow.session.execute(update(Partner).where(*later).values(**changed))


def _activity_label(activity: Any) -> str:
    """An activity comes as a code, or as an object with a label."""
    if isinstance(activity, dict):
        return str(activity.get("label") or activity.get("code") or "")
    return str(activity)


def on_bank_account_verified(
    uow: UnitOfWork,
    *,
    structure_id: str,
    bank_account_id: str,
    version: int,
    iban_sealed: str,
    iban_masked: str,
    bic: str | None,
    holder: str,
    in_force_at: datetime,
) -> None:
    """Keep a verified version, its IBAN sealed with our own keys. Verified again later, it is in force again."""
    iban = Vault("transport").open(iban_sealed, table="bank_account", column="iban", row_id=bank_account_id)
    kept = {
        "iban_sealed": seal_iban(iban, bank_account_id),
        "iban_masked": iban_masked,
        "bic": bic,
        "holder": holder,
        "in_force_at": in_force_at,
        "suspended_at": None,
        "suspension_reason": None,
    }
    ids = {"bank_account_id": bank_account_id, "structure_id": structure_id, "version": version}
    statement = upsert(BankAccount).values(**ids, **kept)
    uow.session.execute(
        statement.on_conflict_do_update(
            index_elements=["bank_account_id"],
            set_=kept,
            where=BankAccount.in_force_at < in_force_at,
        )
    )


def seal_iban(iban: str, bank_account_id: str) -> str:
    """The IBAN as this service keeps it."""
    return Vault("payouts").seal(iban, table="bank_accounts", column="iban_sealed", row_id=bank_account_id)


def open_iban(account: BankAccount) -> str:
    """The IBAN in clear: for the bank file, never for a screen or a log."""
    return Vault("payouts").open(
        account.iban_sealed, table="bank_accounts", column="iban_sealed", row_id=account.bank_account_id
    )


def suspend(uow: UnitOfWork, bank_account_id: str, reason: str | None) -> None:
    """No payout goes to this account any more. Suspending it again changes nothing."""
    standing = BankAccount.bank_account_id == bank_account_id, BankAccount.suspended_at.is_(None)
    uow.session.execute(update(BankAccount).where(*standing).values(suspended_at=uow.now, suspension_reason=reason))
