"""How a file is encrypted: in frames, so that it can be written as a stream, read anywhere, and not be cut
unnoticed.

``header || frame 0 || frame 1 || … || final frame``. The header is ``PSF1``, the key id's length (1 byte),
the key id, and a random salt (16 bytes). Each file has its own AES-256 key: HKDF-SHA256 of the key ring's
key, the salt, and the file's name. Each frame holds 64 KiB of clear content (the final one: the rest, perhaps
nothing) and a tag of 16 bytes; its nonce is its number (11 bytes) and a byte that says whether it is the
final one (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015). A frame that is changed,
missing, doubled, moved or taken from another file doesn't open, and a file cut at a frame's edge lacks a
final frame.
"""

import io
import secrets
import struct
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from services.chassis.keys import Key, keyring, secret_key

FRAME_BYTES = 64 * 1024
_TAG_BYTES = 16
_SALT_BYTES = 16
_MAGIC = b"PSF1"


class FileBroken(Exception):
    """The stored file was changed, cut or put under another name, or its key is gone. Not to be served:
    report it."""


def _frame_key(key: Key, salt: bytes, name: str) -> AESGCM:
    derivation = HKDF(hashes.SHA256(), 32, salt, b"file\0" + name.encode("utf-8"))
    return AESGCM(derivation.derive(key.secret))


def _nonce(number: int, final: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if final else b"\x00")


def _header(key: Key, salt: bytes) -> bytes:
    kid = key.kid.encode("ascii")
    return _MAGIC + struct.pack("B", len(kid)) + kid + salt


class Sealer:
    """Writes a stream of clear bytes to ``target`` as frames. Without `finish` the result doesn't open."""

    def __init__(self, target: IO[bytes], name: str):
        key, salt = keyring("files", "content").current, secrets.token_bytes(_SALT_BYTES)
        self._target = target
        self._cipher = _frame_key(key, salt, name)
        self._held = bytearray()
        self._number = 0
        target.write(_header(key, salt))

    def write(self, clear: bytes) -> None:
        """Take any number of bytes; at most one frame is held back."""
        self._held += clear
        while len(self._held) > FRAME_BYTES:
            self._frame(bytes(self._held[:FRAME_BYTES]), final=False)
            del self._held[:FRAME_BYTES]

    def finish(self) -> None:
        """Write the final frame."""
        self._frame(bytes(self._held), final=True)
        self._held.clear()

    def _frame(self, clear: bytes, *, final: bool) -> None:
        self._target.write(self._cipher.encrypt(_nonce(self._number, final), clear, None))
        self._number += 1


def key_id(source: IO[bytes]) -> str:
    """Which key sealed the file; reads up to the end of that part of the header. Raises FileBroken."""
    if source.read(len(_MAGIC)) != _MAGIC:
        raise FileBroken
    length = (source.read(1) or b"\0")[0]
    return source.read(length).decode("ascii", "replace")


class Opened(io.RawIOBase):
    """The clear content of a sealed file, seekable; one frame is held at a time. Reading raises
    FileBroken."""

    def __init__(self, source: IO[bytes], name: str):
        self._source = source
        self._name = name
        self._cipher = self._read_header()
        self._start = source.tell()
        self._frames, self._size = self._measure()
        self._position = 0
        self._held: tuple[int, bytes] = (-1, b"")

    def _read_header(self) -> AESGCM:
        kid = key_id(self._source)
        salt = self._source.read(_SALT_BYTES)
        key = secret_key("files", "content", kid)
        if key is None or len(salt) != _SALT_BYTES:
            raise FileBroken(self._name)
        return _frame_key(key, salt, self._name)

    def _measure(self) -> tuple[int, int]:
        """How many frames there are, and how many clear bytes."""
        sealed = self._source.seek(0, io.SEEK_END) - self._start
        frames = -(-sealed // (FRAME_BYTES + _TAG_BYTES))
        size = sealed - frames * _TAG_BYTES
        if frames < 1 or size < 0:
            raise FileBroken(self._name)
        return frames, size

    def _frame(self, number: int) -> bytes:
        if self._held[0] != number:
            self._source.seek(self._start + number * (FRAME_BYTES + _TAG_BYTES))
            sealed = self._source.read(FRAME_BYTES + _TAG_BYTES)
            self._held = (number, self._open_frame(number, sealed))
        return self._held[1]

    def _open_frame(self, number: int, sealed: bytes) -> bytes:
        try:
            return self._cipher.decrypt(_nonce(number, number == self._frames - 1), sealed, None)
        except InvalidTag:
            raise FileBroken(self._name) from None

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        """Fill the buffer from the current frame. At the end the final frame has been opened, whatever its
        size."""
        if self._position >= self._size:
            self._frame(self._frames - 1)
            return 0
        number, offset = divmod(self._position, FRAME_BYTES)
        piece = self._frame(number)[offset : offset + len(buffer)]
        buffer[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def close(self) -> None:
        if not self.closed:
            self._source.close()
        super().close()
