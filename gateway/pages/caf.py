"""The Caf's home: the menu of each agent's roles, with what waits."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from gateway.access import AGENT_ROLES, allow, viewer
from gateway.caf_waiting import waiting_for

blueprint = Blueprint("caf", __name__)


@blueprint.get("/caf")
@allow(*AGENT_ROLES)
def index() -> ResponseReturnValue:
    return render_template("caf/index.html", waiting=waiting_for(viewer()))
