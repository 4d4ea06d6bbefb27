"""Identifiers: UUID version 7 (RFC 9562): unique without asking anybody, and ordered by time, so that indexes grow
at one end only."""

import os
import time

_VARIANT = "89ab"  # RFC 9562, 4.1: the two bits before the last 62


def new_id() -> str:
    """A fresh UUIDv7 as text: 48 bits of Unix milliseconds, then 74 random bits."""
    at, random = f"{time.time_ns() // 1_000_000:012x}", os.urandom(10).hex()
    variant = _VARIANT[int(random[3], 16) & 3]
    return f"{at[:8]}-{at[8:]}-7{random[:3]}-{variant}{random[4:7]}-{random[7:19]}"
