"""«Liste des partenaires»: active partners, open to everybody (guide, «Compléter son profil»)."""

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gateway.access import VISITOR, allow
from gateway.clients.partners import DraftClient
from gateway.clients.partners_life import DirectoryClient

blueprint = Blueprint("directory", __name__, url_prefix="/partenaires")


def _asked() -> dict[str, Any]:
    return {name: request.args.get(name) or None for name in ("words", "activity", "commune")}


@blueprint.get("")
@allow(VISITOR)
def index() -> ResponseReturnValue:
    """Search and list, twenty at a time; every search has an address that can be shared."""
    asked = _asked()
    found = DirectoryClient().directory(**asked, cursor=request.args.get("cursor"))
    next_url = url_for(".index", **asked, cursor=found["next_cursor"]) if found["next_cursor"] else None
    return render_template(
        "directory/index.html", found=found, asked=asked, catalogue=DraftClient().catalogue(), next_url=next_url
    )


@blueprint.get("/<partner_number>")
@allow(VISITOR)
def show(partner_number: str) -> ResponseReturnValue:
    """The public page of one partner."""
    return render_template("directory/show.html", partner=DirectoryClient().partner(partner_number))
