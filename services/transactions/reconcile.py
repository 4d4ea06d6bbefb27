"""Prove the balances from the ledger: ``python -m services.transactions.reconcile``.

Compares, in one snapshot: each movement's sum with zero, each pass's balance and each season's commitment with the
ledger, each partner's account with its transactions and corrections, the counted days with the transactions they
count. Prints what it looked at; exits 1 if anything
disagrees, naming it by id.
"""

import argparse
import sys
from dataclasses import dataclass

from sqlalchemy import Connection, text

from services.chassis.database import BoundDatabase
from services.transactions.models.days import NOBODY

_AT_MOST = 20


@dataclass(frozen=True)
class Check:
    """One equation; ``disagreeing`` selects the ids that break it, with both sides."""

    name: str
    disagreeing: str


_DAYS = """
SELECT coalesce(d.key, t.key), d.figures, t.figures FROM (
  SELECT concat_ws(' ', {key}) AS key, ROW(count, amount_cents, cancelled_count) AS figures
  FROM {table} WHERE (count, amount_cents, cancelled_count) <> (0, 0, 0)
) d FULL JOIN (
  SELECT concat_ws(' ', {key_of_transactions}) AS key, ROW(
    CAST(count(*) FILTER (WHERE state <> 'cancelled') AS integer),
    CAST(coalesce(sum(amount_cents) FILTER (WHERE state <> 'cancelled'), 0) AS bigint),
    CAST(count(*) FILTER (WHERE state = 'cancelled') AS integer)
  ) AS figures FROM transactions WHERE state <> 'recorded' GROUP BY 1
) t ON t.key = d.key WHERE d.figures IS DISTINCT FROM t.figures
"""
_DAYS_OF_SEASONS = _DAYS.format(
    table="season_days", key="season_id, recorded_on", key_of_transactions="season_id, recorded_on"
)
_DAYS_OF_PARTNERS = _DAYS.format(
    table="structure_days",
    key="structure_id, recorded_on, season_id, establishment_id, caller_id",
    key_of_transactions=f"structure_id, recorded_on, season_id, coalesce(establishment_id, '{NOBODY}'), "
    f"coalesce(terminal_id, operator_id, '{NOBODY}')",
)

CHECKS = (
    Check(
        "every movement sums to zero",
        "SELECT CAST(movement_id AS text), sum(amount_cents), 0 FROM ledger_entries "
        "GROUP BY movement_id HAVING sum(amount_cents) <> 0",
    ),
    Check(
        "every pass holds what the ledger says",
        "SELECT CAST(p.pass_id AS text), p.balance_cents, coalesce(l.cents, 0) FROM passes p LEFT JOIN ("
        "  SELECT account_id, sum(amount_cents) AS cents FROM ledger_entries WHERE account = 'pass' GROUP BY account_id"
        ") l ON l.account_id = p.pass_id WHERE p.balance_cents <> coalesce(l.cents, 0)",
    ),
    Check(
        "every season has committed what the ledger says",
        "SELECT CAST(s.season_id AS text), s.committed_cents, -coalesce(l.cents, 0) FROM seasons s LEFT JOIN ("
        "  SELECT account_id, sum(amount_cents) AS cents FROM ledger_entries WHERE account = 'budget' "
        "  GROUP BY account_id"
        ") l ON l.account_id = s.season_id WHERE s.committed_cents <> -coalesce(l.cents, 0)",
    ),
    Check(
        "every partner is owed its transactions and corrections",
        "SELECT CAST(coalesce(l.account_id, t.structure_id) AS text), coalesce(t.cents, 0), coalesce(l.cents, 0) FROM ("
        "  SELECT account_id, sum(amount_cents) AS cents FROM ledger_entries WHERE account = 'partner' "
        "  GROUP BY account_id"
        ") l FULL JOIN ("
        "  SELECT structure_id, sum(cents) AS cents FROM ("
        "    SELECT structure_id, amount_cents AS cents FROM transactions WHERE state <> 'cancelled'"
        "    UNION ALL SELECT structure_id, amount_cents FROM corrections"
        "  ) owed GROUP BY structure_id"
        ") t ON t.structure_id = l.account_id WHERE coalesce(t.cents, 0) <> coalesce(l.cents, 0)",
    ),
    Check(
        "every debit of the ledger is a transaction, and the other way round",
        "SELECT CAST(coalesce(l.subject_id, t.transaction_id) AS text), t.amount_cents, l.amount_cents FROM ("
        "  SELECT subject_id, amount_cents FROM ledger_entries WHERE kind = 'debit' AND account = 'partner'"
        ") l FULL JOIN transactions t ON t.transaction_id = l.subject_id "
        "WHERE t.amount_cents IS DISTINCT FROM l.amount_cents",
    ),
    Check("every day of a partner is counted as it was", _DAYS_OF_PARTNERS),
    Check("every day of a season is counted as it was", _DAYS_OF_SEASONS),
    Check(
        "every season has as many passes as it counts",
        "SELECT CAST(s.season_id AS text), s.pass_count, coalesce(p.passes, 0) FROM seasons s LEFT JOIN ("
        "  SELECT season_id, count(*) AS passes FROM passes GROUP BY season_id"
        ") p USING (season_id) WHERE s.pass_count <> coalesce(p.passes, 0)",
    ),
)


def disagreements(connection: Connection) -> dict[str, list[str]]:
    """What breaks each equation, by the equation's name; all empty if the books are right."""
    found: dict[str, list[str]] = {}
    for check in CHECKS:
        rows = connection.execute(text(f"{check.disagreeing} LIMIT {_AT_MOST}"))
        found[check.name] = [f"{row[0]}: {row[1]} instead of {row[2]}" for row in rows]
    return found


def main(database: BoundDatabase | None = None) -> int:
    """Print the outcome of each check; returns the exit status."""
    bound = database or BoundDatabase("transactions", pool_size=1)
    with bound.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        found = disagreements(connection)
        entries = connection.scalar(text("SELECT count(*) FROM ledger_entries"))
    for name, problems in found.items():
        print(f"{'ok ' if not problems else 'NO '} {name}")
        for problem in problems:
            print(f"     {problem}")
    print(f"{entries} entries of the ledger")
    return 1 if any(found.values()) else 0


if __name__ == "__main__":
    argparse.ArgumentParser(
        prog="python -m services.transactions.reconcile",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    ).parse_args()
    sys.exit(main())
