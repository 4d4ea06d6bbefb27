"""«Représentants légaux»: changes that the Caf has to accept."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField
from wtforms.validators import Length, Optional

from gateway.access import allow
from gateway.clients.identity import DelegatesClient
from gateway.forms import Form
from gateway.refusals import flash_refusal
from services.chassis.refusals import Refused

blueprint = Blueprint("caf_representatives", __name__, url_prefix="/caf/representants")
DECIDE = ("instructor", "administrator")
STATES = ("requested", "approved", "rejected", "withdrawn")


class DecisionForm(Form):
    reason = TextAreaField(_l("Motif (obligatoire pour refuser)"), validators=[Optional(), Length(max=1000)])


@blueprint.get("")
@allow(*DECIDE)
def index() -> ResponseReturnValue:
    asked = request.args.get("etat", "requested")
    state = asked if asked in STATES else None
    age = request.args.get("anciennete") or None
    found = DelegatesClient().transfers(state=state, age=age, cursor=request.args.get("suite"))
    return render_template(
        "caf_representatives/index.html", found=found, state=state or "", age=age, states=STATES, form=DecisionForm()
    )


@blueprint.post("/<uuid:transfer_id>")
@allow(*DECIDE)
def decide(transfer_id: Any) -> ResponseReturnValue:
    form = DecisionForm()
    accepted = request.form.get("decision") == "accept"
    try:
        DelegatesClient().decide_transfer(str(transfer_id), accepted, form.reason.data or "")
    except Refused as refused:
        errors = refused.fields.get("errors", {}).get("reason") if refused.code == "validation_failed" else None
        flash(errors[0], "error") if errors else flash_refusal(refused)
    else:
        flash(_("Le changement est accepté.") if accepted else _("Le changement est refusé."), "success")
    return redirect(url_for("caf_representatives.index"))
