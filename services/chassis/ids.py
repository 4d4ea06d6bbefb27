"""Identifiers: UUID version 7 (RFC 9562): unique without asking anybody, and ordered by time, so that indexes grow
at one end only."""

import secrets
import time
import uuid


def new_id() -> str:
    """A fresh UUIDv7 as text: 48 bits of Unix milliseconds, then 74 random bits."""
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))
