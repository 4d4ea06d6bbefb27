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
from gateway.told import tell, tell_refusal
from services.chassis.refusals import Refused

blueprint = Blueprint("caf_representatives", __name__, url_prefix="/caf/representants")
DECIDE = ("instructor", "administrator")
STATES = ("requested", "approved", "rejected", "withdrawn")


class DecisionForm(Form):
    reason = TextAreaField(_l("Motif (obligatoire pour refuser)"), validators=[Optional(), Length(max=1000)])


@blueprint.get("")
@allow(*DECIDE)
def index() -> ResponseReturnValue:
    return _page()


def _page(status: int = 200, at: str = "") -> ResponseReturnValue:
    """The list that the address asks for; `at`: the request whose form is shown again with what was typed."""
    asked = request.args.get("etat", "requested")
    state, age = asked if asked in STATES else None, request.args.get("anciennete") or None
    found = DelegatesClient().transfers(state=state, age=age, cursor=request.args.get("suite"))
    body = render_template(
        "caf_representatives/index.html",
        found=found,
        state=state or "",
        age=age,
        here=_here(),
        states=STATES,
        form=DecisionForm(formdata=None),
        at=at,
    )
    return body, status


@blueprint.post("/<uuid:transfer_id>")
@allow(*DECIDE)
def decide(transfer_id: Any) -> ResponseReturnValue:
    """Accept or refuse; what isn't possible is told at the request, which keeps what was typed."""
    form = DecisionForm()
    accepted = request.form.get("decision") == "accept"
    try:
        DelegatesClient().decide_transfer(str(transfer_id), accepted, form.reason.data or "")
    except Refused as refused:
        errors = refused.fields.get("errors", {}).get("reason") if refused.code == "validation_failed" else None
        if errors:
            tell(errors[0], at=str(transfer_id))
            return _page(422, str(transfer_id))
        return _page(tell_refusal(refused, at=str(transfer_id)), str(transfer_id))
    flash(_("Le changement est accepté.") if accepted else _("Le changement est refusé."), "success")
    return redirect(url_for(".index", **_here()))


def _here() -> dict[str, Any]:
    """What the list's address says, so that a decision leads back to it."""
    return {name: request.args[name] for name in ("etat", "anciennete", "suite") if name in request.args}
