"""Field encryption: names, IBANs, phone numbers and the like are sealed before they reach a table.

A sealed value is text: ``<key id>.<URL-safe base64 of nonce and AES-256-GCM ciphertext>``. The nonce is
random (96 bits, NIST SP 800-38D §8.2.2). The place where the value lives — service, table, column, row id —
is authenticated with it, so that a value moved to another row, column or table doesn't open.

Rotation: a new key seals from its arrival on, older keys still open; `Vault.needs_reseal` finds what an older
key sealed. For equality search on a sealed column, store `Vault.fingerprint` beside it.
"""

import hashlib
import hmac
import secrets
import unicodedata

from cryptography.exceptions import InvalidTag

from services.chassis.keys import Keyring, decode, encode, keyring, secret_key

_NONCE_BYTES = 12
_SEPARATOR = "."


class SealBroken(Exception):
    """The value was changed, moved from another place, or sealed by a key that is gone. Not to be shown or
    repaired: report it."""


class Vault:
    """Seals and opens the fields of one owner (a service, or a name that two services share for a transport).

    Keys: ``keyring(owner, "vault")`` for sealing, ``keyring(owner, "fingerprint")`` for equality search.
    """

    def __init__(self, owner: str):
        self._owner = owner

    @property
    def _keys(self) -> Keyring:
        return keyring(self._owner, "vault")

    def seal(self, text: str, *, table: str, column: str, row_id: str) -> str:
        """The sealed form of ``text``, good only for this column of this row."""
        key = self._keys.current
        nonce = secrets.token_bytes(_NONCE_BYTES)
        place = self._place(table, column, row_id)
        sealed = key.cipher.encrypt(nonce, text.encode("utf-8"), place)
        return f"{key.kid}{_SEPARATOR}{encode(nonce + sealed)}"

    def open(self, sealed: str, *, table: str, column: str, row_id: str) -> str:
        """The text that was sealed for this column of this row. Raises SealBroken."""
        kid, _, body = sealed.rpartition(_SEPARATOR)
        key = secret_key(self._owner, "vault", kid)
        if key is None:
            raise SealBroken(f"unknown key {kid!r}")
        try:
            raw = decode(body)
            clear = key.cipher.decrypt(
                raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], self._place(table, column, row_id)
            )
        except (InvalidTag, ValueError) as fault:
            raise SealBroken(f"{self._owner}.{table}.{column}") from fault
        return clear.decode("utf-8")

    def needs_reseal(self, sealed: str) -> bool:
        """Whether another key than the current one sealed this value."""
        return sealed.rpartition(_SEPARATOR)[0] != self._keys.current.kid

    def reseal(self, sealed: str, *, table: str, column: str, row_id: str) -> str:
        """The same text sealed by the current key. Raises SealBroken."""
        text = self.open(sealed, table=table, column=column, row_id=row_id)
        return self.seal(text, table=table, column=column, row_id=row_id)

    def fingerprint(self, text: str, *, purpose: str) -> str:
        """A keyed digest of ``text`` (after Unicode NFC), 64 hexadecimal digits: equal texts have equal
        fingerprints within one ``purpose`` of one owner, and nobody without the key can try texts against
        it."""
        key = keyring(self._owner, "fingerprint").current.secret
        purpose_key = hmac.digest(key, purpose.encode("utf-8"), hashlib.sha256)
        normal = unicodedata.normalize("NFC", text)
        return hmac.new(purpose_key, normal.encode("utf-8"), hashlib.sha256).hexdigest()

    def _place(self, table: str, column: str, row_id: str) -> bytes:
        """The authenticated place; lengths are written out, so that no two places read the same."""
        parts = (self._owner, table, column, str(row_id))
        return b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)
