"""Changed bank accounts that an instructor verifies: the number beside the RIB, and who else uses it."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField
from wtforms.validators import InputRequired

from gateway.access import allow
from gateway.clients.partners_life import BankAccountClient
from gateway.files import send_stored
from gateway.forms import Form
from gateway.security import allow_framing_by_ourselves
from gateway.told import tell_refusal
from services.chassis.refusals import Refused

blueprint = Blueprint("caf_bank_accounts", __name__, url_prefix="/caf/comptes-bancaires")


class RejectForm(Form):
    reason = TextAreaField(_l("Motif, lu par le partenaire"), validators=[InputRequired(_l("Donnez un motif."))])


@blueprint.get("")
@allow("instructor")
def index() -> ResponseReturnValue:
    age = request.args.get("age") or None
    found = BankAccountClient().bank_accounts_to_verify(age)
    return render_template("caf_bank_accounts/index.html", found=found, age=age)


@blueprint.get("/<uuid:bank_account_id>")
@allow("instructor")
def show(bank_account_id: Any) -> ResponseReturnValue:
    return _page(str(bank_account_id), RejectForm(formdata=None))


def _page(bank_account_id: str, form: RejectForm, status: int = 200) -> ResponseReturnValue:
    account = BankAccountClient().bank_account(bank_account_id)
    return render_template("caf_bank_accounts/show.html", account=account, form=form), status


@blueprint.get("/<uuid:bank_account_id>/rib")
@allow("instructor")
def document(bank_account_id: Any) -> ResponseReturnValue:
    allow_framing_by_ourselves()
    kept = BankAccountClient().bank_account_document(str(bank_account_id))
    return send_stored(kept, inline=request.args.get("telecharger") != "1")


@blueprint.post("/<uuid:bank_account_id>/accepter")
@allow("instructor")
def verify(bank_account_id: Any) -> ResponseReturnValue:
    try:
        BankAccountClient().verify_bank_account(str(bank_account_id))
    except Refused as refused:
        return _page(str(bank_account_id), RejectForm(formdata=None), tell_refusal(refused, at="decision"))
    flash(_("Le compte est vérifié : les prochains remboursements y seront virés."), "success")
    return redirect(url_for(".index"), 303)


@blueprint.post("/<uuid:bank_account_id>/refuser")
@allow("instructor")
def reject(bank_account_id: Any) -> ResponseReturnValue:
    form = RejectForm()
    if not form.validate():
        return _page(str(bank_account_id), form, 422)
    try:
        BankAccountClient().reject_bank_account(str(bank_account_id), form.reason.data or "")
    except Refused as refused:
        return _page(str(bank_account_id), form, tell_refusal(refused, at="decision"))
    flash(_("Le compte est refusé. Le partenaire est prévenu."), "success")
    return redirect(url_for(".index"), 303)
