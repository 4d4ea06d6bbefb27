"""Files as people and attackers send them, made on the spot: nothing dangerous lies in the repository."""

import io
import struct
import zlib

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream
from PIL import Image

SCRIPT = b"app.alert('psl-marker-script');"
EMBEDDED = b"MZ psl-marker-embedded"


def picture(kind: str = "png", size: tuple[int, int] = (60, 40), mode: str = "RGB") -> bytes:
    """A small picture with a gradient."""
    image = Image.linear_gradient("L").resize(size).convert(mode)
    target = io.BytesIO()
    image.save(target, kind.upper())
    return target.getvalue()


def photo_with_place() -> bytes:
    """A JPEG taken by a phone held sideways: EXIF with orientation, camera and GPS position."""
    image = Image.new("RGB", (60, 40), "teal")
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "psl-marker-camera"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (48.0, 54.0, 30.0)
    target = io.BytesIO()
    image.save(target, "JPEG", exif=exif, comment=b"psl-marker-comment")
    return target.getvalue()


def document(pages: int = 1, text: str = "Statuts") -> bytes:
    """A PDF with a line of text on each page."""
    target = io.BytesIO()
    with pikepdf.new() as pdf:
        for _ in range(pages):
            _page(pdf, text)
        pdf.save(target)
    return target.getvalue()


def _page(pdf: pikepdf.Pdf, text: str) -> pikepdf.Page:
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    content = f"BT /F1 24 Tf 72 700 Td ({text}) Tj ET".encode("latin-1")
    return pdf.add_blank_page(page_size=(595, 842)) and _fill(pdf, pdf.pages[-1], font, content)


def _fill(pdf: pikepdf.Pdf, page: pikepdf.Page, font: Dictionary, content: bytes) -> pikepdf.Page:
    page.obj["/Resources"] = Dictionary(Font=Dictionary(F1=font))
    page.obj["/Contents"] = Stream(pdf, content)
    return page


def hostile_document() -> bytes:
    """A PDF with everything that can run, open, submit or hide: scripts, launch, attachment, XFA, actions, a
    rich annotation, metadata."""
    target = io.BytesIO()
    with pikepdf.new() as pdf:
        page = _page(pdf, "RIB").obj
        script = pdf.make_indirect(Dictionary(S=Name.JavaScript, JS=pikepdf.String(SCRIPT.decode())))
        launch = Dictionary(S=Name.Launch, F=pikepdf.String("psl-marker-launch.exe"))
        attached = _attachment(pdf)
        pdf.Root.OpenAction = script
        pdf.Root.AA = Dictionary(WC=script)
        pdf.Root.Names = Dictionary(
            JavaScript=Dictionary(Names=Array([pikepdf.String("x"), script])),
            EmbeddedFiles=Dictionary(Names=Array([pikepdf.String("a.exe"), attached])),
        )
        pdf.Root.AF = Array([attached])
        pdf.Root.AcroForm = Dictionary(
            Fields=Array(), XFA=Stream(pdf, b"<xdp>psl-marker-xfa</xdp>"), CO=Array([script])
        )
        page["/AA"] = Dictionary(O=script)
        page["/Annots"] = Array(_annotations(pdf, script, launch, attached))
        pdf.docinfo["/Author"] = "psl-marker-author"
        pdf.save(target, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return target.getvalue()


def _attachment(pdf: pikepdf.Pdf) -> pikepdf.Object:
    stream = Stream(pdf, EMBEDDED)
    stream.Type = Name.EmbeddedFile
    return pdf.make_indirect(Dictionary(Type=Name.Filespec, F=pikepdf.String("a.exe"), EF=Dictionary(F=stream)))


def _annotations(
    pdf: pikepdf.Pdf, script: pikepdf.Object, launch: Dictionary, attached: pikepdf.Object
) -> list[Dictionary]:
    where = Array([0, 0, 100, 100])
    follow = Dictionary(S=Name.URI, URI=pikepdf.String("https://example.org/"), Next=script)
    return [
        Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=where, A=script),
        Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=where, A=launch),
        Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=where, A=follow),
        Dictionary(
            Type=Name.Annot,
            Subtype=Name.Link,
            Rect=where,
            A=Dictionary(S=Name.URI, URI=pikepdf.String("javascript:psl-marker-uri")),
        ),
        Dictionary(
            Type=Name.Annot,
            Subtype=Name.Link,
            Rect=where,
            A=Dictionary(S=Name.SubmitForm, F=pikepdf.String("psl-marker-submit")),
        ),
        Dictionary(Type=Name.Annot, Subtype=Name.FileAttachment, Rect=where, FS=attached),
        Dictionary(Type=Name.Annot, Subtype=Name.RichMedia, Rect=where, RichMediaContent=Dictionary(X=attached)),
    ]


