"""The keys of a platform: which there are, and how a folder of them is made.

    python -m deploy.keys DIR          # create what is missing in DIR

Every key is a file that only its owner needs (see services/chassis/keys.py); the public halves lie under ``public/``.
"""

import sys
from pathlib import Path

from services.chassis import clock
from services.chassis.config import SERVICES
from services.chassis.keys import ensure_keys

WANTED: tuple[tuple[str, str, bool], ...] = (
    # owner, purpose, whether it signs (and so has a public half)
    *((owner, "actor", True) for owner in ("gateway", *SERVICES)),
    *((owner, "audit", True) for owner in SERVICES),
    *((owner, "vault", False) for owner in SERVICES),
    ("identity", "proof", True),
    ("transactions", "pass", True),
    ("transport", "vault", False),
    *((owner, "fingerprint", False) for owner in SERVICES),
    ("files", "content", False),
    ("gateway", "cookies", False),
    *((owner, "links", False) for owner in ("identity", "partners", "transactions")),
)


def create(folder: Path) -> None:
    """Create every key that is missing in ``folder``; key ids begin with today's date, so that newer ones sort last."""
    ensure_keys(folder, WANTED, f"{clock.today():%Y%m%d}-1")


if __name__ == "__main__":
    create(Path(sys.argv[1]))
