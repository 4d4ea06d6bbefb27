"""«Coordonnées bancaires»: the account in force, a change that one confirms, its history."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import FileField, PasswordField, StringField
from wtforms.validators import InputRequired

from gateway.access import allow
from gateway.clients.identity import IdentityClient
from gateway.clients.partners_life import BankAccountClient
from gateway.confirmation import CodeAsked
from gateway.files import stream_upload
from services.chassis.refusals import Refused

blueprint = Blueprint("bank_account", __name__, url_prefix="/coordonnees-bancaires")
READ_MONEY = ("legal_representative", "manager", "accountant")
STEP_UP = "bank_account:change"


class BankAccountForm(CodeAsked):
    iban = StringField(_l("IBAN"), validators=[InputRequired(_l("Recopiez l’IBAN de votre RIB."))])
    holder = StringField(_l("Titulaire du compte"), validators=[InputRequired(_l("Indiquez le titulaire du compte."))])
    rib = FileField(_l("RIB"))
    password = PasswordField(
        _l("Votre mot de passe"), validators=[InputRequired(_l("Saisissez votre mot de passe pour confirmer."))]
    )


@blueprint.get("")
@allow(*READ_MONEY)
def index() -> ResponseReturnValue:
    accounts = BankAccountClient().own_bank_accounts()
    in_force = next((one for one in accounts if one["state"] == "verified"), None)
    waiting = next((one for one in accounts if one["state"] == "submitted"), None)
    return render_template("bank_account/index.html", accounts=accounts, in_force=in_force, waiting=waiting)


@blueprint.get("/modifier")
@allow("legal_representative")
def change() -> ResponseReturnValue:
    return render_template("bank_account/change.html", form=BankAccountForm(formdata=None))


@blueprint.post("/modifier")
@allow("legal_representative")
def submit() -> ResponseReturnValue:
    """The password is asked first, then the account is submitted: nothing is kept of a refused one."""
    form = BankAccountForm()
    chosen = request.files.get("rib")
    if form.validate() and _file_chosen(form, chosen):
        try:
            proof = IdentityClient().step_up(STEP_UP, password=form.password.data, totp=form.typed_code)["proof"]
            incoming_id = stream_upload(chosen) or ""
            BankAccountClient().submit_bank_account(
                form.iban.data or "",
                (form.holder.data or "").strip(),
                incoming_id,
                (chosen.filename if chosen else None) or "rib",
                proof,
            )
        except Refused as refused:
            form.take_refusal(refused)
        else:
            flash(_("Le nouveau compte est enregistré. La Caf va le vérifier."), "success")
            return redirect(url_for(".index"), 303)
    return render_template("bank_account/change.html", form=form), 422


def _file_chosen(form: BankAccountForm, chosen: object) -> bool:
    if chosen and getattr(chosen, "filename", ""):
        return True
    form.rib.errors = [_("Déposez le RIB du compte.")]
    return False
