"""Reading the QR of a pass from a photo, on the server: for browsers without a camera or without JavaScript."""

from typing import BinaryIO

import numpy
import zxingcpp
from PIL import Image, ImageOps, UnidentifiedImageError

MAX_PIXELS = 60_000_000
"""More than any phone's camera makes; a bomb is refused before it is unpacked."""
READ_SIDE_PX = 2000
"""A QR that can't be read at this size can't be read at a larger one, and takes longer."""


class NoQrFound(Exception):
    """The file isn't a picture, or no QR can be read in it. The person takes another photo or types the code."""


def read_qr(photo: BinaryIO) -> str:
    """The text of the first QR in `photo`. Raises NoQrFound."""
    found = zxingcpp.read_barcodes(_grey(photo), formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    texts = [barcode.text for barcode in found if barcode.valid and barcode.text]
    if not texts:
        raise NoQrFound
    return texts[0]


def _grey(photo: BinaryIO) -> numpy.ndarray:
    """The photo upright, reduced and grey."""
    try:
        with Image.open(photo, formats=("PNG", "JPEG", "GIF", "WEBP")) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise NoQrFound
            picture.draft("L", (READ_SIDE_PX, READ_SIDE_PX))
            upright = ImageOps.exif_transpose(picture).convert("L")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        raise NoQrFound from None
    upright.thumbnail((READ_SIDE_PX, READ_SIDE_PX))
    return numpy.asarray(upright)
