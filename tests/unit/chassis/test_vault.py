"""A sealed field opens only where it was sealed, and rotation loses nothing."""

from pathlib import Path

import pytest

from services.chassis import keys
from services.chassis.vault import SealBroken, Vault

PLACE = {"table": "bank_account", "column": "iban", "row_id": "row-1"}
IBAN = "FR7630006000011234567890189"


@pytest.fixture
def vault(key_folder: Path) -> Vault:
    return Vault("partners")


def rotate(folder: Path, purpose: str = "vault") -> None:
    keys.create_key(folder, "partners", purpose, "2027-01", signing=False)
    keys.reload()


@pytest.mark.parametrize("text", ["", "x", IBAN, "Élodie Nuñez – 日本 🚲", "a" * 100_000])
def test_opens_what_it_sealed(vault: Vault, text: str) -> None:
    assert vault.open(vault.seal(text, **PLACE), **PLACE) == text


def test_the_sealed_form_hides_the_text_and_names_its_key(vault: Vault) -> None:
    sealed = vault.seal(IBAN, **PLACE)
    assert sealed.startswith("2026-01.")
    assert IBAN not in sealed


def test_sealing_twice_gives_two_forms(vault: Vault) -> None:
    assert vault.seal(IBAN, **PLACE) != vault.seal(IBAN, **PLACE)


@pytest.mark.parametrize(
    "moved",
    [
        {"table": "structure"},
        {"column": "bic"},
        {"row_id": "row-2"},
        {"table": "bank_accoun", "column": "tiban"},
    ],
)
def test_a_value_moved_elsewhere_does_not_open(vault: Vault, moved: dict[str, str]) -> None:
    sealed = vault.seal(IBAN, **PLACE)
    with pytest.raises(SealBroken):
        vault.open(sealed, **{**PLACE, **moved})


def test_a_value_of_another_owner_does_not_open(vault: Vault, key_folder: Path) -> None:
    """Even if both owners had the same key, the owner's name is authenticated."""
    mine = key_folder / "partners" / "vault" / "2026-01.key"
    (key_folder / "payouts" / "vault" / "2026-01.key").write_text(mine.read_text())
    keys.reload()
    with pytest.raises(SealBroken):
        Vault("payouts").open(vault.seal(IBAN, **PLACE), **PLACE)


def test_a_changed_value_does_not_open(vault: Vault) -> None:
    kid, _, body = vault.seal(IBAN, **PLACE).rpartition(".")
    raw = bytearray(keys.decode(body))
    for position in (0, 12, len(raw) - 1):
        changed = bytearray(raw)
        changed[position] ^= 1
        with pytest.raises(SealBroken):
            vault.open(f"{kid}.{keys.encode(bytes(changed))}", **PLACE)


@pytest.mark.parametrize("garbage", ["", ".", "2026-01.", "2026-01.!!", "2026-01.AAAA", "1999-01.AAAA", "no dot"])
def test_garbage_is_refused_as_broken(vault: Vault, garbage: str) -> None:
    with pytest.raises(SealBroken):
        vault.open(garbage, **PLACE)


def test_after_rotation_the_old_opens_and_the_new_key_seals(vault: Vault, key_folder: Path) -> None:
    old = vault.seal(IBAN, **PLACE)
    rotate(key_folder)
    assert vault.open(old, **PLACE) == IBAN
    assert vault.seal(IBAN, **PLACE).startswith("2027-01.")


def test_finds_and_reseals_what_an_old_key_sealed(vault: Vault, key_folder: Path) -> None:
    old = vault.seal(IBAN, **PLACE)
    assert not vault.needs_reseal(old)
    rotate(key_folder)
    assert vault.needs_reseal(old)
    fresh = vault.reseal(old, **PLACE)
    assert not vault.needs_reseal(fresh)
    assert vault.open(fresh, **PLACE) == IBAN


def test_a_removed_key_opens_nothing(vault: Vault, key_folder: Path) -> None:
    old = vault.seal(IBAN, **PLACE)
    rotate(key_folder)
    (key_folder / "partners" / "vault" / "2026-01.key").unlink()
    keys.reload()
    with pytest.raises(SealBroken):
        vault.open(old, **PLACE)


def test_equal_texts_have_equal_fingerprints(vault: Vault) -> None:
    assert vault.fingerprint("é", purpose="name") == vault.fingerprint("e\u0301", purpose="name")


def test_fingerprints_differ_by_text_purpose_and_owner(vault: Vault, key_folder: Path) -> None:
    prints = {
        vault.fingerprint(IBAN, purpose="iban"),
        vault.fingerprint(IBAN, purpose="holder"),
        vault.fingerprint(IBAN + "0", purpose="iban"),
        Vault("payouts").fingerprint(IBAN, purpose="iban"),
    }
    assert len(prints) == 4
    assert all(len(found) == 64 for found in prints)


def test_rotating_the_sealing_key_leaves_fingerprints(vault: Vault, key_folder: Path) -> None:
    before = vault.fingerprint(IBAN, purpose="iban")
    rotate(key_folder)
    assert vault.fingerprint(IBAN, purpose="iban") == before
