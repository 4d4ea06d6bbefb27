"""«Enregistrer une transaction» (guide, «Demander le remboursement d'un pass'sports-loisirs»).

Three steps that need no script: the pass (camera, photo or typed code), the amount, the confirmation with child,
balance and amount. The key made for the confirmation makes a second press, a reload or a lost answer harmless.
"""

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FileField, HiddenField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from gateway.access import allow
from gateway.clients.transactions import TransactionsClient
from gateway.formatting import euros
from gateway.forms import EurosField, Form
from gateway.qr_reading import NoQrFound, read_qr
from gateway.security import allow_source
from services.chassis.ids import new_id
from services.chassis.refusals import Refused, Unavailable

blueprint = Blueprint("record", __name__, url_prefix="/transactions")
MAY_RECORD = ("legal_representative", "manager", "cashier")
REASONS_WITH_NOTHING_LEFT = ("already_used_here", "already_used_elsewhere", "insufficient_balance")


class PassForm(Form):
    """The pass: exactly one of a scanned text, a photo and a typed code."""

    qr = HiddenField()
    code = StringField(_l("Code du pass"), validators=[Length(max=40)])
    photo = FileField(_l("Photo du QR code"))


class AmountForm(Form):
    qr = HiddenField()
    code = HiddenField()
    amount = EurosField(_l("Montant"), validators=[InputRequired(_l("Saisissez le montant de la transaction."))])
    establishment_id = SelectField(_l("Établissement"), validate_choice=False)


class ConfirmForm(Form):
    qr = HiddenField()
    code = HiddenField()
    amount = HiddenField()
    establishment_id = HiddenField()
    idempotency_key = HiddenField()
    confirm_duplicate = BooleanField(_l("Oui, c’est bien une seconde transaction"))


@blueprint.get("/nouvelle")
@allow(*MAY_RECORD)
def start() -> ResponseReturnValue:
    return _start(PassForm(formdata=None))


@blueprint.post("/nouvelle")
@allow(*MAY_RECORD)
def check() -> ResponseReturnValue:
    """Step 1 → 2: which pass is it?"""
    form = PassForm()
    given = _given_pass(form) if form.validate() else None
    if given is None:
        return _start(form, 422)
    try:
        checked = TransactionsClient().check_pass(**given)
    except Refused as refused:
        form.take_refusal(refused)
        return _start(form, 422)
    if not checked["usable"]:
        return _unusable(form, checked)
    return _amount(AmountForm(formdata=None, qr=given.get("qr"), code=given.get("code")), checked)


@blueprint.post("/nouvelle/montant")
@allow(*MAY_RECORD)
def amount() -> ResponseReturnValue:
    """Step 2 → 3: how much? The pass is looked at again, since its balance may have changed meanwhile."""
    form = AmountForm()
    try:
        checked = TransactionsClient().check_pass(**_pass_of(form))
    except Refused as refused:
        return _start_again(refused)
    if form.validate():
        _check_amount(form, checked["balance_cents"])
    if form.errors:
        return _amount(form, checked, 422)
    confirmation = ConfirmForm(
        formdata=None, qr=form.qr.data, code=form.code.data, amount=form.amount.data,
        establishment_id=form.establishment_id.data or "", idempotency_key=new_id(),
    )  # fmt: skip
    return _confirm(confirmation, checked)


@blueprint.post("/nouvelle/confirmation")
@allow(*MAY_RECORD)
def confirm() -> ResponseReturnValue:
    """Step 3 → receipt. An answer that got lost can be asked for again under the same key."""
    form = ConfirmForm()
    if not form.validate() or not str(form.amount.data).isdigit() or not form.idempotency_key.data:
        return redirect(url_for("record.start"))
    try:
        _record(form)
    except Refused as refused:
        return _not_recorded(form, refused)
    except Unavailable:
        return _confirm(form, _checked_or_none(form), 503, lost=True)
    return redirect(url_for("record.receipt", key=form.idempotency_key.data), 303)


@blueprint.get("/recu/<key>")
@allow(*MAY_RECORD)
def receipt(key: str) -> ResponseReturnValue:
    """The receipt of what was recorded under `key`, with the time left to cancel it."""
    found = TransactionsClient().transaction_by_key(key)
    if found["transaction"] is None:
        return redirect(url_for("record.start"))
    return render_template("record/receipt.html", transaction=found["transaction"])


