"""Files: encrypted, found by the SHA-256 of their clear content, never wholly in memory.

The store is any fsspec place (``PSL_FILES_URL``: a local folder or S3). It has two areas::

    incoming/<random id>              streamed in by whoever receives it; does not count yet
    content/<sha256[:2]>/<sha256>     checked and kept by its owner

Messages carry the incoming id or the SHA-256, never the contents. Content is shared: two owners who keep the
same bytes keep one file, so an owner deletes only what none of its rows names any more.

How a file is encrypted: see `services.chassis.sealing`.
"""

import hashlib
import io
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import IO, Any, Protocol

from services.chassis import sealing
from services.chassis.config import settings
from services.chassis.keys import keyring
from services.chassis.storage import Storage

_INCOMING_ID = re.compile(r"[0-9a-f]{32}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_READ_BYTES = 64 * 1024


class Readable(Protocol):
    """What a stream must offer to be stored."""

    def read(self, size: int, /) -> bytes: ...


class FileRefused(Exception):
    """The file isn't taken or isn't there; ``code`` says why, ``fields`` are facts that go with it."""

    code = "file_refused"

    def __init__(self, **fields: Any):
        super().__init__(fields)
        self.fields = fields


class FileUnknown(FileRefused):
    """There is no such file: a wrong or expired id. The sender sends the file again."""

    code = "file_unknown"


class FileTooLarge(FileRefused):
    """The stream holds more than ``limit_bytes``; nothing of it was kept. The sender sends a smaller file."""

    code = "file_too_large"


@dataclass(frozen=True)
class StoredFile:
    """A kept file: ``sha256`` of its clear content (64 hexadecimal digits), ``size`` in bytes."""

    sha256: str
    size: int


class FileStore:
    """The platform's file store, at ``url`` or where the settings say."""

    def __init__(self, url: str | None = None):
        self._storage = Storage(url or settings().files_url)

    def incoming(self, stream: Readable, limit_bytes: int | None = None) -> str:
        """Take a stream in and return its incoming id. Raises FileTooLarge once ``limit_bytes`` are passed;
        then nothing of it stays."""
        incoming_id = secrets.token_hex(16)
        self._write(f"incoming/{incoming_id}", stream, limit_bytes)
        return incoming_id

    def open_incoming(self, incoming_id: str) -> IO[bytes]:
        """A seekable stream of an incoming file's clear content. Raises FileUnknown."""
        return self._open(_incoming_name(incoming_id))

    def adopt(self, incoming_id: str) -> StoredFile:
        """Keep an incoming file as it is; its incoming name goes. Raises FileUnknown."""
        name = _incoming_name(incoming_id)
        with self._open(name) as stream:
            stored = _measure(stream)
        self._keep(name, stored)
        self._storage.delete(name)
        return stored

    def put(self, stream: Readable, limit_bytes: int | None = None) -> StoredFile:
        """Keep the stream's content under its SHA-256; content already kept isn't written twice.
        Raises FileTooLarge."""
        passing = f"incoming/{secrets.token_hex(16)}"
        stored = self._write(passing, stream, limit_bytes)
        try:
            self._keep(passing, stored)
        finally:
            self._storage.delete(passing)
        return stored

    def open(self, sha256: str) -> IO[bytes]:
        """A seekable stream of a kept file's clear content. Raises FileUnknown."""
        return self._open(_content_name(sha256))

    def exists(self, sha256: str) -> bool:
        """Whether a file with this content is kept."""
        return self._storage.exists(_content_name(sha256))

    def delete(self, sha256: str) -> None:
        """Remove a kept file; one that isn't there is no fault."""
        self._storage.delete(_content_name(sha256))

    def discard(self, incoming_id: str) -> None:
        """Remove an incoming file; one that isn't there is no fault."""
        self._storage.delete(_incoming_name(incoming_id))

    def purge_incoming(self, older_than: timedelta) -> int:
        """Remove what came in longer ago (by the machine's clock, which is the store's) and was never kept; returns
        how many. Broken writes go too."""
        latest = datetime.now(UTC) - older_than
        old = [name for name, at in self._storage.listing("incoming") if at < latest]
        for name in old:
            self._storage.delete(name)
        return len(old)

    def names(self) -> Iterator[str]:
        """The SHA-256 of every kept file (backups and reconciliation)."""
        for name, _ in self._storage.listing("content"):
            yield name.rsplit("/", 1)[-1]

    def reseal(self) -> int:
        """Encrypt again, under the current key, every kept file that an older key encrypted; returns how
        many."""
        old = [name for name, _ in list(self._storage.listing("content")) if self._sealed_by(name) != _current_key()]
        for name in old:
            with self._open(name) as clear:
                self._write(name, clear, None)
        return len(old)

    def _sealed_by(self, name: str) -> str:
        with self._storage.reading(name) as source:
            return sealing.key_id(source)

    def _keep(self, passing: str, stored: StoredFile) -> None:
        """Encrypt again under the final name: a file's name is authenticated with its content."""
        if self._storage.exists(_content_name(stored.sha256)):
            return
        with self._open(passing) as clear:
            self._write(_content_name(stored.sha256), clear, None)

    def _write(self, name: str, stream: Readable, limit_bytes: int | None) -> StoredFile:
        digest, size = hashlib.sha256(), 0
        with self._storage.writing(name) as target, _sealing(target, name) as sealed:
            while piece := stream.read(_READ_BYTES):
                size += len(piece)
                if limit_bytes is not None and size > limit_bytes:
                    raise FileTooLarge(limit_bytes=limit_bytes)
                digest.update(piece)
                sealed.write(piece)
        return StoredFile(digest.hexdigest(), size)

    def _open(self, name: str) -> IO[bytes]:
        try:
            source = self._storage.reading(name)
        except FileNotFoundError:
            raise FileUnknown(name=name.rsplit("/", 1)[-1]) from None
        return io.BufferedReader(sealing.Opened(source, name), buffer_size=sealing.FRAME_BYTES)


def _current_key() -> str:
    return keyring("files", "content").current.kid


def _measure(stream: Readable) -> StoredFile:
    digest, size = hashlib.sha256(), 0
    while piece := stream.read(_READ_BYTES):
        digest.update(piece)
        size += len(piece)
    return StoredFile(digest.hexdigest(), size)


@contextmanager
def _sealing(target: IO[bytes], name: str) -> Iterator[sealing.Sealer]:
    """A sealer that writes the final frame only when the block ends well."""
    sealer = sealing.Sealer(target, name)
    yield sealer
    sealer.finish()


def _incoming_name(incoming_id: str) -> str:
    if not _INCOMING_ID.fullmatch(str(incoming_id)):
        raise FileUnknown(name=str(incoming_id)[:64])
    return f"incoming/{incoming_id}"


def _content_name(sha256: str) -> str:
    if not _SHA256.fullmatch(str(sha256)):
        raise FileUnknown(name=str(sha256)[:64])
    return f"content/{sha256[:2]}/{sha256}"
