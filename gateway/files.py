"""Files through the gateway: streamed into the store on the way in, out of it on the way back.

No process holds a whole file: an upload goes to the store's incoming area and only its id travels by RPC;
the service that owns the document judges the content. A download is named by content hash.
"""

from collections.abc import Iterator
from typing import IO, Any
from urllib.parse import quote

from flask import Response, current_app
from werkzeug.datastructures import FileStorage

from services.chassis.files import FileStore

CHUNK = 64 * 1024


def file_store() -> FileStore:
    """The process's file store."""
    return current_app.extensions.setdefault("file_store", FileStore())


def stream_upload(upload: FileStorage | None) -> str | None:
    """Stream one uploaded file into the store; returns its incoming id, None when nothing was chosen."""
    if upload is None or not upload.filename:
        return None
    return file_store().incoming(upload.stream)


def send_stored(ref: dict[str, Any], *, inline: bool = False) -> Response:
    """Stream a stored file to the browser from an owner's `{sha256, filename, media_type}`.

    Always an attachment unless `inline` (our own PDFs and re-encoded images only).
    """
    response = Response(_chunks(file_store().open(ref["sha256"])), mimetype=ref["media_type"])
    disposition = "inline" if inline else "attachment"
    response.headers["Content-Disposition"] = f"{disposition}; filename*=UTF-8''{quote(ref['filename'])}"
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    """The opened file piece by piece; it runs while the answer is sent, when there is no application context."""
    with stream:
        while chunk := stream.read(CHUNK):
            yield chunk
