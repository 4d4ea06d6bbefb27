"""Passwords of a local run: one random secret in var, every password derived from it."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path


def password(var: Path, name: str) -> str:
    """The password of one account of this run; the same at every start of the same var."""
    return hmac.new(_secret(var), name.encode(), hashlib.sha256).hexdigest()[:32]


def _secret(var: Path) -> bytes:
    path = var / "local" / "secret"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(32))
    return path.read_bytes()
