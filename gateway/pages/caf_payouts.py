"""«Lots de remboursement»: prepare, release by another agent, follow what the bank does."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, StringField
from wtforms.validators import InputRequired, Regexp

from gateway.access import allow, viewer
from gateway.clients.identity import IdentityClient
from gateway.clients.payouts import BatchesClient, FinanceClient
from gateway.files import send_stored
from gateway.forms import Form
from gateway.pages.payouts import document_kind
from gateway.people import names_of_accounts
from gateway.refusals import flash_refusal
from services.chassis.refusals import Refused

blueprint = Blueprint("caf_payouts", __name__, url_prefix="/caf/remboursements")
FINANCE = ("preparer", "releaser")
RELEASE_ACT = "batch:release"
BY_CALENDAR = "service:payouts"
STATES = ("prepared", "released", "ordered")
TO_RELEASE = "a_liberer"
"""In the address, like a state: prepared, and not by the agent who looks."""


class ReleaseForm(Form):
    """A fresh code of the authenticator, and the total that the agent has before the eyes."""

    code = StringField(
        _l("Code d’authentification"),
        validators=[
            InputRequired(_l("Saisissez le code à 6 chiffres de votre application d’authentification.")),
            Regexp(r"^\s*\d{3}\s?\d{3}\s*\Z", message=_l("Le code a 6 chiffres.")),
        ],
    )
    amount_cents = HiddenField()


@blueprint.get("/")
@allow(*FINANCE)
def index() -> ResponseReturnValue:
    """The list of batches under the figures of the moment."""
    cursor, asked = request.args.get("cursor") or None, _asked()
    state = asked["etat"]
    to_release = state == TO_RELEASE
    page = BatchesClient().batches(
        state=None if to_release else state, to_release=to_release, age=asked["anciennete"], cursor=cursor
    )
    following = page["next_cursor"]
    involved = [account for batch in page["items"] for account in (batch["prepared_by"], batch["released_by"])]
    return render_template(
        "caf_payouts/index.html",
        items=page["items"],
        ages=page["ages"],
        asked=asked,
        states=STATES,
        figures=FinanceClient().dashboard(),
        names=names_of_people(involved),
        next_url=url_for(".index", **asked, cursor=following) if following else None,
        first_url=url_for(".index", **asked) if cursor else None,
    )


def _asked() -> dict[str, Any]:
    """The list's filters, as its address says them."""
    state = request.args.get("etat")
    return {
        "etat": state if state in (*STATES, TO_RELEASE) else None,
        "anciennete": request.args.get("anciennete") or None,
    }


def names_of_people(involved: list[str | None]) -> dict[str, str]:
    """Names of agents; what the calendar does has its own."""
    names = names_of_accounts([account for account in involved if account != BY_CALENDAR])
    return {**names, BY_CALENDAR: _("Calendrier")}


@blueprint.get("/preparer")
@allow("preparer")
def preview() -> ResponseReturnValue:
    """What «Préparer le lot» would take, and whom it would leave."""
    return render_template("caf_payouts/preview.html", preview=BatchesClient().preview_batch())


@blueprint.post("/preparer")
@allow("preparer")
def prepare() -> ResponseReturnValue:
    """«Préparer le lot»."""
    try:
        batch_id = BatchesClient().prepare_batch()["batch_id"]
    except Refused as refused:
        flash_refusal(refused)
        return redirect(url_for(".index"), 303)
    flash(_("Le lot est préparé. Un autre agent peut maintenant le libérer."), "success")
    return redirect(url_for(".show", batch_id=batch_id), 303)


@blueprint.get("/<uuid:batch_id>")
@allow(*FINANCE)
def show(batch_id: UUID) -> ResponseReturnValue:
    return _page(str(batch_id), ReleaseForm(formdata=None))


