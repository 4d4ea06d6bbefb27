"""`python -m tests.journeys.screens`: renew `docs/screens`, the pages of the guide as they are, made by its journey.

Pictures have few colours and are at most so long, so that the folder stays small enough to be kept with the sources.
"""

import os
import sys
import tempfile
from pathlib import Path

import pytest
from PIL import Image

from tests.platform import ROOT

SCREENS = ROOT / "docs" / "screens"
COLOURS = 96
LONGEST = {"desktop": 1400, "phone": 1700}
"""Pixels; what is below is more of the same."""
WIDEST = 760
MOST_BYTES = 2_500_000


def keep(picture: Path) -> None:
    """A smaller copy in the documentation."""
    device = picture.stem.rpartition("-")[2]
    with Image.open(picture) as whole:
        shown = whole.convert("RGB").crop((0, 0, whole.width, min(whole.height, LONGEST[device])))
    if shown.width > WIDEST:
        shown = shown.resize((WIDEST, round(shown.height * WIDEST / shown.width)), Image.Resampling.LANCZOS)
    small = shown.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
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
