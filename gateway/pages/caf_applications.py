"""«Demandes à instruire»: the instructor's queue, and one screen per application with its documents beside its data."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, TextAreaField

from gateway.access import allow, viewer
from gateway.application_pieces import at_hand, piece_shown, pieces_of
from gateway.application_shown import changes_of, facts_of_groups
from gateway.clients.partners import DraftClient, ReviewClient
from gateway.clients.partners_results import ReviewedApplication
from gateway.files import send_stored
from gateway.forms import Form
from gateway.people import names_of_accounts
from gateway.security import allow_framing_by_ourselves
from gateway.told import tell, tell_refusal
from services.chassis.refusals import Refused

blueprint = Blueprint("caf_applications", __name__, url_prefix="/caf/demandes")

FILTERS = ("state", "assigned_to", "structure_type", "words", "age", "sort")
NOTES, CORRECTION, APPROVAL, REJECTION = "notes", "correction", "approbation", "refus"
"""Places of the page, beside the items' own, at which an action is told refused."""
STATES = ("submitted", "in_review", "correction_requested", "approved", "rejected")
DUPLICATES = {
    "iban": _l("Même IBAN"),
    "siret": _l("Même SIRET"),
    "rna": _l("Même RNA"),
    "email": _l("Même adresse e-mail de structure"),
    "phone": _l("Même téléphone"),
    "mobile": _l("Même téléphone portable du représentant"),
    "person_email": _l("Même adresse e-mail du représentant"),
}


class RefusalForm(Form):
    """Why an item is refused: a sentence of the list, free text, or both."""

    sentence = SelectField(_l("Motif"), validate_choice=False)
    detail = TextAreaField(_l("Précision pour le partenaire"))

    def reason(self) -> str:
        return " ".join(part.strip() for part in (self.sentence.data or "", self.detail.data or "") if part.strip())


@blueprint.get("")
@allow("instructor")
def index() -> ResponseReturnValue:
    """The queue; every view of it has an address."""
    asked: dict[str, Any] = {name: request.args.get(name) or None for name in FILTERS}
    if asked["sort"] not in ("oldest", "newest", "name"):
        asked["sort"] = "oldest"
    queue = ReviewClient().applications(**asked, cursor=request.args.get("cursor"))
    cursor = queue["next_cursor"]
    return render_template(
        "caf_applications/index.html", queue=queue, asked=asked, states=STATES, catalogue=DraftClient().catalogue(),
        names=names_of_accounts([line["assigned_to"] for line in queue["items"]]),
        next_url=url_for(".index", **asked, cursor=cursor) if cursor else None,
    )  # fmt: skip


@blueprint.get("/<uuid:application_id>")
@allow("instructor")
def show(application_id: Any) -> ResponseReturnValue:
    """One application; `piece` or `element` chooses the piece beside the data."""
    return _page(ReviewClient().application(str(application_id)))


def _page(found: ReviewedApplication, status: int = 200, at: str = "") -> ResponseReturnValue:
    """The screen; `at`: the control whose form is shown again with what was typed into it."""
    involved = [found["assigned_to"], *(note["account_id"] for note in found["notes"])]
    involved += [entry["account_id"] for entry in found["history"] if entry["by_caf"]]
    to_judge = [item for item in found["items"] if _waits(item)]
    facts = facts_of_groups(found)
    body = render_template(
        "caf_applications/show.html", found=found, facts=facts, changes=changes_of(found, facts),
        names=names_of_accounts(involved),
        duplicates=DUPLICATES, labels={item["item"]: item["label"] for item in found["items"]},
        mine=found["assigned_to"] == viewer().account_id, may=set(found["may"]),
        to_judge=to_judge, pieces=pieces_of(found), at_hand=at_hand(found),
        shown=piece_shown(found, {"element": at, **request.args}, to_judge),
        at=at, typed=request.form,
        refused=[item for item in found["items"] if item["verdict"] == "refused"],
    )  # fmt: skip
    return body, status


def _waits(item: Any) -> bool:
    return item["verdict"] == "pending" and (item["required"] or item["present"])


def _back(application_id: Any, anchor: str | None = None, element: str | None = None) -> ResponseReturnValue:
    return redirect(url_for(".show", application_id=application_id, element=element, _anchor=anchor), 303)


