"""Judge one untrusted file by its content and write a harmless copy of it. Runs as a process of its own.

``python cleaning.py <descriptor in> <descriptor out> <rules as JSON>`` prints a verdict as JSON:
``{"kind": …, "media_type": …, "text": …}`` or ``{"refused": code, "fields": {…}}``. The process limits its own memory,
time and output first, so that a bomb or a fault in a decoder ends it and nobody else. Images are decoded and
encoded again (which drops EXIF and whatever trails them); PDFs are rewritten without anything that runs,
opens or embeds. It imports nothing of this project.
"""

import json
import os
import resource
import sys
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import pikepdf
import puremagic
import pypdf
from PIL import Image, ImageOps

MEDIA_TYPES = {"png": "image/png", "jpeg": "image/jpeg", "gif": "image/gif", "pdf": "application/pdf"}
_KINDS = {media_type: kind for kind, media_type in MEDIA_TYPES.items()}
_MEMORY_BYTES = 1536 * 1024 * 1024
_CPU_S = 20
_OUTPUT_BYTES = 128 * 1024 * 1024
_HEAD_BYTES = 2048
_JPEG_QUALITY = 90
_MAX_DEPTH = 60
_TEXT_PAGES = 5
_TEXT_CHARACTERS = 20_000

# What may run, fetch, submit, embed or hide something (ISO 32000-2: 12.6 actions, 7.11.4 embedded files,
# 12.7.8 XFA).
_PDF_KEYS = frozenset(
    [
        "/JS",
        "/JavaScript",
        "/AA",
        "/OpenAction",
        "/EmbeddedFiles",
        "/EmbeddedFile",
        "/EF",
        "/AF",
        "/XFA",
        "/RichMediaContent",
        "/RichMediaSettings",
        "/Collection",
        "/PieceInfo",
        "/Metadata",
        "/AcroForm",
    ]
)
_PDF_STREAM_KEYS = frozenset({"/F", "/FFilter", "/FDecodeParms", "/Ref"})  # contents that lie in another file
_PDF_ACTIONS = frozenset({"/GoTo", "/URI", "/Named"})
_PDF_ANNOTATIONS = frozenset(
    ["/FileAttachment", "/RichMedia", "/Screen", "/Movie", "/Sound", "/3D", "/Widget", "/TrapNet"]
)


class Refused(Exception):
    """The file isn't taken, for the reason ``code``."""

    def __init__(self, code: str, **fields: Any):
        super().__init__(code)
        self.code, self.fields = code, fields


def kind_of(head: bytes) -> str:
    """``png``, ``jpeg``, ``gif`` or ``pdf``, by the file's first bytes. Raises Refused."""
    try:
        found = [match.mime_type for match in puremagic.magic_string(head)]
    except (puremagic.PureError, ValueError):
        found = []
    for media_type in found:
        if media_type in _KINDS:
            return _KINDS[media_type]
    raise Refused("file_kind_refused", found=found[0] if found and found[0] else "unknown")


def clean_image(kind: str, source: BinaryIO, target: BinaryIO, rules: dict[str, Any]) -> None:
    """Decode and encode again, upright, first picture only, without metadata. Raises Refused."""
    with Image.open(source, formats=[kind.upper()]) as image:
        if image.width * image.height > rules["max_pixels"]:
            raise Refused("file_too_many_pixels", max_pixels=rules["max_pixels"])
        picture = ImageOps.exif_transpose(image) or image
        picture = _plain(picture, kind)
        options = {"quality": _JPEG_QUALITY} if kind == "jpeg" else {}
        picture.save(target, format=kind.upper(), **options)


def _plain(picture: Image.Image, kind: str) -> Image.Image:
    """The pixels without comments, profiles and the like, in a mode that the format can hold."""
    if "transparency" in picture.info and kind == "png":
        picture = picture.convert("RGBA")
    elif kind == "jpeg" and picture.mode not in ("L", "RGB"):
        picture = picture.convert("RGB")
    else:
        picture = picture.copy()
    picture.info = {}
    return picture


def clean_pdf(source: BinaryIO, target: BinaryIO, rules: dict[str, Any]) -> None:
    """Write the PDF again without scripts, actions, forms, attachments and metadata. Raises Refused."""
    try:
        pdf = pikepdf.open(source, suppress_warnings=True)
    except pikepdf.PasswordError:
        raise Refused("file_encrypted") from None
    with pdf:
        if not 1 <= len(pdf.pages) <= rules["max_pages"]:
            raise Refused("file_too_many_pages", max_pages=rules["max_pages"])
        _flatten_forms(pdf)
        for thing in list(pdf.objects):
            _scrub(thing, 0)
        for page in pdf.pages:
            _drop_annotations(page.obj)
        if "/Names" in pdf.Root:
            del pdf.Root.Names
        if "/Info" in pdf.trailer:
            del pdf.trailer["/Info"]
        pdf.save(target, encryption=False, static_id=False)


