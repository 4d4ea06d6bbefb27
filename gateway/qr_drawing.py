"""QR codes drawn into a page or as a file; always black on white, so that a camera reads them in dark mode too."""

import io

import segno
from markupsafe import Markup


def qr_svg(text: str, *, fluid: bool = False) -> Markup:
    """An inline drawing of `text`; `fluid`: as wide as the place it stands in."""
    code = segno.make(text, error="m", micro=False)
    drawn = code.svg_inline(
        scale=1 if fluid else 5, border=4, dark="#000", light="#fff", svgclass="qr", lineclass=None, omitsize=fluid
    )
    return Markup(drawn)  # noqa: S704 - segno's own drawing; the text is in its modules, not in its markup


def qr_file(text: str) -> bytes:
    """The same as an SVG file, for a club's own posters and leaflets; more of it may be hidden (a logo, a stain)."""
    written = io.BytesIO()
    segno.make(text, error="q", micro=False).save(written, kind="svg", scale=10, border=4, dark="#000", light="#fff")
    return written.getvalue()
