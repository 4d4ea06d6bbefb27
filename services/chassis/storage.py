"""Where files lie: a thin, atomic layer over fsspec. A name appears only when its content is complete."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import fsspec

_PART = ".part-"


class Storage:
    """Files under one fsspec URL, named by relative paths."""

    def __init__(self, url: str):
        self._fs, self._root = fsspec.core.url_to_fs(url, **_options(url))
        self._local = "file" in _protocols(self._fs)

    @contextmanager
    def writing(self, name: str) -> Iterator[IO[bytes]]:
        """A stream whose bytes become the file ``name`` when the block ends well; else nothing of them
        stays."""
        write = self._write_local if self._local else self._write_remote
        with write(self._path(name)) as stream:
            yield stream

    def reading(self, name: str) -> IO[bytes]:
        """The file's stream, seekable. Raises FileNotFoundError."""
        path = self._path(name)
        if self._local:
            return open(path, "rb")
        stream: IO[bytes] = self._fs.open(path, "rb")
        return stream

    def exists(self, name: str) -> bool:
        return bool(self._fs.exists(self._path(name)))

    def delete(self, name: str) -> None:
        """Remove the file; one that isn't there is no fault."""
        with suppress(FileNotFoundError):
            self._fs.rm_file(self._path(name))

    def listing(self, area: str) -> Iterator[tuple[str, datetime]]:
        """Every file of an area with the instant at which it was written, broken writes included."""
        try:
            found = self._fs.find(self._path(area), detail=True)
        except FileNotFoundError:
            return
        for path, facts in found.items():
            yield path[len(self._root) :].lstrip("/"), _written_at(facts)

    def _path(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"

    @contextmanager
    def _write_local(self, path: str) -> Iterator[IO[bytes]]:
        """Beside the target, flushed to disk, then renamed: a crash leaves the old state or the new one."""
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f"{_PART}{secrets.token_hex(8)}")
        try:
            with open(part, "wb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        _sync_folder(target.parent)

    @contextmanager
    def _write_remote(self, path: str) -> Iterator[IO[bytes]]:
        """An upload that the store completes at the end, or forgets."""
        stream = self._fs.open(path, "wb", autocommit=False)
        try:
            yield stream
            stream.close()
            stream.commit()
        except BaseException:
            with suppress(Exception):
                stream.discard()
            raise


def _options(url: str) -> dict[str, Any]:
    """No listing cache: several processes write to one store."""
    return {} if url.startswith(("file:", "/")) else {"use_listings_cache": False}


def _protocols(fs: Any) -> tuple[str, ...]:
    return (fs.protocol,) if isinstance(fs.protocol, str) else tuple(fs.protocol)


def _written_at(facts: dict[str, Any]) -> datetime:
    """fsspec leaves the name and the type of this fact to each store."""
    at = facts.get("LastModified") or facts.get("mtime") or facts.get("created") or 0
    if isinstance(at, datetime):
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    return datetime.fromtimestamp(float(at), UTC)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