def _page(batch_id: str, form: ReleaseForm, status: int = 200) -> ResponseReturnValue:
    batch = BatchesClient().batch(batch_id)
    body = render_template(
        "caf_payouts/show.html",
        batch=batch,
        form=form,
        names=names_of_people([batch["prepared_by"], batch["released_by"]]),
        may_cancel=batch["state"] == "prepared",
        is_preparer=batch["prepared_by"] == viewer().account_id,
        working=batch["state"] == "released",
    )
    return body, status


@blueprint.get("/<uuid:batch_id>/virements")
@allow(*FINANCE)
def payouts(batch_id: UUID) -> ResponseReturnValue:
    """All payouts of a batch, largest first."""
    cursor = request.args.get("cursor") or None
    page = BatchesClient().batch_payouts(str(batch_id), cursor=cursor)
    following = page["next_cursor"]
    return render_template(
        "caf_payouts/payouts.html",
        batch_id=batch_id,
        items=page["items"],
        next_url=url_for(".payouts", batch_id=batch_id, cursor=following) if following else None,
        first_url=url_for(".payouts", batch_id=batch_id) if cursor else None,
    )


@blueprint.get("/<uuid:batch_id>/en-attente")
@allow(*FINANCE)
def left_behind(batch_id: UUID) -> ResponseReturnValue:
    """Whom the batch leaves for the next one, and why."""
    items = BatchesClient().batch_left_behind(str(batch_id))["items"]
    return render_template("caf_payouts/left_behind.html", batch_id=batch_id, items=items)


@blueprint.post("/<uuid:batch_id>/liberer")
@allow("releaser")
def release(batch_id: UUID) -> ResponseReturnValue:
    """«Libérer le lot»: the code first, then the batch."""
    form = ReleaseForm()
    if not form.validate():
        return _page(str(batch_id), form, 422)
    try:
        _release(str(batch_id), form)
    except Refused as refused:
        form.take_refusal(refused)
        return _page(str(batch_id), form, 409)
    flash(_("Le lot est libéré. Le fichier bancaire et les bordereaux sont en préparation."), "success")
    return redirect(url_for(".show", batch_id=batch_id), 303)


def _release(batch_id: str, form: ReleaseForm) -> None:
    code = "".join((form.code.data or "").split())
    proof = IdentityClient().step_up(RELEASE_ACT, totp=code)["proof"]
    amount = str(form.amount_cents.data or "")
    BatchesClient().release_batch(batch_id, proof=proof, amount_cents=int(amount) if amount.isdigit() else 0)


@blueprint.post("/<uuid:batch_id>/annuler")
@allow(*FINANCE)
def cancel(batch_id: UUID) -> ResponseReturnValue:
    """Take the batch back before its release."""
    try:
        BatchesClient().cancel_batch(str(batch_id))
    except Refused as refused:
        flash_refusal(refused)
    else:
        flash(_("Le lot est annulé : ses lignes attendent le prochain."), "success")
    return redirect(url_for(".index"), 303)


@blueprint.get("/<uuid:batch_id>/fichier-bancaire/<int:sequence>.xml")
@allow(*FINANCE)
def bank_file(batch_id: UUID, sequence: int) -> ResponseReturnValue:
    """One pain.001 message, for the bank's portal; every download is in the journal."""
    return send_stored(dict(BatchesClient().bank_file(str(batch_id), sequence)))


@blueprint.get("/virements/<uuid:payout_id>/bordereau.<kind>")
@allow(*FINANCE)
def document(payout_id: UUID, kind: str) -> ResponseReturnValue:
    """Any partner's slip."""
    return send_stored(dict(BatchesClient().payout_document(str(payout_id), document_kind(kind))))


@blueprint.get("/bordereaux/<slip_number>")
@allow(*FINANCE)
def slip(slip_number: str) -> ResponseReturnValue:
    """Any partner's slip, by its number."""
    found: dict[str, Any] = dict(BatchesClient().slip(slip_number))
    return send_stored(found)
