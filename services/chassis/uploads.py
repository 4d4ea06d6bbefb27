"""Uploaded files count only after their owner has checked them: by content, never by name.

`check` takes an incoming file, refuses what isn't a plain picture or document, and keeps a harmless copy:
images are encoded again (EXIF gone), PDFs rewritten without scripts, attachments and forms. The decoding
happens in a process of its own with limits (`services.chassis.cleaning`), on memory only: no clear content
touches the disk. Where an antivirus is configured (``PSL_CLAMD``), it sees the file first.
"""

import json
import os
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, ClassVar

from services.chassis import antivirus, cleaning
from services.chassis.config import settings
from services.chassis.files import FileRefused, FileStore, FileTooLarge
from services.chassis.refusals import Unavailable

_PIECE_BYTES = 64 * 1024
_WITHIN_S = 25
_SCAN_WITHIN_S = 20
_NAME_LENGTH = 120
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*;%\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]+')


class FileEmpty(FileRefused):
    """The file holds nothing. The sender chooses another one."""

    code = "file_empty"


class FileKindRefused(FileRefused):
    """The content is none of the accepted kinds (``found``: what it looks like). The sender converts it."""

    code = "file_kind_refused"


class FileUnreadable(FileRefused):
    """The content is damaged, or too costly to read. The sender makes the file anew (a fresh scan or
    photo)."""

    code = "file_unreadable"


class FileEncrypted(FileRefused):
    """The PDF opens only with a password. The sender removes the password."""

    code = "file_encrypted"


class FileTooManyPixels(FileRefused):
    """The picture holds more than ``max_pixels``. The sender sends a smaller one."""

    code = "file_too_many_pixels"


class FileTooManyPages(FileRefused):
    """The PDF holds no page, or more than ``max_pages``. The sender sends the pages that matter."""

    code = "file_too_many_pages"


class FileInfected(FileRefused):
    """The antivirus recognised something. The sender looks after their machine."""

    code = "file_infected"


_REFUSALS: dict[str, type[FileRefused]] = {
    refusal.code: refusal
    for refusal in (FileKindRefused, FileUnreadable, FileEncrypted, FileTooManyPixels, FileTooManyPages)
}


@dataclass(frozen=True)
class UploadRules:
    """What is accepted. The default limit is 10 MB as the applicants are told; 50 million pixels is a large
    camera's picture and fits the cleaning process' memory."""

    kinds: frozenset[str] = frozenset(cleaning.MEDIA_TYPES)
    limit_bytes: int = 10 * 1024 * 1024
    max_pixels: int = 50_000_000
    max_pages: int = 300
    text: bool = False
    """Whether the text of a PDF is wanted too."""

    DEFAULT: ClassVar["UploadRules"]

    def as_json(self) -> str:
        """The rules for the cleaning process."""
        limits = {"max_pixels": self.max_pixels, "max_pages": self.max_pages}
        return json.dumps({"kinds": sorted(self.kinds), "text": self.text, **limits})


UploadRules.DEFAULT = UploadRules()


@dataclass(frozen=True)
class CheckedFile:
    """A kept, harmless file: its SHA-256 and size (of the cleaned copy), kind (``pdf``…) and media type; ``text``: the
    beginning of what a machine can read in it, empty for a picture, None if it wasn't asked for."""

    sha256: str
    size: int
    kind: str
    media_type: str
    text: str | None = field(default=None, repr=False, compare=False)


def check(store: FileStore, incoming_id: str, rules: UploadRules = UploadRules.DEFAULT) -> CheckedFile:
    """Check an incoming file, keep its cleaned copy, forget the original.

    Raises a `FileRefused` (FileUnknown, FileEmpty, FileTooLarge, FileKindRefused, FileUnreadable,
    FileEncrypted, FileTooManyPixels, FileTooManyPages, FileInfected); then the original is forgotten too.
    Raises Unavailable when the antivirus doesn't answer; then the original stays for another try.
    """
    with _memory() as original, _memory() as cleaned:
        try:
            _fetch(store, incoming_id, original, rules.limit_bytes)
            _scan(original)
            verdict = _clean(original, cleaned, rules)
        except FileRefused:
            with suppress(FileRefused):
                store.discard(incoming_id)
            raise
        cleaned.seek(0)
        kept = store.put(cleaned)
    store.discard(incoming_id)
    return CheckedFile(kept.sha256, kept.size, verdict["kind"], verdict["media_type"], _text(verdict, rules))


def _text(verdict: dict[str, str], rules: UploadRules) -> str | None:
    return verdict.get("text", "") if rules.text else None


@contextmanager
def _memory() -> Iterator[IO[bytes]]:
    """An anonymous file in memory that another process can be given."""
    with os.fdopen(os.memfd_create("upload"), "w+b") as file:
        yield file


def _fetch(store: FileStore, incoming_id: str, target: IO[bytes], limit_bytes: int) -> None:
    size = 0
    with store.open_incoming(incoming_id) as source:
        while piece := source.read(_PIECE_BYTES):
            size += len(piece)
            if size > limit_bytes:
                raise FileTooLarge(limit_bytes=limit_bytes)
            target.write(piece)
    if not size:
        raise FileEmpty()
    target.flush()


def _scan(file: IO[bytes]) -> None:
    """Ask the antivirus, where one is configured. Raises FileInfected or Unavailable."""
    address = settings().clamd
    if not address:
        return
    file.seek(0)
    try:
        state = antivirus.judge(address, file, within_s=_SCAN_WITHIN_S)
    except OSError as fault:
        raise Unavailable("the antivirus doesn't answer") from fault
    if state == "FOUND":
        raise FileInfected()
    if state != "OK":
        raise Unavailable("the antivirus could not judge")


def _clean(original: IO[bytes], cleaned: IO[bytes], rules: UploadRules) -> dict[str, str]:
    """Have the cleaning process do its work. Raises the refusal that it found."""
    original.seek(0)
    handles = (original.fileno(), cleaned.fileno())
    command = [sys.executable, "-I", str(Path(cleaning.__file__)), *map(str, handles), rules.as_json()]
    process = subprocess.Popen(  # noqa: S603 - our own program, no text of the sender's
        command, pass_fds=handles, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={"LC_ALL": "C.UTF-8"}
    )
    try:
        answer, _ = process.communicate(timeout=_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise FileUnreadable() from None
    return _verdict(process.returncode, answer)


def _verdict(status: int, answer: bytes) -> dict[str, str]:
    try:
        verdict = json.loads(answer) if status == 0 else None
    except ValueError:
        verdict = None
    if verdict is None:  # the process met one of its limits, or a decoder crashed
        raise FileUnreadable()
    if "refused" in verdict:
        raise _REFUSALS[verdict["refused"]](**verdict["fields"])
    return verdict


def safe_name(name: str, kind: str) -> str:
    """A file name to show and to offer for download: no path, no control or direction characters, at most 120
    characters, and the ending of what the file really is."""
    base = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    stem = _UNSAFE.sub("_", base).rsplit(".", 1)[0].strip(" ._")
    ending = "jpg" if kind == "jpeg" else kind
    return f"{stem[: _NAME_LENGTH - len(ending) - 1] or 'fichier'}.{ending}"
