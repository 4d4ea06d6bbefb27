"""Keys in a folder: ``<keys>/<owner>/<purpose>/<kid>.key`` for secrets, ``<keys>/public/<purpose>/<owner>.<kid>.pub``
for what others may know. The newest key id in alphabetical order (they begin with a date) is the current one; older
ones still open and verify what they sealed and signed, until their file is removed. A process that meets the id of a
key which has come since it read the folder reads it again: while a rotation goes from process to process, those that
were not restarted yet open and verify what the others seal and sign.

Every file holds 32 bytes in URL-safe base64: an Ed25519 seed, an AES-256 key, or the raw public key.
"""

import base64
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.chassis.config import settings


class KeyMissing(LookupError):
    """No key of that owner and purpose in the folder of keys; the text names the folder looked in."""


def encode(raw: bytes) -> str:
    """URL-safe base64 without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """The bytes of URL-safe base64 with or without padding. Raises ValueError."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(frozen=True)
class Key:
    """One secret of 32 bytes and its identifier."""

    kid: str
    secret: bytes

    @cached_property
    def _signer(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.secret)

    @cached_property
    def cipher(self) -> AESGCM:
        """AES-256-GCM with this key, made once."""
        return AESGCM(self.secret)

    def signer(self) -> Ed25519PrivateKey:
        return self._signer

    def public(self) -> bytes:
        """The raw Ed25519 public key, 32 bytes."""
        return self.signer().public_key().public_bytes_raw()


@dataclass(frozen=True)
class Keyring:
    """All keys of one owner for one purpose."""

    by_kid: Mapping[str, Key]

    @property
    def current(self) -> Key:
        return self.by_kid[max(self.by_kid)]


@lru_cache(maxsize=256)
def _keyring(root: Path, owner: str, purpose: str) -> Keyring:
    folder = root / owner / purpose
    keys = {path.stem: Key(path.stem, decode(path.read_text().strip())) for path in sorted(folder.glob("*.key"))}
    if not keys:
        raise KeyMissing(f"no key in {folder}")
    return Keyring(keys)


def keyring(owner: str, purpose: str) -> Keyring:
    """The secret keys of ``owner`` for ``purpose``. Raises KeyMissing."""
    return _keyring(settings().keys, owner, purpose)


@lru_cache(maxsize=32)
def _public_keys(root: Path, purpose: str) -> dict[str, dict[str, Ed25519PublicKey]]:
    found: dict[str, dict[str, Ed25519PublicKey]] = {}
    folder = root / "public" / purpose
    for path in sorted(folder.glob("*.pub")):
        owner, _, kid = path.stem.partition(".")
        found.setdefault(owner, {})[kid] = Ed25519PublicKey.from_public_bytes(decode(path.read_text().strip()))
    if not found:
        raise KeyMissing(f"no public key in {folder}")
    return found


def public_keys(purpose: str) -> dict[str, dict[str, Ed25519PublicKey]]:
    """Every owner's public keys for ``purpose``: ``{owner: {kid: key}}``. Raises KeyMissing."""
    return _public_keys(settings().keys, purpose)


def secret_key(owner: str, purpose: str, kid: str) -> Key | None:
    """The secret key with that id, also if it has come since the folder was read. Raises KeyMissing."""
    known = keyring(owner, purpose).by_kid
    if kid not in known and _names(settings().keys / owner / purpose, ".key") - set(known):
        reload()
        known = keyring(owner, purpose).by_kid
    return known.get(kid)


def public_key(purpose: str, owner: str, kid: str) -> Ed25519PublicKey | None:
    """The owner's public key with that id, also if it has come since the folder was read. Raises KeyMissing."""
    found = public_keys(purpose).get(owner, {}).get(kid)
    if found is None and has_new_public(purpose):
        reload()
        found = public_keys(purpose).get(owner, {}).get(kid)
    return found


def has_new_public(purpose: str) -> bool:
    """Whether a public key for ``purpose`` has come since the folder was read. Raises KeyMissing."""
    known = {f"{owner}.{kid}" for owner, keys in public_keys(purpose).items() for kid in keys}
    return bool(_names(settings().keys / "public" / purpose, ".pub") - known)


def _names(folder: Path, ending: str) -> set[str]:
    return {path.stem for path in folder.glob(f"*{ending}")}


def reload() -> None:
    """Read the folder again at the next question, after a rotation."""
    _keyring.cache_clear()
    _public_keys.cache_clear()


def create_key(folder: Path, owner: str, purpose: str, kid: str, *, signing: bool) -> None:
    """Write one new key (mode 0600) and, for a signing key, its public half. Whoever reads the folder meanwhile finds
    whole files only, and no key without its public half. Raises FileExistsError: an existing key is never replaced."""
    home = folder / owner / purpose
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    place = home / f"{kid}.key"
    if place.exists():
        raise FileExistsError(place)
    key = Key(kid, secrets.token_bytes(32))
    if signing:
        public = folder / "public" / purpose
        public.mkdir(parents=True, exist_ok=True)
        _write_whole(public / f"{owner}.{kid}.pub", encode(key.public()), 0o644)
    _write_whole(place, encode(key.secret), 0o600)


def _write_whole(place: Path, text: str, mode: int) -> None:
    draft = place.with_name(f"{place.name}.{secrets.token_hex(4)}.draft")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        file.write(text)
    draft.rename(place)


def ensure_keys(folder: Path, wanted: Iterable[tuple[str, str, bool]], kid: str) -> None:
    """Create each missing key of ``wanted`` (owner, purpose, whether it signs) under the key id ``kid``."""
    for owner, purpose, signing in wanted:
        if not any((folder / owner / purpose).glob("*.key")):
            create_key(folder, owner, purpose, kid, signing=signing)
    reload()
