"""«Assistance» (guide): anyone asks the Caf; signed in, or with an address and a mailed link."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import MultipleFileField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from gateway import limits
from gateway.access import STRUCTURE_ROLES, VISITOR, allow, viewer
from gateway.clients.partners_life import AssistanceClient
from gateway.files import send_stored, stream_upload
from gateway.forms import Form
from gateway.translation import N_
from services.chassis.refusals import Refused

blueprint = Blueprint("assistance", __name__, url_prefix="/assistance")
SIGNED_IN = (*sorted(STRUCTURE_ROLES), "person")
UPLOAD_BYTES = 60 * 1024 * 1024
CATEGORIES = (
    ("application", N_("Ma demande de labellisation")),
    ("account", N_("Mon compte, ma connexion")),
    ("convention", N_("Ma convention")),
    ("transactions", N_("Enregistrer une transaction, SmartTPE")),
    ("payouts", N_("Mes remboursements")),
    ("family", N_("Je suis une famille : mon pass")),
    ("other", N_("Autre question")),
)


@blueprint.url_value_preprocessor
def several_files(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    request.max_content_length = UPLOAD_BYTES


class MessageForm(Form):
    text = TextAreaField(
        _l("Votre message"),
        validators=[
            InputRequired(_l("Écrivez votre message.")),
            Length(min=2, max=5000, message=_l("Écrivez entre 2 et 5 000 caractères.")),
        ],
    )
    attachments = MultipleFileField(_l("Pièces jointes"))


class RequestForm(MessageForm):
    category = SelectField(_l("Votre question porte sur"))
    subject = StringField(
        _l("Objet"), validators=[InputRequired(_l("Résumez votre question en une ligne.")), Length(max=200)]
    )
    email = StringField(_l("Votre adresse e-mail"))


def request_form(**options: Any) -> RequestForm:
    form = RequestForm(**options)
    form.category.choices = [(code, _(label)) for code, label in CATEGORIES]
    return form


def uploaded() -> list[dict[str, str]]:
    """The chosen files, streamed into the store."""
    given = [(stream_upload(file), file.filename or "") for file in request.files.getlist("attachments")]
    return [{"incoming_id": incoming_id, "filename": name} for incoming_id, name in given if incoming_id]


def _signed_in() -> bool:
    return viewer().may(*SIGNED_IN)


@blueprint.get("")
@allow(VISITOR)
def index() -> ResponseReturnValue:
    """My threads when signed in, else the form."""
    threads = AssistanceClient().own_requests() if _signed_in() else []
    if threads:
        return render_template("assistance/index.html", threads=threads)
    return _ask_page(request_form(formdata=None))


@blueprint.get("/nouvelle")
@allow(VISITOR)
def ask() -> ResponseReturnValue:
    return _ask_page(request_form(formdata=None))


def _ask_page(form: RequestForm, status: int = 200) -> ResponseReturnValue:
    return render_template("assistance/ask.html", form=form, signed_in=_signed_in()), status


@blueprint.post("/nouvelle")
@allow(VISITOR)
@limits.letters
def send() -> ResponseReturnValue:
    form = request_form()
    if form.validate():
        email = None if _signed_in() else (form.email.data or "").strip()
        try:
            made = AssistanceClient().open_request(
                category=form.category.data,
                subject=(form.subject.data or "").strip(),
                text=form.text.data or "",
                email=email,
                attachments=uploaded(),
            )
        except Refused as refused:
            form.take_refusal(refused)
        else:
            return _sent(made, email)
    return _ask_page(form, 422)


def _sent(made: dict[str, Any], email: str | None) -> ResponseReturnValue:
    if email:
        return render_template("assistance/confirm_sent.html", reference=made["reference"], email=email)
    flash(_("Votre demande %(reference)s est envoyée à la Caf.", reference=made["reference"]), "success")
    return redirect(url_for(".show", request_id=made["request_id"]), 303)


@blueprint.get("/<uuid:request_id>")
@allow(*SIGNED_IN)
def show(request_id: Any) -> ResponseReturnValue:
    thread = AssistanceClient().own_request(str(request_id))
    return render_template("assistance/thread.html", thread=thread, form=MessageForm(formdata=None), token=None)


@blueprint.post("/<uuid:request_id>")
@allow(*SIGNED_IN)
def write(request_id: Any) -> ResponseReturnValue:
    client, form = AssistanceClient(), MessageForm()
    if form.validate():
        try:
            client.write_in_request(str(request_id), form.text.data or "", uploaded())
        except Refused as refused:
            form.take_refusal(refused)
        else:
            flash(_("Votre message est envoyé."), "success")
            return redirect(url_for(".show", request_id=request_id), 303)
    thread = client.own_request(str(request_id))
    return render_template("assistance/thread.html", thread=thread, form=form, token=None), 422


@blueprint.get("/suivi/<token>")
@allow(VISITOR)
def follow(token: str) -> ResponseReturnValue:
    """The mailed link of a visitor's thread."""
    thread = AssistanceClient().thread(token)
    return render_template("assistance/thread.html", thread=thread, form=MessageForm(formdata=None), token=token)


@blueprint.post("/suivi/<token>/confirmer")
@allow(VISITOR)
def confirm(token: str) -> ResponseReturnValue:
    """A button and not the link itself, since mail programs open links by themselves."""
    AssistanceClient().confirm_thread(token)
    flash(_("Votre demande est confirmée : la Caf l’a reçue."), "success")
    return redirect(url_for(".follow", token=token), 303)


@blueprint.post("/suivi/<token>")
@allow(VISITOR)
def write_by_link(token: str) -> ResponseReturnValue:
    client, form = AssistanceClient(), MessageForm()
    if form.validate():
        try:
            client.write_in_thread(token, form.text.data or "", uploaded())
        except Refused as refused:
            form.take_refusal(refused)
        else:
            flash(_("Votre message est envoyé."), "success")
            return redirect(url_for(".follow", token=token), 303)
    return render_template("assistance/thread.html", thread=client.thread(token), form=form, token=token), 422


@blueprint.get("/piece-jointe/<uuid:attachment_id>")
@allow(VISITOR)
def attachment(attachment_id: Any) -> ResponseReturnValue:
    kept = AssistanceClient().attachment(str(attachment_id), request.args.get("suivi") or None)
    return send_stored(kept)
