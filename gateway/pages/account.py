"""The personal space: choosing the structure, and one's own account (password, address, mobile, sessions, data)."""

import json
from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import EmailField, PasswordField, RadioField, StringField, TelField
from wtforms.validators import InputRequired, Optional

from gateway.access import (
    AGENT_ROLES,
    STRUCTURE_ROLES,
    VISITOR,
    allow,
    close_session,
    forget_resolved_session,
    open_session,
    viewer,
)
from gateway.clients.identity import IdentityClient
from gateway.clients.partners_life import AssistanceClient
from gateway.confirmation import CodeAsked, Confirmed
from gateway.formatting import phone
from gateway.forms import REQUIRED, Form
from gateway.pages.sign_in import NewPasswordForm, browser, home_of_viewer
from gateway.refusals import describe, flash_refusal
from services.chassis.refusals import Refused, Unavailable

blueprint = Blueprint("account", __name__)
PERSONS = ("person", *sorted(STRUCTURE_ROLES))
SIGNED_IN = (*PERSONS, *sorted(AGENT_ROLES))
CIVILITIES = [("Mme", _l("Madame")), ("M.", _l("Monsieur"))]


class ChangePasswordForm(NewPasswordForm, CodeAsked):
    current = PasswordField(_l("Mot de passe actuel"), validators=[InputRequired(REQUIRED)])


class PersonForm(Form):
    civility = RadioField(_l("Civilité"), choices=CIVILITIES, validators=[InputRequired(REQUIRED)])
    first_name = StringField(_l("Prénom"), validators=[InputRequired(REQUIRED)])
    last_name = StringField(_l("Nom"), validators=[InputRequired(REQUIRED)])
    position = StringField(_l("Fonction"), validators=[Optional()])


class EmailForm(Confirmed):
    email = EmailField(_l("Nouvelle adresse e-mail"), validators=[InputRequired(REQUIRED)])


class MobileForm(Confirmed):
    mobile = TelField(_l("Nouveau téléphone portable"), validators=[InputRequired(REQUIRED)])


class MobileCodeForm(Form):
    code = StringField(_l("Code de vérification"), validators=[InputRequired(REQUIRED)])


class ActionForm(Form):
    """No field: only the CSRF token."""


def attempt(form: Form, work: Any) -> Any | None:
    """What `work` answers when the form was sent and is well-formed; None shows the form again, with its errors."""
    if not form.validate_on_submit():
        return None
    try:
        return work()
    except Refused as refused:
        form.take_refusal(refused)
        form.status = describe(refused).status
        return None


def shown(template: str, form: Form, **more: Any) -> ResponseReturnValue:
    """The page with its form: 200 at first, the refusal's status after a refused one."""
    status = int(getattr(form, "status", 422)) if form.is_submitted() else 200
    return render_template(template, form=form, **more), status


def reopened(opened: Any, target: str) -> Response:
    """Go on with the session's new token."""
    return open_session(current_app.make_response(redirect(target)), opened["session_token"])


@blueprint.get("/espace")
@allow(*PERSONS)
def space() -> ResponseReturnValue:
    """The structures that the person may administer: the orange rectangles of the guide (page 11)."""
    return render_template("account/space.html")


@blueprint.post("/espace/<uuid:structure_id>")
@allow(*PERSONS)
def choose(structure_id: Any) -> ResponseReturnValue:
    try:
        opened = IdentityClient().choose_structure(str(structure_id))
    except Refused as refused:
        flash_refusal(refused)
        return redirect(url_for("account.space"))
    return reopened(opened, url_for("structure.dashboard"))


@blueprint.route("/compte/premiere-connexion", methods=["GET", "POST"])
@allow("unpersonalised", *SIGNED_IN)
def personalise() -> ResponseReturnValue:
    """The provisional password is replaced before anything else is reachable (guide, «Activer son compte»)."""
    if not viewer().must_personalise:
        return redirect(home_of_viewer())
    form = NewPasswordForm()
    opened = attempt(form, lambda: IdentityClient().personalise_password(form.password.data or "", **browser()))
    if opened is None:
        return shown("account/personalise.html", form)
    flash(_("Votre mot de passe est personnalisé : votre compte est activé."), "success")
    return reopened(opened, url_for("caf.index") if viewer().kind == "agent" else url_for("account.space"))


@blueprint.get("/compte")
@allow(*SIGNED_IN)
def index() -> ResponseReturnValue:
    person = IdentityClient().person()
    sessions = IdentityClient().sessions()["items"]
    return render_template("account/index.html", person=person, sessions=sessions, action=ActionForm())


@blueprint.route("/compte/informations", methods=["GET", "POST"])
@allow(*SIGNED_IN)
def information() -> ResponseReturnValue:
    form = PersonForm(data=IdentityClient().person())
    values = {name: form[name].data or "" for name in ("civility", "first_name", "last_name")}
    position = (form.position.data or "").strip() or None
    done = attempt(form, lambda: IdentityClient().update_person(position=position, **values))
    if done is None:
        return shown("account/information.html", form)
    forget_resolved_session()
    flash(_("Vos informations sont enregistrées."), "success")
    return redirect(url_for("account.index"))


