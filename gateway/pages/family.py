"""`/pass/<token>`: a family's page, reached by the link in its mails. Balance, history, QR, «ce n'est pas moi»."""

import json
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_limiter import RateLimitExceeded
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from gateway import errors, figures, limits
from gateway.access import VISITOR, allow
from gateway.clients.transactions import FamilyClient
from gateway.files import send_stored
from gateway.forms import Form
from gateway.qr_drawing import qr_svg
from gateway.refusals import flash_refusal
from services.chassis.refusals import Refused

blueprint = Blueprint("family", __name__, url_prefix="/pass")
limits.unknown_links(blueprint)
RETRY_AFTER_S = 60


class ContestForm(Form):
    reason = TextAreaField(
        _l("Que s’est-il passé ?"),
        validators=[InputRequired(_l("Dites en quelques mots ce qui ne va pas.")), Length(max=1000)],
    )


@blueprint.errorhandler(Refused)
def on_refused(refused: Refused) -> ResponseReturnValue:
    """A wrong or replaced link says so; anything else is the application's to tell."""
    if refused.code == "link_unknown" or "link" in refused.fields.get("errors", ()):
        figures.link_unknown()
        return errors.page(410)
    return errors.on_refused(refused)


@blueprint.errorhandler(RateLimitExceeded)
def on_too_many_links(exceeded: RateLimitExceeded) -> ResponseReturnValue:
    """Told apart from a busy moment: the way on is the newest mail, not trying again."""
    if not limits.for_unknown_links(exceeded):
        return errors.on_http(exceeded)
    figures.link_limited()
    response = errors.page(
        429,
        _("Trop de liens inconnus"),
        _(
            "Plusieurs liens qui n’existent pas ont été essayés depuis votre connexion. Patientez une minute, puis "
            "ouvrez le lien de votre dernier e-mail. Votre pass, lui, reste utilisable."
        ),
    )
    response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


@blueprint.get("/<token>")
@allow(VISITOR)
def show(token: str) -> ResponseReturnValue:
    family = FamilyClient().family(token)
    codes = {one["pass_id"]: qr_svg(one["qr"]) for one in family["passes"] if one["state"] == "active"}
    return render_template("family/show.html", family=family, codes=codes, token=token)


@blueprint.get("/<token>/<uuid:pass_id>.<any(pdf, png):kind>")
@allow(VISITOR)
def document(token: str, pass_id: Any, kind: Any) -> ResponseReturnValue:
    return send_stored(dict(FamilyClient().pass_document(token, str(pass_id), kind)))


@blueprint.get("/<token>/donnees.json")
@allow(VISITOR)
def export(token: str) -> ResponseReturnValue:
    """All that is held about the family, as a file."""
    text = json.dumps(FamilyClient().export_family(token), ensure_ascii=False, indent=2)
    response = Response(text, mimetype="application/json")
    response.headers["Content-Disposition"] = 'attachment; filename="mes-donnees.json"'
    return response


@blueprint.post("/<token>/<uuid:pass_id>/renouveler")
@allow(VISITOR)
def renew(token: str, pass_id: Any) -> ResponseReturnValue:
    """A lost QR."""
    try:
        FamilyClient().renew_pass(token, str(pass_id))
        flash(_("Votre nouveau QR code est prêt. L’ancien ne fonctionne plus."), "success")
    except Refused as refused:
        if refused.code == "link_unknown":
            raise
        flash_refusal(refused)
    return redirect(url_for(".show", token=token))


@blueprint.route("/<token>/transactions/<number>/contester", methods=["GET", "POST"])
@allow(VISITOR)
def contest(token: str, number: str) -> ResponseReturnValue:
    """«ce n'est pas moi»."""
    family = FamilyClient().family(token)
    found = [one for each in family["passes"] for one in each["transactions"] if one["number"] == number]
    if not found:
        return errors.page(404)
    form = ContestForm()
    if form.validate_on_submit():
        try:
            FamilyClient().contest(token, number, reason=form.reason.data or "")
            flash(_("Votre signalement est transmis à la Caf, qui l’examine."), "success")
            return redirect(url_for(".show", token=token))
        except Refused as refused:
            form.take_refusal(refused)
    status = 422 if request.method == "POST" else 200
    return render_template("family/contest.html", form=form, transaction=found[0], token=token), status


@blueprint.post("/<token>/messages")
@allow(VISITOR)
def choose_debit_mails(token: str) -> ResponseReturnValue:
    wanted = request.form.get("wanted") == "1"
    FamilyClient().choose_debit_mails(token, wanted=wanted)
    told = _("C’est noté : un e-mail à chaque utilisation.") if wanted else _("C’est noté : plus d’e-mail.")
    flash(told, "success")
    return redirect(url_for(".show", token=token))
