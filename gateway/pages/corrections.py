"""The partner's side of the review: what the Caf refused is open, everything else is locked."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import gettext as _

from gateway import reference_lists
from gateway.access import allow, viewer
from gateway.application_forms import (
    DATE_LABELS,
    ActivitiesForm,
    BankAccountForm,
    RepresentativeNameForm,
    StepForm,
    StructureForm,
    StructureTypeForm,
    correction_form,
)
from gateway.application_shown import facts_of_groups
from gateway.clients.identity import AccountClient
from gateway.clients.partners import OwnApplicationClient
from gateway.clients.partners_results import Catalogue, OwnApplication
from gateway.files import send_stored, stream_upload
from gateway.refusals import describe
from gateway.security import allow_framing_by_ourselves
from gateway.told import tell, tell_refusal
from services.chassis.refusals import Refused

blueprint = Blueprint("corrections", __name__, url_prefix="/demande")

FORMS: dict[str, type[StepForm]] = {
    "structure_type": StructureTypeForm,
    "structure": StructureForm,
    "representative": RepresentativeNameForm,
    "activities": ActivitiesForm,
    "bank_account": BankAccountForm,
}
MAY_CORRECT = ("legal_representative", "manager")


def _own() -> OwnApplication:
    return OwnApplicationClient().own_application() or abort(404)


@blueprint.get("")
@allow(*MAY_CORRECT)
def index() -> ResponseReturnValue:
    """«Ma demande de labellisation»: where it stands, what to correct."""
    return _page(_own())


def _page(own: OwnApplication, status: int = 200) -> ResponseReturnValue:
    catalogue = reference_lists.offered()
    chosen = [one for one in catalogue["activities"] if one["code"] in own["activities"]]
    body = render_template(
        "corrections/index.html", own=own,
        dates=_asked_dates(catalogue, own["structure_type"]),
        facts=facts_of_groups({**own, "activities": chosen, "representative": None}),
        opened=[item for item in own["items"] if item["open"]],
        locked=[item for item in own["items"] if not item["open"] and (item["required"] or item["present"])],
    )  # fmt: skip
    return body, status


def _asked_dates(catalogue: Catalogue, structure_type: str) -> dict[str, Any]:
    """The documents beside which a date is asked for: item → label."""
    found = next(one for one in catalogue["structure_types"] if one["code"] == structure_type)
    return {f"document:{kind['kind']}": DATE_LABELS[kind["date"]] for kind in found["documents"] if kind["date"]}


@blueprint.get("/champs/<group>")
@allow(*MAY_CORRECT)
def fields(group: str) -> ResponseReturnValue:
    """One refused group of fields."""
    own = _own()
    return _fields_page(own, group, _form(own, group, formdata=None))


@blueprint.post("/champs/<group>")
@allow(*MAY_CORRECT)
def correct(group: str) -> ResponseReturnValue:
    own = _own()
    form = _form(own, group)
    try:
        OwnApplicationClient().correct_fields(group, form.version_seen(), form.answers())
    except Refused as refused:
        form.step_version.data = own["version"]
        _tell(form, refused)
        return _fields_page(own, group, form, 422)
    flash(_("Correction enregistrée."), "success")
    return redirect(url_for(".index"), 303)


def _tell(form: StepForm, refused: Refused) -> None:
    if refused.code == "email_already_used" and "email" in form:
        form.add_error("email", describe(refused).text)
    else:
        form.take_refusal(refused)


def _form(own: OwnApplication, group: str, **given: Any) -> StepForm:
    item = next((one for one in own["items"] if one["item"] == f"fields:{group}"), None)
    if group not in FORMS or item is None or not item["open"]:
        abort(404)
    known: dict[str, dict[str, Any]] = {
        "structure_type": {"structure_type": own["structure_type"]},
        "structure": dict(own["structure"]),
        "representative": dict(AccountClient().person()) if group == "representative" else {},
        "activities": {"activities": own["activities"], "federation": own["federation"]},
        "bank_account": {"holder": own["bank_account"]["holder"]},
    }
    data = {**known[group], "step_version": own["version"]}
    return correction_form(FORMS[group], data, reference_lists.offered(), own["structure_type"], **given)


def _fields_page(own: OwnApplication, group: str, form: StepForm, status: int = 200) -> ResponseReturnValue:
    item = next(one for one in own["items"] if one["item"] == f"fields:{group}")
    if group == "representative" and not viewer().may("legal_representative"):
        abort(403)
    body = render_template(
        "corrections/fields.html", own=own, group=group, item=item, form=form, catalogue=reference_lists.offered()
    )
    return body, status


@blueprint.post("/justificatif/<kind>")
@allow(*MAY_CORRECT)
def add_document(kind: str) -> ResponseReturnValue:
    """A new file for a refused document."""
    client = OwnApplicationClient()
    dated_on = request.form.get("dated_on") or None
    try:
        for chosen in request.files.getlist("file"):
            incoming_id = stream_upload(chosen)
            if incoming_id:
                client.add_correction_document(kind, incoming_id, chosen.filename or "", dated_on)
                tell(_("Fichier déposé : %(name)s", name=chosen.filename), "success", at=f"document:{kind}")
    except Refused as refused:
        return _page(_own(), tell_refusal(refused, at=f"document:{kind}"))
    return redirect(url_for(".index", _anchor=f"document:{kind}"), 303)


@blueprint.post("/justificatif/<uuid:document_id>/retirer")
@allow(*MAY_CORRECT)
def remove_document(document_id: Any) -> ResponseReturnValue:
    item = _item_of(_own(), str(document_id))
    try:
        OwnApplicationClient().remove_correction_document(str(document_id))
    except Refused as refused:
        return _page(_own(), tell_refusal(refused, at=item))
    return redirect(url_for(".index", _anchor=item), 303)


def _item_of(own: OwnApplication, document_id: str) -> str:
    """The item that a file belongs to; nothing for one that is gone."""
    files = {file["document_id"]: item["item"] for item in own["items"] for file in item["documents"]}
    return files.get(document_id, "")


@blueprint.get("/document/<uuid:document_id>")
@allow(*MAY_CORRECT)
def document(document_id: Any) -> ResponseReturnValue:
    """One of the structure's own files."""
    allow_framing_by_ourselves()
    return send_stored(dict(OwnApplicationClient().own_document(str(document_id))), inline=True)


@blueprint.post("/envoyer")
@allow(*MAY_CORRECT)
def resubmit() -> ResponseReturnValue:
    """All corrections at once, back to the Caf."""
    seen = request.form.get("version", "")
    try:
        OwnApplicationClient().resubmit_application(int(seen) if seen.isdigit() else 0)
    except Refused as refused:
        missing = [gettext(label) for label in refused.fields.get("missing", [])]
        return _page(_own(), tell_refusal(refused, at="envoyer", names=missing))
    flash(_("Vos corrections sont envoyées à la Caf."), "success")
    return redirect(url_for(".index"), 303)
