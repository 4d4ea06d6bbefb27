"""«Ressources» (guide): documents of the Caf by category, public or for partners."""

from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from gateway.access import VISITOR, allow
from gateway.clients.partners_life import DirectoryClient
from gateway.files import send_stored

blueprint = Blueprint("resources", __name__, url_prefix="/ressources")


@blueprint.get("")
@allow(VISITOR)
def index() -> ResponseReturnValue:
    shown = [one for one in DirectoryClient().resources() if one["withdrawn_at"] is None]
    return render_template("resources/index.html", resources=shown)


@blueprint.get("/<uuid:resource_id>")
@allow(VISITOR)
def download(resource_id: Any) -> ResponseReturnValue:
    return send_stored(DirectoryClient().resource_file(str(resource_id)))
