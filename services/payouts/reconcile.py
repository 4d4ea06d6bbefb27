"""Does it add up? ``python -m services.payouts.reconcile`` compares announced totals, lines, payouts, slips, bank
files and ledger, to the cent.

Prints one line per difference: its name, what it is about, what was expected and what was found. Exit status: 0 when
everything adds up, 1 when something differs.
"""

import argparse
import sys

from services.chassis.config import settings
from services.chassis.database import BoundDatabase
from services.chassis.files import FileStore
from services.payouts.reconciliation import reconcile

ALL_FILES = 1_000_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recent", action="store_true", help="of files, only the newest 20 messages and 500 slips")
    asked = parser.parse_args()
    database, store = BoundDatabase("payouts", pool_size=2), FileStore(settings().files_url)
    kept = {} if asked.recent else {"last_files": ALL_FILES, "last_slips": None}
    found = reconcile(database, store, **kept)  # type: ignore[arg-type]
    database.close()
    for difference in found:
        print(f"{difference.name}: {difference.subject}: expected {difference.expected}, found {difference.found}")
    print("everything adds up" if not found else f"{len(found)} differences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
