"""What a pass shows: a QR that a phone can check without network, and a code that a person can type.

QR: ``PSL1:`` and 76 bytes in Base45 (RFC 9285), 119 characters that all belong to QR's alphanumeric mode, hence a small
symbol (version 5 at level M). The bytes: key id (2) · pass's random id (8) · rotation (2) · Ed25519 signature (64) over
``PSL1:`` and the first twelve bytes. No personal data.

Typed code: twelve characters of Crockford's alphabet (no I, L, O, U), the last one a check character after ISO/IEC
7064's hybrid scheme for 32 symbols (MOD 33,32): it catches every single wrong character.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

PREFIX = "PSL1:"
_BODY_BYTES, _SIGNATURE_BYTES = 12, 64
_BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUE45 = {character: value for value, character in enumerate(_BASE45)}

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 12
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})
_SEPARATORS = re.compile(r"[\s\-–—.·]+")


class Unreadable(ValueError):
    """No QR or code of ours."""


@dataclass(frozen=True)
class Shown:
    """What a QR says: which key signed (``kid``: four hexadecimal digits), which pass, which rotation."""

    kid: str
    qr_id: int
    rotation: int

    def body(self) -> bytes:
        return bytes.fromhex(self.kid) + self.qr_id.to_bytes(8, "big") + self.rotation.to_bytes(2, "big")

    def signed_bytes(self) -> bytes:
        """What the signature covers."""
        return PREFIX.encode() + self.body()


def key_id(public_key: bytes) -> str:
    """The two-byte id of a verification key: the beginning of its SHA-256, in hexadecimal."""
    return hashlib.sha256(public_key).hexdigest()[:4]


def write_qr(shown: Shown, sign: Callable[[bytes], bytes]) -> str:
    """The QR's text; ``sign`` makes the 64 bytes of Ed25519 over what it is given."""
    return PREFIX + _to_base45(shown.body() + sign(shown.signed_bytes()))


def read_qr(text: str) -> tuple[Shown, bytes]:
    """What a QR says, and the signature that is still to be verified. Raises Unreadable."""
    if not text.startswith(PREFIX):
        raise Unreadable
    raw = _from_base45(text[len(PREFIX) :])
    if len(raw) != _BODY_BYTES + _SIGNATURE_BYTES:
        raise Unreadable
    shown = Shown(raw[:2].hex(), int.from_bytes(raw[2:10], "big"), int.from_bytes(raw[10:12], "big"))
    return shown, raw[_BODY_BYTES:]


def _to_base45(raw: bytes) -> str:
    """RFC 9285, for an even number of bytes: each pair gives three characters."""
    written = []
    for index in range(0, len(raw), 2):
        value = raw[index] << 8 | raw[index + 1]
        written += [_BASE45[value % 45], _BASE45[value // 45 % 45], _BASE45[value // 2025]]
    return "".join(written)


def _from_base45(text: str) -> bytes:
    if len(text) % 3:
        raise Unreadable
    raw = bytearray()
    try:
        values = [_VALUE45[character] for character in text]
    except KeyError:
        raise Unreadable from None
    for low, middle, high in zip(values[::3], values[1::3], values[2::3], strict=True):
        value = low + 45 * middle + 2025 * high
        if value > 0xFFFF:
            raise Unreadable
        raw += value.to_bytes(2, "big")
    return bytes(raw)


def write_code(random_bits: int) -> str:
    """A typed code from 55 random bits."""
    digits = [ALPHABET[random_bits >> 5 * index & 31] for index in range(CODE_LENGTH - 1)]
    return "".join(digits) + _check_character("".join(digits))


def read_code(typed: str) -> str:
    """The code in its one written form: capitals, no blanks or dashes, O read as 0, I and L as 1. Raises Unreadable
    if it can't be one of ours."""
    code = _SEPARATORS.sub("", typed).upper().translate(_READ_AS)
    if len(code) != CODE_LENGTH or any(character not in ALPHABET for character in code):
        raise Unreadable
    if _check_character(code[:-1]) != code[-1]:
        raise Unreadable
    return code


def show_code(code: str) -> str:
    """In groups of four, as printed."""
    return "-".join(code[index : index + 4] for index in range(0, CODE_LENGTH, 4))


def _check_character(digits: str) -> str:
    """ISO/IEC 7064, hybrid system MOD n+1,n with n = 32."""
    n = len(ALPHABET)
    product = n
    for character in digits:
        total = (product + ALPHABET.index(character)) % n or n
        product = total * 2 % (n + 1)
    return ALPHABET[(1 - product) % n]
