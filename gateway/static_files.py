"""Our style sheets, scripts and images, and those of npm packages (`gateway/static/vendor`, made at set-up).

`asset("css/theme.css")` gives an address that carries the content's hash, so that browsers keep the file for a
year and take the new one at once; text files are sent compressed.
"""

import gzip
import hashlib
import mimetypes
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, abort, request, url_for
from werkzeug.security import safe_join

from gateway.access import VISITOR, allow

ROOT = Path(__file__).parent
STATIC = ROOT / "static"
YEAR_S, MONTH_S = 31_536_000, 2_592_000
COMPRESSED = frozenset({"text/css", "text/javascript", "application/javascript", "image/svg+xml",
                        "application/wasm", "application/json", "application/manifest+json"})  # fmt: skip
MIN_COMPRESSED_BYTES = 860
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("application/wasm", ".wasm")
mimetypes.add_type("application/manifest+json", ".webmanifest")
mimetypes.add_type("font/woff2", ".woff2")


@lru_cache(maxsize=512)
def _fingerprint(name: str, _modified: float) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def asset(name: str) -> str:
    """The address of a static file, with its content's hash."""
    path = STATIC / name
    version = _fingerprint(name, path.stat().st_mtime) if path.is_file() else "missing"
    return url_for("static", filename=name, v=version)


@lru_cache(maxsize=256)
def _compressed(path: str, _modified: float) -> bytes:
    return gzip.compress(Path(path).read_bytes(), compresslevel=9, mtime=0)


def _send(filename: str) -> Response:
    path = Path(safe_join(str(STATIC), filename) or abort(404))
    if not path.is_file():
        abort(404)
    response = _body(path)
    response.headers["Cache-Control"] = _kept(filename)
    response.make_conditional(request)
    return response


def _kept(filename: str) -> str:
    """How long a browser may keep it. Style sheets name fonts without a hash; they all but never change."""
    if "v" in request.args:
        return f"public, max-age={YEAR_S}, immutable"
    return f"public, max-age={MONTH_S}" if filename.endswith(".woff2") else "no-cache"


def _body(path: Path) -> Response:
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    modified = path.stat().st_mtime
    compress = media_type in COMPRESSED and "gzip" in request.accept_encodings
    body = _compressed(str(path), modified) if compress else path.read_bytes()
    response = Response(body, mimetype=media_type)
    response.set_etag(f"{int(modified * 1000):x}-{len(body):x}")
    response.headers["Vary"] = "Accept-Encoding"
    if compress:
        response.headers["Content-Encoding"] = "gzip"
    return response


def compress_page(response: Response) -> Response:
    """HTML is sent compressed too: a long list weighs a tenth on a phone."""
    if (
        response.mimetype != "text/html" or response.is_streamed or response.direct_passthrough
        or "Content-Encoding" in response.headers or "gzip" not in request.accept_encodings
        or len(response.data) < MIN_COMPRESSED_BYTES
    ):  # fmt: skip
        return response
    response.data = gzip.compress(response.data, compresslevel=5)
    response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    return response


def register(app: Flask) -> None:
    app.view_functions["static"] = allow(VISITOR)(_send)
    app.after_request(compress_page)
    app.jinja_env.globals["asset"] = asset
