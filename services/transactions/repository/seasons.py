"""Seasons, and what is left of them when they end."""

from typing import Any

from sqlalchemy import Connection, insert, select, text, update

from services.transactions.models import Pass, Season


def by_id(connection: Connection, season_id: str, *, lock: bool = False) -> dict[str, Any] | None:
    found = select(*Season.__table__.c).where(Season.season_id == season_id)
    row = connection.execute(found.with_for_update() if lock else found).mappings().one_or_none()
    return dict(row) if row else None


def every(connection: Connection) -> list[dict[str, Any]]:
    """Newest first."""
    found = select(*Season.__table__.c).order_by(Season.starts_on.desc(), Season.name)
    return [dict(row) for row in connection.execute(found).mappings()]


def save(connection: Connection, row: dict[str, Any]) -> None:
    connection.execute(insert(Season).values(row))


def change(connection: Connection, season_id: str, **values: Any) -> None:
    connection.execute(update(Season).where(Season.season_id == season_id).values(**values))


def commit_budget(connection: Connection, season_id: str, amount_cents: int) -> None:
    """Count an amount (negative: given back) as committed."""
    change(connection, season_id, committed_cents=Season.committed_cents + amount_cents)


_EXPIRE = text(
    """
    WITH spent AS (
      UPDATE passes SET balance_cents = 0 FROM passes AS before
      WHERE passes.pass_id = before.pass_id AND passes.pass_id IN (
        SELECT pass_id FROM passes WHERE season_id = :season_id AND balance_cents > 0 ORDER BY pass_id LIMIT :limit
        FOR NO KEY UPDATE
      )
      RETURNING passes.pass_id, before.balance_cents, gen_random_uuid() AS movement_id
    ), entries AS (
      INSERT INTO ledger_entries (movement_id, kind, account, account_id, amount_cents, subject_id, at)
      SELECT movement_id, 'expiry', side.account, side.account_id, side.amount_cents, pass_id, :now
      FROM spent CROSS JOIN LATERAL (VALUES
        ('pass', pass_id, -balance_cents), ('budget', CAST(:season_id AS uuid), balance_cents)
      ) AS side (account, account_id, amount_cents)
    )
    SELECT count(*) AS passes, coalesce(sum(balance_cents), 0) AS cents FROM spent
    """
)


def expire_some(connection: Connection, season_id: str, now: Any, limit: int) -> tuple[int, int]:
    """Give what is left on some passes of a closed season back to its budget; returns how many and how much."""
    row = connection.execute(_EXPIRE, {"season_id": season_id, "now": now, "limit": limit}).one()
    return int(row.passes), int(row.cents)


def to_expire(connection: Connection) -> list[str]:
    """Closed seasons whose passes still hold something."""
    left = select(Pass.pass_id).where(Pass.season_id == Season.season_id, Pass.balance_cents > 0).exists()
    return list(connection.scalars(select(Season.season_id).where(Season.state == "closed", left)))
