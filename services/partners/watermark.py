"""The copy of an identity document that agents see: the same pages with a diagonal mark saying what it is for.

A copy that leaves the review by whatever way is then worth little to a thief (CNIL's advice on copies of identity
documents). Like the checks of `services.chassis.uploads`, the drawing happens in a process of its own, on memory only:
``python watermark.py <descriptor in> <descriptor out> <media type> <text>``.
"""

import io
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from PIL import Image

    from services.chassis.files import FileStore
    from services.chassis.uploads import CheckedFile

WITHIN_S = 25
_PIECE_BYTES = 64 * 1024
_LINES = 5
_LONGEST_SIDE = 2400  # pixels: every word of a card can be read, and a large photo doesn't fill the memory


class NotMarked(Exception):
    """The copy could not be made; the upload is refused rather than leave an unmarked copy for agents. The sender makes
    the file anew."""

    code = "file_unreadable"

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, Any] = {}


def keep_copy(store: "FileStore", checked: "CheckedFile", text: str) -> str:
    """Store the marked copy of a kept file; returns its SHA-256. Raises NotMarked."""
    with _memory() as original, _memory() as marked:
        with store.open(checked.sha256) as source:
            while piece := source.read(_PIECE_BYTES):
                original.write(piece)
        original.flush()
        original.seek(0)
        _run(original, marked, checked.media_type, f"Copie réservée à l’instruction – Caf – {text}")
        marked.seek(0)
        return store.put(marked).sha256


@contextmanager
def _memory() -> Iterator[IO[bytes]]:
    with os.fdopen(os.memfd_create("watermark"), "w+b") as file:
        yield file


def _run(original: IO[bytes], marked: IO[bytes], media_type: str, text: str) -> None:
    handles = (original.fileno(), marked.fileno())
    command = [sys.executable, "-I", str(Path(__file__)), *map(str, handles), media_type, text]
    process = subprocess.Popen(  # noqa: S603 - our own program and text
        command, pass_fds=handles, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={"LC_ALL": "C.UTF-8"}
    )
    try:
        status = process.wait(timeout=WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise NotMarked() from None
    if status != 0:
        raise NotMarked()


def mark_image(source: BinaryIO, target: BinaryIO, text: str) -> None:
    """Write the picture as JPEG or PNG again with the text across it."""
    from PIL import Image

    with Image.open(source) as image:
        kind = image.format or "PNG"
        image.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
        picture = image.convert("RGBA")
    side = int(math.hypot(*picture.size))
    angle = math.degrees(math.atan2(picture.height, picture.width))
    layer = _layer(text, side).rotate(angle, Image.Resampling.BICUBIC)
    left, top = (side - picture.width) // 2, (side - picture.height) // 2
    picture.alpha_composite(layer.crop((left, top, left + picture.width, top + picture.height)))
    picture = picture.convert("RGB") if kind == "JPEG" else picture.convert("RGBA" if kind == "PNG" else "P")
    picture.save(target, format=kind)


_LAYER = """
#let side = float(sys.inputs.side) * 1pt
#let size = float(sys.inputs.size) * 1pt
#let lines = int(sys.inputs.lines)
#set page(width: side, height: side, margin: 0pt, fill: none)
#set text(font: "Libertinus Serif", weight: "bold", size: size, fill: rgb(170, 20, 20, 120))
#for line in range(lines) { place(dx: size, dy: side * (line + .5) / lines, box(sys.inputs.text)) }
"""


def _layer(text: str, side: int) -> "Image.Image":
    """The lines of text on nothing, `side` pixels square; by typst, whose fonts have accents (Pillow's own hasn't)."""
    import typst
    from PIL import Image

    size = max(12, side / max(len(text), 1) * 1.5)
    inputs = {"text": text, "side": str(side), "size": f"{size:.1f}", "lines": str(_LINES)}
    compiler = typst.Compiler(_LAYER.encode(), ignore_system_fonts=True, sys_inputs=inputs)
    drawn = compiler.compile(format="png", ppi=72)
    if not isinstance(drawn, bytes):
        raise TypeError("typst drew no single picture")
    return Image.open(io.BytesIO(drawn)).convert("RGBA").crop((0, 0, side, side))


def mark_pdf(source: BinaryIO, target: BinaryIO, text: str) -> None:
    """Write the PDF again with the text across each page."""
    import pikepdf

    with pikepdf.open(source) as pdf:
        font = pdf.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Font,
                Subtype=pikepdf.Name.Type1,
                BaseFont=pikepdf.Name("/Helvetica-Bold"),
                Encoding=pikepdf.Name.WinAnsiEncoding,
            )
        )
        see_through = pdf.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.ExtGState, ca=0.45))
        for page in pdf.pages:
            _mark_page(page, font, see_through, text)
        pdf.save(target)


def _mark_page(page: Any, font: Any, see_through: Any, text: str) -> None:
    import pikepdf

    font_name = page.add_resource(font, pikepdf.Name.Font)
    state_name = page.add_resource(see_through, pikepdf.Name.ExtGState)
    left, bottom, right, top = (float(side) for side in page.mediabox)
    width, height = right - left, top - bottom
    angle = math.atan2(height, width)
    size = max(8.0, math.hypot(width, height) / max(len(text), 1) * 1.5)
    shown = text.encode("cp1252", "replace").hex()
    lines = [f"q {state_name} gs 0.66 0.08 0.08 rg BT {font_name} {size:.1f} Tf"]
    for line in range(_LINES):
        x = left + width * 0.05
        y = bottom + height * (line - 1.5) / _LINES
        cosine, sine = math.cos(angle), math.sin(angle)
        lines.append(f"{cosine:.4f} {sine:.4f} {-sine:.4f} {cosine:.4f} {x:.1f} {y:.1f} Tm <{shown}> Tj")
    lines.append("ET Q")
    page.contents_add(b"q\n", prepend=True)
    page.contents_add(("\nQ\n" + "\n".join(lines)).encode("ascii"))


def main(source_fd: int, target_fd: int, media_type: str, text: str) -> None:
    with os.fdopen(source_fd, "rb") as source, os.fdopen(target_fd, "wb") as target:
        mark = mark_pdf if media_type == "application/pdf" else mark_image
        mark(source, target, text)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4])