def _refused(application_id: Any, refused: Refused, at: str) -> ResponseReturnValue:
    """The page again, with what was typed and, at the control that was used, why not."""
    names = [*refused.fields.get("missing", []), *refused.fields.get("refused", [])]
    status = tell_refusal(refused, at=at, names=names)
    return _page(ReviewClient().application(str(application_id)), status, at)


def _done(application_id: Any, act: Callable[[], Any], text: str, at: str = "") -> ResponseReturnValue:
    """Act, then back to the page; a refusal is told `at` the control that was used."""
    try:
        act()
    except Refused as refused:
        return _refused(application_id, refused, at)
    flash(text, "success")
    return _back(application_id)


@blueprint.post("/<uuid:application_id>/prendre")
@allow("instructor")
def take(application_id: Any) -> ResponseReturnValue:
    return _done(
        application_id,
        lambda: ReviewClient().take_application(str(application_id)),
        _("Cette demande est entre vos mains."),
    )


@blueprint.post("/<uuid:application_id>/remettre")
@allow("instructor")
def release(application_id: Any) -> ResponseReturnValue:
    """«Remettre dans la file», for a colleague."""
    return _done(
        application_id,
        lambda: ReviewClient().release_application(str(application_id)),
        _("La demande est remise dans la file."),
    )


@blueprint.post("/<uuid:application_id>/avis/<item>")
@allow("instructor")
def judge(application_id: Any, item: str) -> ResponseReturnValue:
    """«Accepter» or «Refuser» one item; then on to the next one that waits, with its piece beside it."""
    accepted = request.form.get("verdict") == "accepted"
    seen = request.form.get("round", "")
    reason = "" if accepted else RefusalForm().reason()
    client = ReviewClient()
    try:
        client.record_verdict(str(application_id), item, accepted, int(seen) if seen.isdigit() else 0, reason)
    except Refused as refused:
        return _refused(application_id, refused, item)
    waiting = [one["item"] for one in client.application(str(application_id))["items"] if _waits(one)]
    return _back(application_id, waiting[0], waiting[0]) if waiting else _back(application_id, "decision")


@blueprint.post("/<uuid:application_id>/note")
@allow("instructor")
def note(application_id: Any) -> ResponseReturnValue:
    text = request.form.get("text", "").strip()[:2000]
    try:
        if text:
            ReviewClient().add_note(str(application_id), text)
            tell(_("Note enregistrée."), "success", at=NOTES)
    except Refused as refused:
        return _refused(application_id, refused, NOTES)
    return _back(application_id, NOTES)


@blueprint.post("/<uuid:application_id>/correction")
@allow("instructor")
def request_correction(application_id: Any) -> ResponseReturnValue:
    """«Demander une correction»: everything refused goes back to the partner."""
    message = request.form.get("message", "")[:2000]
    return _done(
        application_id,
        lambda: ReviewClient().request_correction(str(application_id), message),
        _("La demande de correction est envoyée. Le partenaire ne peut modifier que les éléments refusés."),
        CORRECTION,
    )


@blueprint.post("/<uuid:application_id>/approbation")
@allow("instructor")
def approve(application_id: Any) -> ResponseReturnValue:
    """«Approuver la demande»."""
    try:
        number = ReviewClient().approve_application(str(application_id))["partner_number"]
    except Refused as refused:
        return _refused(application_id, refused, APPROVAL)
    flash(_("Demande approuvée : le numéro partenaire est %(number)s.", number=number), "success")
    return _back(application_id)


@blueprint.post("/<uuid:application_id>/refus")
@allow("instructor")
def reject(application_id: Any) -> ResponseReturnValue:
    """«Refuser la demande», with the reason that the partner reads."""
    reason = request.form.get("reason", "").strip()[:2000]
    return _done(
        application_id,
        lambda: ReviewClient().reject_application(str(application_id), reason),
        _("La demande est refusée. Le partenaire en est informé."),
        REJECTION,
    )


@blueprint.get("/<uuid:application_id>/document/<uuid:document_id>")
@allow("instructor")
def document(application_id: Any, document_id: Any) -> ResponseReturnValue:
    """A document in the page; an identity document comes watermarked."""
    allow_framing_by_ourselves()
    ref = ReviewClient().application_document(str(application_id), str(document_id))
    return send_stored(dict(ref), inline=True)
