"""«Comptes des partenaires»: find a person's account, sign it out everywhere, help when the phone is lost."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, StringField
from wtforms.validators import InputRequired

from gateway.access import allow
from gateway.clients.identity_keeping import PartnerAccountsClient
from gateway.clients.identity_results import AccountItem
from gateway.clients.partners import StructuresClient
from gateway.forms import REQUIRED, Form
from gateway.pages.account import attempt, shown
from gateway.refusals import flash_refusal
from services.chassis.refusals import Refused

blueprint = Blueprint("caf_accounts", __name__, url_prefix="/caf/comptes")
ADMINISTRATOR = "administrator"
SHORTEST = 2
"""Letters of a name, or digits of a partner number, from which a search begins."""


class ResetForm(Form):
    checked = RadioField(
        _l("Comment avez-vous vérifié qui demande ?"),
        choices=[
            ("called_back", _l("En rappelant la structure au numéro de son dossier")),
            ("in_person", _l("En personne, avec une pièce d’identité")),
            ("representative", _l("Par un écrit du représentant légal de la structure")),
        ],
        validators=[InputRequired(_l("Dites comment vous avez vérifié."))],
    )
    code = StringField(_l("Votre code d’authentification"), validators=[InputRequired(REQUIRED)])


@blueprint.get("")
@allow(ADMINISTRATOR)
def index() -> ResponseReturnValue:
    """By e-mail address, or by the structure's number or name; several structures that fit are offered."""
    words = request.args.get("recherche", "").strip()[:320]
    structure_id = request.args.get("structure_id", "").strip()[:36] or None
    structures: list[dict[str, Any]] = []
    if not structure_id and "@" not in words and len(words) >= SHORTEST:
        structures = StructuresClient().structures_named(words)
        structure_id = structures[0]["structure_id"] if len(structures) == 1 else None
    accounts = _found(words, structure_id)
    return render_template("caf_accounts/index.html", words=words, structures=structures, accounts=accounts)


def _found(words: str, structure_id: str | None) -> list[AccountItem] | None:
    """The accounts; None until it is clear whose."""
    if structure_id:
        return PartnerAccountsClient().find_accounts(structure_id=structure_id)
    return PartnerAccountsClient().find_accounts(email=words) if "@" in words else None


@blueprint.get("/<uuid:account_id>")
@allow(ADMINISTRATOR)
def show(account_id: Any) -> ResponseReturnValue:
    return render_template("caf_accounts/show.html", account=PartnerAccountsClient().partner_account(str(account_id)))


@blueprint.post("/<uuid:account_id>/sessions/fermer")
@allow(ADMINISTRATOR)
def end_sessions(account_id: Any) -> ResponseReturnValue:
    """All of them, at once; an agent's too, whose own page leads here."""
    try:
        PartnerAccountsClient().end_sessions(str(account_id))
    except Refused as refused:
        flash_refusal(refused)
    else:
        flash(_("Toutes les sessions de ce compte sont fermées. La personne en est prévenue par e-mail."), "success")
    agent = request.form.get("agent") == "1"
    return redirect(url_for("caf_agents.edit" if agent else ".show", account_id=account_id), 303)


@blueprint.route("/<uuid:account_id>/double-authentification", methods=["GET", "POST"])
@allow(ADMINISTRATOR)
def reset(account_id: Any) -> ResponseReturnValue:
    """Take the second factor away from somebody whose phone and recovery codes are lost, after a check."""
    client, form = PartnerAccountsClient(), ResetForm()
    account = client.partner_account(str(account_id))
    done = attempt(form, lambda: client.reset_second_factor(str(account_id), form.checked.data, form.code.data or ""))
    if done is None:
        return shown("caf_accounts/reset.html", form, account=account)
    flash(_("La double authentification est réinitialisée. La personne en est prévenue par e-mail."), "success")
    return redirect(url_for(".show", account_id=account_id), 303)
