"""«Contestations»: what clubs and families dispute, and the Caf's decision."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from gateway.access import allow
from gateway.clients.transactions import CafTransactionsClient
from gateway.forms import EurosField, Form
from services.chassis.refusals import Refused

blueprint = Blueprint("caf_contestations", __name__, url_prefix="/caf/contestations")
STATES = ("open", "accepted", "rejected")


class DecisionForm(Form):
    amount_cents = EurosField(_l("Montant repris au partenaire"))
    decision = TextAreaField(
        _l("Motif de la décision"),
        validators=[InputRequired(_l("Écrivez en quelques mots pourquoi.")), Length(max=1000)],
    )


@blueprint.get("")
@allow("instructor")
def index() -> ResponseReturnValue:
    state = request.args.get("state", "open")
    asked = state if state in STATES else None
    age = request.args.get("age") or None
    page = CafTransactionsClient().contestations(state=asked, age=age, cursor=request.args.get("cursor") or None)
    following = page["next_cursor"]
    return render_template(
        "caf_contestations/index.html",
        items=page["items"],
        ages=page["ages"],
        age=age,
        state=asked,
        states=STATES,
        next_url=url_for(".index", state=state, age=age, cursor=following) if following else None,
    )


@blueprint.route("/<uuid:contestation_id>", methods=["GET", "POST"])
@allow("instructor")
def show(contestation_id: Any) -> ResponseReturnValue:
    """One contestation, and its decision: the button pressed says which."""
    found = CafTransactionsClient().contestation(str(contestation_id))
    form, status = DecisionForm(amount_cents=found["transaction"]["amount_cents"]), 200
    if form.validate_on_submit():
        accepted = "accept" in request.form
        try:
            CafTransactionsClient().decide_contestation(
                str(contestation_id),
                accepted=accepted,
                decision=form.decision.data or "",
                amount_cents=form.amount_cents.data if accepted else None,
            )
        except Refused as refused:
            form.take_refusal(refused)
        else:
            flash(_("La contestation est acceptée.") if accepted else _("La contestation est rejetée."), "success")
            return redirect(url_for(".index"))
    if request.method == "POST":
        status = 422
    return render_template("caf_contestations/show.html", found=found, form=form), status
