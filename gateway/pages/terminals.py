"""«Mes terminaux»: «Appairer un terminal», name it, limit it to an establishment, withdraw it at once."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from gateway.access import allow
from gateway.clients.identity import TerminalsClient
from gateway.forms import REQUIRED, Form
from gateway.pages.account import attempt, shown
from gateway.pages.delegates import ADMINISTER, establishment_choices
from gateway.qr_drawing import qr_svg
from gateway.refusals import flash_refusal
from services.chassis.config import settings
from services.chassis.refusals import Refused

blueprint = Blueprint("terminals", __name__, url_prefix="/terminaux")
REFRESH_S = 4  # the page of a code looks again by itself, without a script


class TerminalForm(Form):
    name = StringField(_l("Nom du terminal"), validators=[InputRequired(REQUIRED), Length(max=60)])
    establishment_id = SelectField(_l("Limiter à un établissement"), validators=[Optional()])

    @classmethod
    def made(cls, **data: Any) -> "TerminalForm":
        form = cls(**data)
        form.establishment_id.choices = establishment_choices()
        return form


@blueprint.get("")
@allow(*ADMINISTER)
def index() -> ResponseReturnValue:
    items = TerminalsClient().terminals()["items"]
    return render_template(
        "terminals/index.html",
        terminals=[item for item in items if not item["revoked_at"]],
        revoked=[item for item in items if item["revoked_at"]],
        names=dict(establishment_choices()),
    )


@blueprint.route("/appairer", methods=["GET", "POST"])
@allow(*ADMINISTER)
def pair() -> ResponseReturnValue:
    form = TerminalForm.made()
    made = attempt(
        form, lambda: TerminalsClient().create_pairing(form.name.data or "", form.establishment_id.data or None)
    )
    if made is None:
        return shown("terminals/pair.html", form)
    return redirect(url_for("terminals.pairing", pairing_id=made["pairing_id"]))


@blueprint.get("/appairages/<uuid:pairing_id>")
@allow(*ADMINISTER)
def pairing(pairing_id: Any) -> ResponseReturnValue:
    """The code and its QR, until a device has used it."""
    try:
        found = TerminalsClient().pairing(str(pairing_id))
    except Refused as refused:
        flash_refusal(refused)
        return redirect(url_for("terminals.index"))
    if found["state"] == "paired":
        flash(_("Le terminal « %(name)s » est appairé.", name=found["name"]), "success")
        return redirect(url_for("terminals.index"))
    qr = qr_svg(pairing_link(found["code"])) if found["code"] else None
    return render_template("terminals/pairing.html", pairing=found, qr=qr, refresh_s=REFRESH_S)


def pairing_link(code: str) -> str:
    """What the QR carries: the terminal's own page, with the code where it reaches no log."""
    return f"{settings().base_url}/terminal#pairing={code}"


@blueprint.route("/<uuid:terminal_id>", methods=["GET", "POST"])
@allow(*ADMINISTER)
def edit(terminal_id: Any) -> ResponseReturnValue:
    """Another name, or another limit."""
    items = TerminalsClient().terminals()["items"]
    found = next((i for i in items if i["terminal_id"] == str(terminal_id) and not i["revoked_at"]), None)
    if found is None:
        flash(_("Ce terminal n’existe pas ou a déjà été retiré."), "error")
        return redirect(url_for("terminals.index"))
    form = TerminalForm.made(name=found["name"], establishment_id=found["establishment_id"] or "")
    done = attempt(form, lambda: _save(str(terminal_id), form))
    if done is None:
        return shown("terminals/edit.html", form, terminal=found)
    flash(_("Le terminal est modifié."), "success")
    return redirect(url_for("terminals.index"))


def _save(terminal_id: str, form: TerminalForm) -> bool:
    client = TerminalsClient()
    client.rename_terminal(terminal_id, form.name.data or "")
    client.limit_terminal(terminal_id, form.establishment_id.data or None)
    return True


@blueprint.post("/<uuid:terminal_id>/retirer")
@allow(*ADMINISTER)
def revoke(terminal_id: Any) -> ResponseReturnValue:
    try:
        TerminalsClient().revoke_terminal(str(terminal_id))
    except Refused as refused:
        flash_refusal(refused)
    else:
        flash(_("Le terminal est retiré. Il ne peut plus rien enregistrer dès maintenant."), "success")
    return redirect(url_for("terminals.index"))