def _given_pass(form: PassForm) -> dict[str, str] | None:
    """{"qr": …} or {"code": …}; None, with an error on the form, when there is neither."""
    if form.qr.data:
        return {"qr": form.qr.data.strip()}
    photo = request.files.get(form.photo.name)
    if photo and photo.filename:
        return _pass_on_photo(form, photo)
    if form.code.data and form.code.data.strip():
        return {"code": form.code.data.strip()}
    form.code.errors = [_("Scannez le QR code, envoyez-en une photo ou saisissez le code du pass.")]
    return None


def _pass_on_photo(form: PassForm, photo: Any) -> dict[str, str] | None:
    try:
        return {"qr": read_qr(photo.stream)}
    except NoQrFound:
        form.photo.errors = [
            _("Aucun QR code n’a pu être lu sur cette image. Reprenez la photo de plus près, bien à plat "
              "et sans reflet, ou saisissez le code imprimé à côté.")
        ]  # fmt: skip
        return None


def _pass_of(form: Any) -> dict[str, str]:
    return {"qr": form.qr.data} if form.qr.data else {"code": form.code.data or ""}


def _check_amount(form: AmountForm, balance_cents: int) -> None:
    """Said early, beside the field; the service decides."""
    if not form.amount.data:
        form.amount.errors = [_("Saisissez un montant supérieur à zéro.")]
    elif form.amount.data > balance_cents:
        form.amount.errors = [
            _("Le solde du pass est de %(balance)s : saisissez un montant qui ne le dépasse pas.",
              balance=euros(balance_cents))
        ]  # fmt: skip


def _record(form: ConfirmForm) -> None:
    TransactionsClient().record_transaction(
        idempotency_key=form.idempotency_key.data,
        amount_cents=int(form.amount.data),
        establishment_id=form.establishment_id.data or None,
        confirm_duplicate=bool(form.confirm_duplicate.data),
        **_pass_of(form),
    )


def _not_recorded(form: ConfirmForm, refused: Refused) -> ResponseReturnValue:
    """A suspected duplicate can be confirmed under a new key; anything else starts again with its reason."""
    if refused.code != "duplicate_suspected":
        return _start_again(refused)
    form.idempotency_key.data = new_id()
    return _confirm(form, _checked_or_none(form), 409, duplicate=refused.fields)


def _checked_or_none(form: ConfirmForm) -> Any:
    try:
        return TransactionsClient().check_pass(**_pass_of(form))
    except (Refused, Unavailable):
        return None


def _start_again(refused: Refused) -> ResponseReturnValue:
    form = PassForm(formdata=None)
    form.take_refusal(refused)
    return _start(form, 409)


def _start(form: Any, status: int = 200) -> ResponseReturnValue:
    allow_source("script-src", "'wasm-unsafe-eval'")
    partner = TransactionsClient().partner()
    return render_template("record/start.html", form=form, partner=partner), status


def _unusable(form: PassForm, checked: Any) -> ResponseReturnValue:
    reason = Refused(checked["reason"] or "refused", {"balance_cents": checked["balance_cents"]})
    form.take_refusal(reason)
    return _start(form, 409)


def _amount(form: AmountForm, checked: Any, status: int = 200) -> ResponseReturnValue:
    partner = TransactionsClient().partner()
    form.establishment_id.choices = [(place["establishment_id"], place["name"]) for place in partner["establishments"]]
    return render_template("record/amount.html", form=form, checked=checked, partner=partner), status


def _confirm(
    form: ConfirmForm, checked: Any, status: int = 200, *, lost: bool = False, duplicate: Any = None
) -> ResponseReturnValue:
    place = _establishment_name(form.establishment_id.data)
    page = render_template(
        "record/confirm.html", form=form, checked=checked, amount_cents=int(form.amount.data), place=place,
        lost=lost, duplicate=duplicate,
    )  # fmt: skip
    return page, status


def _establishment_name(establishment_id: str | None) -> str | None:
    if not establishment_id:
        return None
    try:
        places = TransactionsClient().partner()["establishments"]
    except (Refused, Unavailable):
        return None
    return next((place["name"] for place in places if place["establishment_id"] == establishment_id), None)
