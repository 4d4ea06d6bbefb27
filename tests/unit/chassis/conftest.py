"""A folder of keys of their own for these tests; nothing else is touched."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.chassis import config, keys

KEYS = [
    ("partners", "vault", False),
    ("partners", "fingerprint", False),
    ("payouts", "vault", False),
    ("payouts", "fingerprint", False),
    ("files", "content", False),
    ("partners", "audit", True),
]


@pytest.fixture
def key_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A fresh folder of keys with the key id ``2026-01``, in force for one test."""
    folder = tmp_path / "keys"
    monkeypatch.setenv("PSL_ENV", "test")
    monkeypatch.setenv("PSL_VAR", str(tmp_path))
    monkeypatch.setenv("PSL_KEYS", str(folder))
    config.reset()
    keys.ensure_keys(folder, KEYS, "2026-01")
    yield folder
    config.reset()
    keys.reload()
