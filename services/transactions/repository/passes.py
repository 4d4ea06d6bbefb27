"""Writing what happens to a pass outside the hot path: give back, top up, ledger rows, notices."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from services.transactions.models import Beneficiary, Family, FamilyNotice, LedgerEntry, Pass, PassCode, Season

_FULL = (
    select(
        *Pass.__table__.c,
        Beneficiary.identity_sealed,
        Beneficiary.family_id,
        Family.email_sealed,
        Family.debit_mails,
        Family.link_version,
        Season.scheme,
        Season.name.label("season"),
        Season.state.label("season_state"),
        Season.starts_on,
        Season.ends_on,
    )
    .join(Beneficiary, Beneficiary.beneficiary_id == Pass.beneficiary_id)
    .join(Family, Family.family_id == Beneficiary.family_id)
    .join(Season, Season.season_id == Pass.season_id)
)


def by_id(connection: Connection, pass_id: str, *, lock: bool = False) -> dict[str, Any] | None:
    """A pass with its child, family and season."""
    found = _FULL.where(Pass.pass_id == pass_id)
    if lock:
        found = found.with_for_update(of=Pass, key_share=True)
    row = connection.execute(found).mappings().one_or_none()
    return dict(row) if row else None


def by_ids(connection: Connection, pass_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Several at once, by id."""
    rows = connection.execute(_FULL.where(Pass.pass_id.in_(set(pass_ids)))).mappings()
    return {str(row["pass_id"]): dict(row) for row in rows}


def of_family(connection: Connection, family_id: str) -> list[dict[str, Any]]:
    """A family's passes, the newest season first."""
    found = _FULL.where(Beneficiary.family_id == family_id).order_by(Season.starts_on.desc(), Pass.issued_at)
    return [dict(row) for row in connection.execute(found).mappings()]


def searched(
    connection: Connection, prints: dict[str, str | None], season_id: str | None, limit: int
) -> list[dict[str, Any]]:
    """Passes found by the fingerprint of a code, a reference or a last name."""
    by_code = select(PassCode.pass_id).where(PassCode.code_print == prints["code"])
    found = _FULL.where(
        Pass.pass_id.in_(by_code)
        | (Beneficiary.reference_print == prints["child"])
        | (Family.reference_print == prints["family"])
        | (Beneficiary.last_name_print == prints["last_name"])
    )
    if season_id:
        found = found.where(Pass.season_id == season_id)
    ordered = found.order_by(Season.starts_on.desc(), Pass.pass_id).limit(limit)
    return [dict(row) for row in connection.execute(ordered).mappings()]


def give_back(connection: Connection, pass_id: str, amount_cents: int) -> tuple[int, bool]:
    """Put an amount back on a pass; returns the balance, and whether the pass has been withdrawn."""
    changed = (
        update(Pass)
        .where(Pass.pass_id == pass_id)
        .values(balance_cents=Pass.balance_cents + amount_cents)
        .returning(Pass.balance_cents, Pass.cancelled_at)
    )
    row = connection.execute(changed).one()
    return row.balance_cents, row.cancelled_at is not None


def change(connection: Connection, pass_id: str, **values: Any) -> None:
    connection.execute(update(Pass).where(Pass.pass_id == pass_id).values(**values))


def add_code(connection: Connection, row: dict[str, Any]) -> None:
    connection.execute(insert(PassCode).values(row))


def add_entries(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write ledger rows; each movement's must sum to zero at commit."""
    connection.execute(insert(LedgerEntry), list(rows))


def add_notice(connection: Connection, kind: str, pass_id: str, transaction_id: str | None = None) -> None:
    """A mail that the family is owed."""
    connection.execute(insert(FamilyNotice).values(kind=kind, pass_id=pass_id, transaction_id=transaction_id))


def codes_since(connection: Connection, pass_id: str, since: datetime) -> int:
    """How often a pass got a new code since then, the first one not counted."""
    found = select(func.count()).where(PassCode.pass_id == pass_id, PassCode.made_at > since, PassCode.rotation > 1)
    return int(connection.scalar(found) or 0)


def topped_up(connection: Connection, movement_id: str) -> bool:
    """Whether the ledger has this movement already."""
    found = select(LedgerEntry.entry_id).where(LedgerEntry.movement_id == movement_id).limit(1)
    return connection.scalar(found) is not None


def of_season(connection: Connection, season_id: str) -> list[dict[str, Any]]:
    """All passes of a season, in the order of issue (operators' tools and tests)."""
    found = _FULL.where(Pass.season_id == season_id).order_by(Pass.pass_id)
    return [dict(row) for row in connection.execute(found).mappings()]
