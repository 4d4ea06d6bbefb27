"""While a rotation goes from process to process: who was not restarted yet opens and verifies what the others seal and
sign, without being told."""

import io
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from services.chassis import actor, keys
from services.chassis.files import FileStore
from services.chassis.vault import SealBroken, Vault

NEW = "2027-01"
PLACE = {"table": "bank_account", "column": "iban", "row_id": "row-1"}


@pytest.fixture
def unaware(key_folder: Path, tmp_path: Path) -> Callable[[str, str], None]:
    """``unaware(owner, purpose)``: from here on this is a process that has read these keys before the new one came."""

    def read_before(owner: str, purpose: str) -> None:
        secret, public = Path(owner, purpose, f"{NEW}.key"), Path("public", purpose, f"{owner}.{NEW}.pub")
        there = [name for name in (secret, public) if (key_folder / name).exists()]
        for name in there:
            (key_folder / name).rename(tmp_path / name.name)
        keys.reload()
        assert NEW not in keys.keyring(owner, purpose).by_kid
        if public in there:
            assert NEW not in keys.public_keys(purpose)[owner]
        for name in there:
            (tmp_path / name.name).rename(key_folder / name)

    return read_before


def arrive(folder: Path, owner: str, purpose: str, *, signing: bool = False) -> None:
    keys.create_key(folder, owner, purpose, NEW, signing=signing)
    keys.reload()


def test_what_a_neighbour_sealed_with_a_newer_key_opens(key_folder: Path, unaware: Callable[..., None]) -> None:
    arrive(key_folder, "partners", "vault")
    sealed = Vault("partners").seal("secret", **PLACE)
    assert sealed.startswith(NEW)
    unaware("partners", "vault")
    assert Vault("partners").open(sealed, **PLACE) == "secret"


def test_a_file_that_a_neighbour_sealed_with_a_newer_key_opens(
    key_folder: Path, tmp_path: Path, unaware: Callable[..., None]
) -> None:
    arrive(key_folder, "files", "content")
    store = FileStore(f"file://{tmp_path / 'store'}")
    kept = store.put(io.BytesIO(b"content"))
    unaware("files", "content")
    with store.open(kept.sha256) as stream:
        assert stream.read() == b"content"


def test_what_a_neighbour_signed_with_a_newer_key_is_genuine(key_folder: Path, unaware: Callable[..., None]) -> None:
    keys.create_key(key_folder, "partners", "actor", "2026-01", signing=True)
    arrive(key_folder, "partners", "actor", signing=True)
    signed = actor.sign({"said": "yes", "exp": time.time() + 60}, issuer="partners")
    unaware("partners", "actor")
    assert actor.open_token(signed)["said"] == "yes"


def test_an_unknown_key_stays_unknown_and_the_folder_is_not_read_again_for_it(
    key_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = Vault("partners").seal("secret", **PLACE)
    reloads: list[None] = []
    monkeypatch.setattr(keys, "reload", lambda: reloads.append(None))
    with pytest.raises(SealBroken):
        Vault("partners").open(f"2099-01.{sealed.partition('.')[2]}", **PLACE)
    assert keys.public_key("audit", "partners", "2099-01") is None
    assert keys.public_key("audit", "nobody", "2026-01") is None
    assert reloads == []


def test_a_key_is_never_replaced(key_folder: Path) -> None:
    place = key_folder / "partners" / "audit" / "2026-01.key"
    public = key_folder / "public" / "audit" / "partners.2026-01.pub"
    before = place.read_text(), public.read_text()
    with pytest.raises(FileExistsError):
        keys.create_key(key_folder, "partners", "audit", "2026-01", signing=True)
    assert (place.read_text(), public.read_text()) == before
    assert place.stat().st_mode & 0o777 == 0o600
    assert not list(key_folder.rglob("*.draft"))
