"""«Mes délégués» (guide, «Accorder des délégations») and the change of the legal representative."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, EmailField, PasswordField, RadioField, SelectField, StringField, TelField, TextAreaField
from wtforms.validators import InputRequired, Optional

from gateway.access import allow
from gateway.clients.identity import DelegatesClient
from gateway.confirmation import CodeAsked
from gateway.forms import REQUIRED, Form
from gateway.pages.account import CIVILITIES, attempt, shown
from gateway.refusals import flash_refusal
from services.chassis.refusals import Refused

blueprint = Blueprint("delegates", __name__)
ADMINISTER = ("legal_representative", "manager")
REPRESENT = "legal_representative"
EVERYWHERE = ("", _l("Tous les établissements"))


class DelegateForm(Form):
    last_name = StringField(_l("Nom"), validators=[InputRequired(REQUIRED)])
    first_name = StringField(_l("Prénom"), validators=[InputRequired(REQUIRED)])
    email = EmailField(_l("Mail"), validators=[InputRequired(REQUIRED)])


class DelegationForm(Form):
    role = RadioField(
        _l("Rôle"),
        choices=[
            (
                "manager",
                _l("Gestionnaire : tout, sauf signer la convention, changer l’IBAN et accorder des délégations"),
            ),
            ("accountant", _l("Comptable : consulter les transactions, les remboursements et les bordereaux")),
            ("cashier", _l("Caissier : enregistrer, voir et annuler les transactions du jour")),
        ],
        validators=[InputRequired(_l("Choisissez un rôle."))],
    )
    establishment_id = SelectField(_l("Limiter à un établissement"), validators=[Optional()])
    ends_on = DateField(_l("Date de fin"), validators=[Optional()])


class TransferForm(CodeAsked):
    civility = RadioField(_l("Civilité"), choices=CIVILITIES, validators=[InputRequired(REQUIRED)])
    last_name = StringField(_l("Nom"), validators=[InputRequired(REQUIRED)])
    first_name = StringField(_l("Prénom"), validators=[InputRequired(REQUIRED)])
    position = StringField(_l("Fonction"), validators=[InputRequired(REQUIRED)])
    email = EmailField(_l("Adresse e-mail personnelle"), validators=[InputRequired(REQUIRED)])
    mobile = TelField(_l("Téléphone portable"), validators=[InputRequired(REQUIRED)])
    reason = TextAreaField(_l("Raison du changement"), validators=[InputRequired(REQUIRED)])
    password = PasswordField(_l("Votre mot de passe"), validators=[InputRequired(REQUIRED)])


def establishment_choices() -> list[tuple[str, Any]]:
    """All establishments, or one of them."""
    items = DelegatesClient().open_establishments()["items"]
    return [EVERYWHERE, *((item["establishment_id"], item["name"]) for item in items)]


@blueprint.get("/delegues")
@allow(*ADMINISTER)
def index() -> ResponseReturnValue:
    client = DelegatesClient()
    return render_template(
        "delegates/index.html",
        delegates=client.delegates()["items"],
        names=dict(establishment_choices()),
        transfer=client.own_transfer(),
    )


@blueprint.route("/delegues/ajouter", methods=["GET", "POST"])
@allow(*ADMINISTER)
def add() -> ResponseReturnValue:
    """«Ajouter», then «Terminer»: makes the account. The delegation is granted afterwards, on its own page."""
    form = DelegateForm()
    values = {name: form[name].data or "" for name in ("first_name", "last_name", "email")}
    added = attempt(form, lambda: DelegatesClient().add_delegate(**values))
    if added is None:
        return shown("delegates/add.html", form)
    flash(
        _("Le compte est créé. Accordez une délégation à cette personne pour lui ouvrir le tableau de bord."), "success"
    )
    return redirect(url_for("delegates.index"))


@blueprint.route("/delegues/<uuid:account_id>/delegation", methods=["GET", "POST"])
@allow(REPRESENT)
def grant(account_id: Any) -> ResponseReturnValue:
    form = DelegationForm()
    form.establishment_id.choices = establishment_choices()
    chosen = _delegate(str(account_id))
    if chosen is None:
        flash(_("Cette personne n’est pas dans la liste de vos délégués."), "error")
        return redirect(url_for("delegates.index"))
    done = attempt(form, lambda: _grant(str(account_id), form))
    if done is None:
        return shown("delegates/grant.html", form, delegate=chosen)
    flash(_("La délégation est accordée."), "success")
    return redirect(url_for("delegates.index"))


def _delegate(account_id: str) -> Any | None:
    items = DelegatesClient().delegates()["items"]
    return next((item for item in items if item["account_id"] == account_id), None)


def _grant(account_id: str, form: DelegationForm) -> Any:
    ends_on = form.ends_on.data.isoformat() if form.ends_on.data else None
    return DelegatesClient().grant_delegation(account_id, form.role.data, form.establishment_id.data or None, ends_on)


def _act(work: Any, said: str) -> ResponseReturnValue:
    """Do one thing at once and say so on the list."""
    try:
        work()
    except Refused as refused:
        flash_refusal(refused)
    else:
        flash(said, "success")
    return redirect(url_for("delegates.index"))


@blueprint.post("/delegues/delegations/<uuid:delegation_id>/retirer")
@allow(REPRESENT)
def revoke(delegation_id: Any) -> ResponseReturnValue:
    return _act(
        lambda: DelegatesClient().revoke_delegation(str(delegation_id)),
        _("La délégation est retirée. Elle ne vaut plus rien dès maintenant."),
    )


@blueprint.post("/delegues/<uuid:account_id>/retirer")
@allow(REPRESENT)
def remove(account_id: Any) -> ResponseReturnValue:
    return _act(
        lambda: DelegatesClient().remove_delegate(str(account_id)), _("La personne est retirée de vos délégués.")
    )


@blueprint.route("/representant", methods=["GET", "POST"])
@allow(*ADMINISTER)
def transfer() -> ResponseReturnValue:
    """Ask the Caf to accept another legal representative."""
    form = TransferForm()
    names = ("civility", "first_name", "last_name", "position", "email", "mobile", "reason", "password")
    values = {name: form[name].data or "" for name in names}
    asked = attempt(form, lambda: DelegatesClient().request_transfer(**values, code=form.typed_code))
    if asked is None:
        return shown("delegates/transfer.html", form)
    flash(_("Votre demande est transmise à la Caf. D’ici sa réponse, rien ne change."), "success")
    return redirect(url_for("delegates.index"))


@blueprint.post("/representant/<uuid:transfer_id>/annuler")
@allow(*ADMINISTER)
def withdraw(transfer_id: Any) -> ResponseReturnValue:
    return _act(
        lambda: DelegatesClient().withdraw_transfer(str(transfer_id)), _("La demande de changement est annulée.")
    )
