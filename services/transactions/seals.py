"""What this service seals, signs and recognises: children's names, families' addresses, codes, QR signatures, links.

Everything that needs a key is here, so that rules and queries need none.
"""

import base64
import hmac
import secrets
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from services.chassis import keys, serializer
from services.chassis.vault import Vault
from services.transactions.domain import codes
from services.transactions.domain.refusals import LinkUnknown, PassUnknown
from services.transactions.domain.rows import plain

OWNER = "transactions"
_PRINT_LENGTH = 32
_LINK_MAC_BYTES = 16
vault = Vault(OWNER)


@dataclass(frozen=True)
class Identity:
    """Who a child is."""

    first_name: str
    last_name: str
    birth_on: date | None = None

    def text(self) -> str:
        return serializer.dumps([self.first_name, self.last_name, self.birth_on])


def seal_identity(identity: Identity, beneficiary_id: str) -> str:
    return vault.seal(identity.text(), table="beneficiaries", column="identity_sealed", row_id=beneficiary_id)


def open_identity(sealed: str, beneficiary_id: str) -> Identity:
    """Raises SealBroken."""
    text = vault.open(sealed, table="beneficiaries", column="identity_sealed", row_id=beneficiary_id)
    first_name, last_name, birth_on = serializer.loads(text)
    return Identity(first_name, last_name, date.fromisoformat(birth_on) if birth_on else None)


def beneficiary(sealed: str, beneficiary_id: str) -> dict[str, str]:
    """The two names that a desk sees."""
    identity = open_identity(sealed, beneficiary_id)
    return {"first_name": identity.first_name, "last_name": identity.last_name}


def seal_email(email: str, family_id: str) -> str:
    return vault.seal(email, table="families", column="email_sealed", row_id=family_id)


def open_email(sealed: str, family_id: str) -> str:
    return vault.open(sealed, table="families", column="email_sealed", row_id=family_id)


def seal_code(code: str, pass_id: str) -> str:
    return vault.seal(code, table="passes", column="code_sealed", row_id=pass_id)


def open_code(sealed: str, pass_id: str) -> str:
    return vault.open(sealed, table="passes", column="code_sealed", row_id=pass_id)


def fingerprint(text: str, purpose: str) -> str:
    """128 bits of the vault's keyed digest: enough to tell, not to reverse."""
    return vault.fingerprint(text, purpose=purpose)[:_PRINT_LENGTH]


def code_print(code: str) -> str:
    return fingerprint(code, "pass_code")


def name_print(last_name: str) -> str:
    return fingerprint(plain(last_name), "last_name")


def new_code() -> str:
    """A fresh typed code: 55 random bits and a check character."""
    return codes.write_code(secrets.randbits(55))


def new_qr_id() -> int:
    return secrets.randbits(63)


# -- QR ---------------------------------------------------------------------------------------------------------------


@cache
def _signing() -> tuple[str, keys.Key]:
    key = keys.keyring(OWNER, "pass").current
    return codes.key_id(key.public()), key


@cache
def _verifying() -> dict[str, Ed25519PublicKey]:
    """Every key that signed passes and isn't retired yet (its file is still there), by its two-byte id."""
    known = keys.public_keys("pass")[OWNER].values()
    return {codes.key_id(key.public_bytes_raw()): key for key in known}


def _verifying_key(kid: str) -> Ed25519PublicKey:
    """Also one that has come since the keys were read. Raises KeyError."""
    if kid not in _verifying() and keys.has_new_public("pass"):
        keys.reload()
        forget_keys()
    return _verifying()[kid]


def qr_text(qr_id: int, rotation: int) -> str:
    """The text of a pass's QR, signed with the newest key."""
    kid, key = _signing()
    return codes.write_qr(codes.Shown(kid, qr_id, rotation), key.signer().sign)


@lru_cache(maxsize=4096)
def read_qr(text: str) -> codes.Shown:
    """What a genuine QR says; asked twice for the same text, the signature is computed once. Raises PassUnknown."""
    try:
        shown, signature = codes.read_qr(text.strip())
        _verifying_key(shown.kid).verify(signature, shown.signed_bytes())
    except (codes.Unreadable, KeyError, InvalidSignature):
        raise PassUnknown from None
    return shown


def forget_keys() -> None:
    """Read the keys again at the next question, as `keys.reload` does for the chassis."""
    for remembered in (_signing, _verifying, read_qr):
        remembered.cache_clear()


def verification_keys() -> list[dict[str, str]]:
    """As in a JWK (RFC 8037): ``kid`` and ``x``."""
    return [{"kid": kid, "x": keys.encode(key.public_bytes_raw())} for kid, key in _verifying().items()]


# -- the family's link ------------------------------------------------------------------------------------------------


def _link_mac(secret: bytes, body: bytes) -> bytes:
    return hmac.digest(secret, b"family-link\0" + body, "sha256")[:_LINK_MAC_BYTES]


def family_link(family_id: str, version: int) -> str:
    """The token of a family's page: made again at will, and void once the family's link version has moved on."""
    body = UUID(family_id).bytes + version.to_bytes(2, "big")
    return keys.encode(body + _link_mac(keys.keyring(OWNER, "links").current.secret, body))


def read_family_link(link: str) -> tuple[str, int]:
    """The family's id and the link's version. Raises LinkUnknown."""
    try:
        raw = base64.b64decode(link + "=" * (-len(link) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise LinkUnknown from None
    body, mac = raw[:18], raw[18:]
    known = keys.keyring(OWNER, "links").by_kid.values()
    if (
        len(body) != 18
        or keys.encode(raw) != link
        or not any(hmac.compare_digest(mac, _link_mac(key.secret, body)) for key in known)
    ):
        raise LinkUnknown
    return str(UUID(bytes=body[:16])), int.from_bytes(body[16:], "big")
