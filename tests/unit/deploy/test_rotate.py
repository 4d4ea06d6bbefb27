"""Rotation adds a current key beside the old one, and refuses what would break the platform."""

from pathlib import Path

import pytest

from deploy import keys
from deploy.rotate import RotationRefused, rotate


def test_a_new_key_is_current_and_the_old_one_stays(tmp_path: Path) -> None:
    keys.create(tmp_path)
    (old,) = (tmp_path / "identity" / "vault").glob("*.key")
    (name,) = rotate(tmp_path, "vault", "identity")
    both = sorted(path.stem for path in (tmp_path / "identity" / "vault").glob("*.key"))
    assert both == [old.stem, name.rpartition("/")[2]]
    assert len(list((tmp_path / "partners" / "vault").glob("*.key"))) == 1


def test_a_signing_key_gets_its_public_half(tmp_path: Path) -> None:
    keys.create(tmp_path)
    (name,) = rotate(tmp_path, "pass")
    assert (tmp_path / "public" / "pass" / f"transactions.{name.rpartition('/')[2]}.pub").exists()


@pytest.mark.parametrize(("purpose", "owner"), [("fingerprint", None), ("vault", "nobody"), ("nonsense", None)])
def test_what_can_not_be_rotated_is_refused_with_a_reason(tmp_path: Path, purpose: str, owner: str | None) -> None:
    keys.create(tmp_path)
    with pytest.raises(RotationRefused, match=purpose):
        list(rotate(tmp_path, purpose, owner))
