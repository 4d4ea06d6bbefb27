"""«Mon affiche»: a sheet for the club's wall that says passes are accepted here, with a QR code to its public page."""

from flask import Blueprint, Response, abort, render_template, url_for
from flask.typing import ResponseReturnValue

from gateway.access import allow
from gateway.clients.partners_life import ProfileClient
from gateway.qr_drawing import qr_file, qr_svg
from services.chassis.config import settings

blueprint = Blueprint("poster", __name__, url_prefix="/profil/affiche")


def public_address(partner_number: str) -> str:
    """Where the QR code leads: the partner's page in the directory, at the address that people use."""
    return settings().base_url.rstrip("/") + url_for("directory.show", partner_number=partner_number)


@blueprint.get("")
@allow("legal_representative", "manager")
def show() -> ResponseReturnValue:
    """The poster, ready to print; a club whose convention isn't active yet is told when it will be."""
    partner = ProfileClient().profile_preview()
    if not partner["active"]:
        return render_template("poster/not_yet.html")
    address = public_address(str(partner["partner_number"]))
    return render_template("poster/show.html", partner=partner, address=address, qr=qr_svg(address, fluid=True))


@blueprint.get("/qr.svg")
@allow("legal_representative", "manager")
def qr() -> ResponseReturnValue:
    """The QR code alone, for the club's own leaflets."""
    partner = ProfileClient().profile_preview()
    if not partner["active"]:
        abort(404)
    answer = Response(qr_file(public_address(str(partner["partner_number"]))), mimetype="image/svg+xml")
    answer.headers["Content-Disposition"] = "attachment; filename=qr-partenaire.svg"
    return answer
