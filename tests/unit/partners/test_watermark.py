"""The copies of identity documents that agents see: marked on every page and every picture, still readable."""

import io

import pikepdf
import pytest
from PIL import Image, ImageChops

from services.partners.watermark import mark_image, mark_pdf
from tests.upload_samples import document

TEXT = "Copie réservée à l’instruction – Caf"


def marked(mark, content: bytes) -> bytes:
    target = io.BytesIO()
    mark(io.BytesIO(content), target, TEXT)
    return target.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF"])
def test_a_picture_keeps_its_kind_and_size_and_bears_the_mark_from_side_to_side(kind):
    plain = Image.new("RGB", (600, 380), "white")
    content = io.BytesIO()
    plain.save(content, kind)
    with Image.open(io.BytesIO(marked(mark_image, content.getvalue()))) as found:
        assert (found.format, found.size) == (kind, plain.size)
        left, top, right, bottom = ImageChops.difference(found.convert("RGB"), plain).getbbox()
    assert right - left > 400 and bottom - top > 250


def test_french_letters_are_drawn_and_not_replaced_by_one_box():
    plain = io.BytesIO()
    Image.new("RGB", (400, 260), "white").save(plain, "PNG")

    def drawn(text: str) -> bytes:
        target = io.BytesIO()
        mark_image(io.BytesIO(plain.getvalue()), target, text)
        return Image.open(target).tobytes()

    assert len({drawn(letter * 20) for letter in "éàç’–"}) == 5


def test_a_large_photo_becomes_a_copy_that_fits_a_screen():
    content = io.BytesIO()
    Image.new("RGB", (6000, 4000), "white").save(content, "JPEG")
    with Image.open(io.BytesIO(marked(mark_image, content.getvalue()))) as found:
        assert found.size == (2400, 1600)


def test_every_page_of_a_pdf_bears_the_mark_and_keeps_its_own_words():
    content = document(pages=3, text="Carte")
    with pikepdf.open(io.BytesIO(marked(mark_pdf, content))) as pdf:
        pages = [b"".join(part.read_bytes() for part in page.Contents) for page in pdf.pages]
    word = TEXT.encode("cp1252", "replace").hex().encode()
    assert len(pages) == 3
    assert all(word in page and b"Carte" in page for page in pages)
