"""The Caf's home: the menu of each agent's roles with what waits, and how the scheme is doing."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from gateway.access import AGENT_ROLES, allow, viewer
from gateway.activity import caf_plots
from gateway.caf_waiting import waiting_for
from gateway.waiting import remember

blueprint = Blueprint("caf", __name__)


@blueprint.get("/caf")
@allow(*AGENT_ROLES)
def index() -> ResponseReturnValue:
    who = viewer()
    waiting = waiting_for(who)
    remember(who, waiting.counts)
    return render_template("caf/index.html", waiting=waiting, plots=caf_plots(who))
