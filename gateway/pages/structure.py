"""The structure's dashboard: the guide's eight tiles, what to do next and the congratulations banner."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from gateway.access import STRUCTURE_ROLES, allow, viewer
from gateway.activity import partner_plots
from gateway.next_steps import situation_of
from gateway.waiting import remember, to_do

blueprint = Blueprint("structure", __name__)


@blueprint.get("/tableau-de-bord")
@allow(*STRUCTURE_ROLES)
def dashboard() -> ResponseReturnValue:
    who = viewer()
    situation = situation_of(who)
    remember(who, to_do(situation))
    return render_template("structure/dashboard.html", situation=situation, plots=partner_plots(who))
