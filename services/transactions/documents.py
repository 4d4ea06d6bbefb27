"""A pass on paper and as a picture: PDF/UA-1 by typst, PNG by segno. Reproducible: the same pass, the same bytes."""

import io
from functools import lru_cache
from pathlib import Path
from typing import Any

import segno
import typst

from services.chassis import clock, mail, serializer
from services.chassis.config import settings

_LAYOUT = Path(__file__).parent / "pass.typ"
_QUIET_ZONE = 4
"""Light modules around the symbol (ISO/IEC 18004, 9.1)."""
_PNG_SCALE = 12


@lru_cache(maxsize=64)  # making one takes 30 ms, and a pass is drawn twice
def _symbol(qr: str) -> segno.QRCode:
    """Level M survives a crumpled sheet; the text belongs to the alphanumeric mode, so that the symbol stays small."""
    return segno.make_qr(qr, error="m", mode="alphanumeric", boost_error=False)


def pass_png(told: dict[str, Any]) -> bytes:
    """The QR of a pass (as `handlers.passes.told`) as a picture of about 540 pixels."""
    picture = io.BytesIO()
    _symbol(told["qr"]).save(picture, kind="png", scale=_PNG_SCALE, border=_QUIET_ZONE)
    return picture.getvalue()


def pass_pdf(told: dict[str, Any]) -> bytes:
    """A page with the child's name, the amount, the dates, the QR and the code to type."""
    symbol = io.BytesIO()
    _symbol(told["qr"]).save(symbol, kind="svg", border=_QUIET_ZONE, xmldecl=False, svgns=True)
    child = told["beneficiary"]
    known = {
        "child": f"{child['first_name']} {child['last_name']}",
        "season": told["season"],
        "scheme": told["scheme"],
        "amount": mail.euros(told["amount_cents"]),
        "first_day": mail.day(told["valid_from"]),
        "last_day": mail.day(told["valid_until"]),
        "code": told["code"],
        "symbol": symbol.getvalue().decode(),
        "caf": settings().caf_name,
        "platform": settings().platform_name,
        "partners_url": f"{settings().base_url}/partenaires",
    }
    made = typst.compile(
        _LAYOUT,
        root=_LAYOUT.parent,
        sys_inputs={"pass": serializer.dumps(known)},
        ignore_system_fonts=True,
        format="pdf",
        pdf_standards="ua-1",
        timestamp=int(clock.day_start(told["valid_from"]).timestamp()),
    )
    assert isinstance(made, bytes)
    return made

