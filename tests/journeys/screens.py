"""`python -m tests.journeys.screens`: renew `docs/screens`, the pages of the guide as they are, made by its journey.

Pictures have few colours and are at most so long, so that the folder stays small enough to be kept with the sources.
"""

import os
import re
import sys
import tempfile
from pathlib import Path

import pytest
from PIL import Image

from gateway.static_files import STATIC
from tests.platform import ROOT

SCREENS = ROOT / "docs" / "screens"
COLOURS = 72
LONGEST = {"desktop": 1400, "phone": 1700}
"""Pixels; what is below is more of the same."""
WIDEST = 760
MOST_BYTES = 2_500_000


def palette_of(picture: Image.Image) -> Image.Image:
    """The colours of our tokens, which must stay what they are, and those that the picture has most of."""
    tokens = re.findall(r"#([0-9a-f]{6})", (STATIC / "css" / "tokens.css").read_text("utf-8").partition("@media")[0])
    own = [int(colour[at : at + 2], 16) for colour in dict.fromkeys(tokens) for at in (0, 2, 4)]
    usual = picture.quantize(COLOURS, method=Image.Quantize.MEDIANCUT).getpalette() or []
    made = Image.new("P", (1, 1))
    made.putpalette(own + usual[: COLOURS * 3])
    return made


def keep(picture: Path) -> None:
    """A smaller copy in the documentation."""
    device = picture.stem.rpartition("-")[2]
    with Image.open(picture) as whole:
        shown = whole.convert("RGB").crop((0, 0, whole.width, min(whole.height, LONGEST[device])))
    if shown.width > WIDEST:
        shown = shown.resize((WIDEST, round(shown.height * WIDEST / shown.width)), Image.Resampling.LANCZOS)
    small = shown.quantize(palette=palette_of(shown), dither=Image.Dither.NONE)
    small.save(SCREENS / picture.name, optimize=True)


def main() -> int:
    """0 when the journeys passed and the pictures are light enough."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PSL_SCREENS"] = folder
        journeys = str(Path(__file__).with_name("test_guide.py"))
        failed = pytest.main(["-q", "-p", "no:cacheprovider", "-k", "cover and (desktop or phone)", journeys])
        if failed:
            return int(failed)
        SCREENS.mkdir(parents=True, exist_ok=True)
        for old in SCREENS.glob("*.png"):
            old.unlink()
        for picture in sorted(Path(folder).glob("*.png")):
            keep(picture)
    total = sum(picture.stat().st_size for picture in SCREENS.glob("*.png"))
    print(f"{len(list(SCREENS.glob('*.png')))} pictures, {total / 1e6:.1f} MB in {SCREENS}")
    return int(total > MOST_BYTES)


if __name__ == "__main__":
    sys.exit(main())