def _flatten_forms(pdf: pikepdf.Pdf) -> None:
    """What was typed into a form becomes part of its page."""
    if "/AcroForm" not in pdf.Root:
        return
    pdf.generate_appearance_streams()
    pdf.flatten_annotations("all")


def _scrub(thing: Any, depth: int) -> None:
    """Remove what is dangerous from one object and from all that lies directly in it."""
    if depth > _MAX_DEPTH:
        raise Refused("file_unreadable")
    if isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
        for key in [key for key in thing.keys() if _dangerous(key, thing)]:  # noqa: SIM118
            del thing[key]
        for value in _direct(thing[key] for key in thing.keys()):  # noqa: SIM118
            _scrub(value, depth + 1)
    elif isinstance(thing, pikepdf.Array):
        for value in _direct(iter(thing)):
            _scrub(value, depth + 1)


def _dangerous(key: str, holder: Any) -> bool:
    if key in _PDF_KEYS or (key in _PDF_STREAM_KEYS and isinstance(holder, pikepdf.Stream)):
        return True
    if key == "/Next":  # a chain of actions; in bookmarks, which have no /S, it is the next one
        return "/S" in holder
    value = holder.get(key)
    if key not in ("/A", "/PA") or not isinstance(value, pikepdf.Dictionary):
        return False
    action = str(value.get("/S", ""))
    return action not in _PDF_ACTIONS or (action == "/URI" and not _web_address(value))


def _web_address(action: pikepdf.Dictionary) -> bool:
    return str(action.get("/URI", "")).lower().startswith(("https://", "http://", "mailto:"))


def _direct(values: Iterator[Any]) -> Iterator[Any]:
    """Containers that are no objects of their own: those come by themselves."""
    for value in values:
        if isinstance(value, pikepdf.Object) and not value.is_indirect:
            yield value


def _drop_annotations(page: Any) -> None:
    annotations = page.get("/Annots")
    if not isinstance(annotations, pikepdf.Array):
        return
    kept = [
        note
        for note in annotations
        if isinstance(note, pikepdf.Dictionary) and str(note.get("/Subtype", "")) not in _PDF_ANNOTATIONS
    ]
    page["/Annots"] = pikepdf.Array(kept)


def text_of(file: BinaryIO) -> str:
    """What a machine can read in the first pages of a PDF; nothing of a scan, nor of what can't be read."""
    try:
        pages = pypdf.PdfReader(file).pages
        found = "\n".join(pages[number].extract_text() for number in range(min(len(pages), _TEXT_PAGES)))
    except Exception:  # the text is a comfort: a fault in it doesn't refuse the file
        return ""
    return found[:_TEXT_CHARACTERS]


def clean(source: BinaryIO, target: BinaryIO, rules: dict[str, Any]) -> dict[str, str]:
    """Judge and copy; with the rule ``text``, read a PDF's text too. Raises Refused."""
    kind = kind_of(source.read(_HEAD_BYTES))
    if kind not in rules["kinds"]:
        raise Refused("file_kind_refused", found=MEDIA_TYPES[kind])
    source.seek(0)
    try:
        if kind == "pdf":
            clean_pdf(source, target, rules)
        else:
            clean_image(kind, source, target, rules)
    except Refused:
        raise
    except Exception:  # decoders raise all sorts of things at broken files; each means the same to the sender
        raise Refused("file_unreadable") from None
    verdict = {"kind": kind, "media_type": MEDIA_TYPES[kind]}
    if rules.get("text") and kind == "pdf":
        source.seek(0)
        verdict["text"] = text_of(source)
    return verdict


def limit_this_process() -> None:
    """Bounds on memory, processor time, output and open files."""
    for what, most in (
        (resource.RLIMIT_AS, _MEMORY_BYTES),
        (resource.RLIMIT_CPU, _CPU_S),
        (resource.RLIMIT_FSIZE, _OUTPUT_BYTES),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def main(arguments: list[str], limit: Callable[[], None] = limit_this_process) -> int:
    """Clean what the first descriptor holds into the second; print the verdict."""
    limit()
    Image.MAX_IMAGE_PIXELS = None  # the rules' own limit is checked before any pixel is decoded
    rules = json.loads(arguments[2])
    with os.fdopen(int(arguments[0]), "rb") as source, os.fdopen(int(arguments[1]), "wb") as target:
        try:
            verdict: dict[str, Any] = clean(source, target, rules)
        except Refused as refusal:
            verdict = {"refused": refusal.code, "fields": refusal.fields}
    print(json.dumps(verdict))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