def filled_form() -> bytes:
    """A PDF form in which somebody has typed."""
    target = io.BytesIO()
    with pikepdf.new() as pdf:
        page = _page(pdf, "Formulaire").obj
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        field = pdf.make_indirect(
            Dictionary(
                Type=Name.Annot,
                Subtype=Name.Widget,
                FT=Name.Tx,
                T=pikepdf.String("nom"),
                V=pikepdf.String("Tennis Club"),
                DA=pikepdf.String("/F1 12 Tf 0 g"),
                Rect=Array([72, 600, 300, 620]),
                P=page,
                F=4,
                AA=Dictionary(K=Dictionary(S=Name.JavaScript, JS=pikepdf.String(SCRIPT.decode()))),
            )
        )
        page["/Annots"] = Array([field])
        pdf.Root.AcroForm = Dictionary(
            Fields=Array([field]),
            DR=Dictionary(Font=Dictionary(F1=font)),
            DA=pikepdf.String("/F1 12 Tf 0 g"),
            NeedAppearances=True,
        )
        pdf.save(target)
    return target.getvalue()


def locked_document(*, password: str) -> bytes:
    """A PDF encrypted by AES-256. Without ``password`` it opens for everybody but says what may not be
    done."""
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(document())) as pdf:
        pdf.save(target, encryption=pikepdf.Encryption(owner="owner", user=password, R=6))
    return target.getvalue()


def pixel_bomb() -> bytes:
    """A PNG of a few kilobytes that says it holds 4 billion pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 65_000, 65_000, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 1_000_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def stream_bomb() -> bytes:
    """A PDF whose object stream inflates to 4 GB when its structure is read."""
    block = zlib.compressobj(9, wbits=-15)
    ten_megabytes = block.compress(b" " * 10_000_000) + block.flush(zlib.Z_FULL_FLUSH)
    packed = b"\x78\xda" + ten_megabytes * 400 + zlib.compressobj(9, wbits=-15).flush()
    about = f"<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length {len(packed)}>>"
    once = b"%PDF-1.5\n1 0 obj\n" + about.encode() + b"stream\n"
    body = once + packed + b"\nendstream\nendobj\n"
    rows = bytes([2, 0, 1, 0, 1, 0, 9, 0, 2, 0, 1, 0])
    about = f"<</Type/XRef/Size 3/W[1 2 1]/Root 2 0 R/Length {len(rows)}>>"
    table = b"9 0 obj\n" + about.encode() + b"stream\n" + rows + b"\nendstream\nendobj\n"
    return body + table + f"startxref\n{len(body)}\n%%EOF\n".encode()


def svg_named_png() -> bytes:
    return b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def gif_that_is_script() -> bytes:
    """The classic polyglot: a GIF header that a browser could also read as JavaScript."""
    return b"GIF89a/*" + b"\0" * 20 + b"*/=1;alert('psl-marker-polyglot');//"


def picture_with_trailer(kind: str = "png") -> bytes:
    """A real picture with an archive and a page behind it."""
    return picture(kind) + b"PK\x03\x04psl-marker-trailer<script>alert(1)</script>"


def page_before_document() -> bytes:
    """A web page that ends in a PDF: readers find the PDF's header within the first kilobyte."""
    return b"<html><script>alert('psl-marker-page')</script></html>\n" + document()
