"""The command `reconcile`: do all accounts add up, to the cent?

Transactions and payouts each prove their own books (`python -m services.<service>.reconcile`). Between the two: what
transactions has locked or corrected against the lines that payouts holds, partner by partner. Events that are on their
way are waited for; what still differs then is a difference.
"""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress

import psycopg2
from sqlalchemy.engine import make_url

from deploy.local.waiting import TooLate, wait_for
from services.chassis.config import settings
from services.chassis.reach import CONNECT_OPTIONS

BOOKS = ("transactions", "payouts")
ON_THEIR_WAY_S = 30.0
Sums = Mapping[tuple[str, str], int]
"""Cents by kind of line and structure."""

OWED = """
    SELECT 'transaction', CAST(structure_id AS text), sum(amount_cents) FROM transactions
    WHERE state NOT IN ('recorded', 'cancelled') GROUP BY structure_id
    UNION ALL SELECT 'correction', CAST(structure_id AS text), sum(amount_cents) FROM corrections GROUP BY structure_id
"""
HELD = "SELECT kind, CAST(structure_id AS text), sum(amount_cents) FROM lines GROUP BY kind, structure_id"


def reconcile() -> int:
    """Print what each comparison found; exit status 1 if anything differs. Raises NotConfigured."""
    for service in BOOKS:
        settings().database_url(service)
    failed = False
    for service in BOOKS:
        print(f"{service}:", flush=True)
        # A process of its own: operators may run it alone, with that service's account only.
        failed |= subprocess.run([sys.executable, "-m", f"services.{service}.reconcile"], check=False).returncode != 0
    print("between transactions and payouts:")
    found = settled_differences(ON_THEIR_WAY_S)
    for line in found:
        print(line)
    print("everything adds up" if not found else f"{len(found)} differences")
    return 1 if failed or found else 0


def settled_differences(within_s: float) -> list[str]:
    """What differs when nothing is on its way any more, or after that time."""
    found: list[str] = []

    def none() -> bool:
        owed = sums("transactions", OWED)  # first: what is locked after this question is no difference
        found[:] = differences(owed, sums("payouts", HELD))
        return not found

    with suppress(TooLate):
        wait_for(none, "payouts has heard of all that is owed", within_s, every_s=1)
    return found


def differences(owed: Sums, held: Sums) -> list[str]:
    """One line per partner and kind that differs, in order."""
    return list(_compared(owed, held))


def _compared(owed: Sums, held: Sums) -> Iterator[str]:
    for kind, structure in sorted({*owed, *held}):
        expected, found = owed.get((kind, structure), 0), held.get((kind, structure), 0)
        if expected != found:
            yield f"owed_{kind}s: {structure}: expected {expected}, found {found}"


def sums(service: str, query: str) -> dict[tuple[str, str], int]:
    """What one service's database answers, read only."""
    url = make_url(settings().database_url(service)).set(drivername="postgresql")
    address = url.render_as_string(hide_password=False)
    with closing(psycopg2.connect(address, connect_timeout=5, options=CONNECT_OPTIONS)) as connection:
        connection.set_session(readonly=True)
        with connection.cursor() as cursor:
            cursor.execute(query)
            return {(kind, structure): int(cents) for kind, structure, cents in cursor.fetchall()}
