"""«Mes transactions» (guide, «Suivre ses demandes de remboursement»): list, filters, cancel, contest, export."""

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from gateway.access import STRUCTURE_ROLES, allow, viewer
from gateway.clients.transactions import TransactionsClient
from gateway.forms import Form
from gateway.refusals import flash_refusal
from gateway.statuses import STATUSES
from gateway.transaction_export import csv_response, xlsx_response
from gateway.transaction_people import names_of, operators_to_choose
from services.chassis.refusals import Refused

blueprint = Blueprint("transactions", __name__, url_prefix="/transactions")
PAGE_SIZE = 50
FILTERS = ("from_on", "to_on", "state", "establishment_id", "operator", "scheme", "number")
MAY_CANCEL = ("legal_representative", "manager", "cashier")
MAY_CONTEST = ("legal_representative", "manager")
MAY_EXPORT = ("legal_representative", "manager", "accountant")


class ContestForm(Form):
    reason = TextAreaField(
        _l("Motif de la contestation"),
        validators=[
            InputRequired(_l("Expliquez en quelques mots ce qui ne va pas.")),
            Length(min=10, max=1000, message=_l("Écrivez entre 10 et 1 000 caractères.")),
        ],
    )


def chosen_filters() -> dict[str, Any]:
    """The filters in the address, as they were chosen; unknown ones and bad dates are left out."""
    chosen = {name: request.args.get(name, "").strip() for name in FILTERS}
    for name in ("from_on", "to_on"):
        if chosen[name] and not _is_day(chosen[name]):
            chosen[name] = ""
    if chosen["state"] not in STATUSES["transaction"]:
        chosen["state"] = ""
    return {name: value for name, value in chosen.items() if value}


def asked_filters(chosen: dict[str, Any]) -> dict[str, Any]:
    """The same as the service wants them: an operator is a person's account or a terminal."""
    asked: dict[str, Any] = {name: value for name, value in chosen.items() if name != "operator"}
    kind, _separator, operator_id = chosen.get("operator", "").partition(":")
    if operator_id and kind in ("terminal", "person"):
        asked["terminal_id" if kind == "terminal" else "operator_id"] = operator_id
    return asked


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


@blueprint.get("/")
@allow(*STRUCTURE_ROLES)
def index() -> ResponseReturnValue:
    chosen = chosen_filters()
    client, asked = TransactionsClient(), asked_filters(chosen)
    cursor = request.args.get("cursor") or None
    page = client.transactions(cursor=cursor, limit=PAGE_SIZE, **asked)
    partner = client.partner()
    several = len(partner["establishments"]) > 1 and "establishment_id" not in asked
    return render_template(
        "transactions/index.html",
        items=page["items"],
        next_url=_page_url(chosen, page["next_cursor"]) if page["next_cursor"] else None,
        first_url=url_for("transactions.index", **chosen) if cursor else None,
        totals=client.totals(**asked),
        partner=partner,
        places=client.totals_by_establishment(**asked) if several else [],
        names=names_of(page["items"]),
        operators=operators_to_choose(),
        schemes=client.schemes(),
        chosen=chosen,
        may_cancel=viewer().may(*MAY_CANCEL),
        may_contest=viewer().may(*MAY_CONTEST),
        may_export=viewer().may(*MAY_EXPORT),
    )


def _page_url(chosen: dict[str, Any], cursor: str) -> str:
    return url_for("transactions.index", **chosen, cursor=cursor)


@blueprint.get("/<number>")
@allow(*STRUCTURE_ROLES)
def show(number: str) -> ResponseReturnValue:
    transaction = TransactionsClient().transaction(number)
    return render_template(
        "transactions/show.html",
        transaction=transaction,
        names=names_of([transaction]),
        may_cancel=viewer().may(*MAY_CANCEL),
        may_contest=viewer().may(*MAY_CONTEST),
        may_follow=viewer().may(*MAY_EXPORT) and transaction["state"] not in ("recorded", "cancelled"),
    )


@blueprint.post("/<number>/annuler")
@allow(*MAY_CANCEL)
def cancel(number: str) -> ResponseReturnValue:
    """«Annuler»: same Paris day only. The key is the transaction's own, so that a second press changes nothing."""
    try:
        TransactionsClient().cancel_transaction(number, idempotency_key=f"web-cancel-{number}")
    except Refused as refused:
        flash_refusal(refused)
    else:
        flash(_("La transaction n° %(number)s est annulée. Le solde du pass est rétabli.", number=number), "success")
    return redirect(url_for("transactions.show", number=number), 303)


@blueprint.get("/<number>/contester")
@allow(*MAY_CONTEST)
def contest(number: str) -> ResponseReturnValue:
    return _contest(ContestForm(formdata=None), number)


@blueprint.post("/<number>/contester")
@allow(*MAY_CONTEST)
def send_contestation(number: str) -> ResponseReturnValue:
    form = ContestForm()
    if not form.validate():
        return _contest(form, number, 422)
    try:
        TransactionsClient().contest_transaction(number, reason=form.reason.data or "")
    except Refused as refused:
        form.take_refusal(refused)
        return _contest(form, number, 409)
    flash(_("Votre contestation est transmise à la Caf. Vous serez prévenu de sa décision."), "success")
    return redirect(url_for("transactions.show", number=number), 303)


def _contest(form: ContestForm, number: str, status: int = 200) -> ResponseReturnValue:
    transaction = TransactionsClient().transaction(number)
    return render_template("transactions/contest.html", form=form, transaction=transaction), status


@blueprint.get("/export.csv")
@allow(*MAY_EXPORT)
def export_csv() -> ResponseReturnValue:
    return csv_response(asked_filters(chosen_filters()))


@blueprint.get("/export.xlsx")
@allow(*MAY_EXPORT)
def export_xlsx() -> ResponseReturnValue:
    return xlsx_response(asked_filters(chosen_filters()))