@blueprint.route("/compte/mot-de-passe", methods=["GET", "POST"])
@allow(*SIGNED_IN)
def password() -> ResponseReturnValue:
    form = ChangePasswordForm()
    opened = attempt(
        form,
        lambda: IdentityClient().change_password(
            form.current.data or "", form.password.data or "", form.typed_code, **browser()
        ),
    )
    if opened is None:
        return shown("account/password.html", form)
    flash(_("Votre mot de passe est changé. Vos autres sessions sont fermées."), "success")
    return reopened(opened, url_for("account.index"))


@blueprint.route("/compte/adresse", methods=["GET", "POST"])
@allow(*SIGNED_IN)
def email() -> ResponseReturnValue:
    form = EmailForm()
    done = attempt(
        form,
        lambda: IdentityClient().request_email_change(form.email.data or "", form.password.data or "", form.typed_code),
    )
    if done is None:
        return shown("account/email.html", form)
    flash(
        _("Un lien de confirmation est envoyé à chacune des deux adresses. Ouvrez les deux sous 24 heures."), "success"
    )
    return redirect(url_for("account.index"))


@blueprint.post("/compte/adresse/annuler")
@allow(*SIGNED_IN)
def cancel_email() -> ResponseReturnValue:
    IdentityClient().cancel_email_change()
    flash(_("Le changement d’adresse est annulé."), "success")
    return redirect(url_for("account.index"))


@blueprint.route("/compte/adresse/<token>", methods=["GET", "POST"])
@allow(VISITOR)
def confirm_email(token: str) -> ResponseReturnValue:
    """From a mailed link. The change is made by the button, not by opening the page: mail scanners open links too."""
    form = ActionForm()
    done = attempt(form, lambda: IdentityClient().confirm_email_change(token))
    if done is None:
        return shown("account/confirm_email.html", form)
    forget_resolved_session()
    return render_template("account/email_confirmed.html", changed=done["state"] == "changed")


@blueprint.route("/compte/portable", methods=["GET", "POST"])
@allow(*SIGNED_IN)
def mobile() -> ResponseReturnValue:
    form = MobileForm()
    sent = attempt(
        form,
        lambda: IdentityClient().request_mobile_change(
            form.mobile.data or "", form.password.data or "", form.typed_code
        ),
    )
    if sent is None:
        return shown("account/mobile.html", form)
    flash(_("Un code de vérification est envoyé au %(phone)s.", phone=phone(sent["masked_phone"])), "success")
    return redirect(url_for("account.mobile_code"))


@blueprint.route("/compte/portable/code", methods=["GET", "POST"])
@allow(*SIGNED_IN)
def mobile_code() -> ResponseReturnValue:
    form = MobileCodeForm()
    done = attempt(form, lambda: IdentityClient().confirm_mobile_change(form.code.data or ""))
    if done is None:
        return shown("account/mobile_code.html", form)
    flash(_("Votre téléphone portable est enregistré."), "success")
    return redirect(url_for("account.index"))


@blueprint.post("/compte/sessions/<uuid:session_id>/fermer")
@allow(*SIGNED_IN)
def close_one_session(session_id: Any) -> ResponseReturnValue:
    try:
        IdentityClient().close_session(str(session_id))
    except Refused as refused:
        flash_refusal(refused)
    else:
        flash(_("La session est fermée."), "success")
    return redirect(url_for("account.index"))


@blueprint.post("/compte/sessions/fermer-les-autres")
@allow(*SIGNED_IN)
def close_other_sessions() -> ResponseReturnValue:
    IdentityClient().close_other_sessions()
    flash(_("Vos autres sessions sont fermées."), "success")
    return redirect(url_for("account.index"))


def _threads() -> list[Any]:
    """The person's own threads with the Caf; agents have none."""
    if viewer().is_agent:
        return []
    client = AssistanceClient()
    return [client.own_request(one["request_id"]) for one in client.own_requests()]


@blueprint.get("/compte/donnees")
@allow(*SIGNED_IN)
def export() -> ResponseReturnValue:
    """All that is held about the person, as a file: the account and its traces, and what was written to the Caf."""
    told: dict[str, Any] = {**IdentityClient().export_person()}
    try:
        told["assistance"] = _threads()
    except Unavailable:
        told["incomplete"] = ["assistance"]  # to be asked for again later; the rest is there
    text = json.dumps(told, ensure_ascii=False, indent=2)
    response = Response(text, mimetype="application/json")
    response.headers["Content-Disposition"] = 'attachment; filename="mes-donnees.json"'
    return response


@blueprint.route("/compte/fermer", methods=["GET", "POST"])
@allow(*PERSONS)
def close() -> ResponseReturnValue:
    form = Confirmed()
    done = attempt(form, lambda: IdentityClient().erase_person(form.password.data or "", form.typed_code))
    if done is None:
        return shown("account/close.html", form)
    flash(_("Votre compte est fermé et vos données personnelles sont effacées."), "success")
    return close_session(current_app.make_response(redirect(url_for("home.index"))))
