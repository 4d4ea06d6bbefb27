"""The six digits that confirm a new mobile number. Same limits as the signing code (DOMAIN, «Convention»)."""

import secrets
from datetime import timedelta

LIFETIME = timedelta(minutes=10)
TRIES = 5
SENDS = 3
SENDS_WINDOW = timedelta(hours=1)


def fresh_code() -> str:
    """Six random digits."""
    return f"{secrets.randbelow(10**6):06d}"
