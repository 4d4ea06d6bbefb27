"""«Je signe la convention» (guide, «Signer sa convention») and «Télécharger la convention»."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, StringField
from wtforms.validators import InputRequired, Regexp

from gateway.access import STRUCTURE_ROLES, allow, viewer
from gateway.clients.conventions import SigningClient
from gateway.clients.conventions_results import OpenedConvention
from gateway.files import send_stored
from gateway.formatting import phone
from gateway.forms import Form
from gateway.refusals import describe
from gateway.security import allow_framing_by_ourselves
from gateway.told import tell, tell_refusal
from services.chassis.refusals import Refused

blueprint = Blueprint("convention", __name__, url_prefix="/convention")

SIGNER = "legal_representative"
USER_AGENT_LENGTH = 500
SIGNING, READING = "signer", "lecture"
"""Places of the page at which an action is told: above the signature, at the box that says that all was read."""


class CodeForm(Form):
    """Asks for the code; says that all was read unless the page saw the end reached."""

    document_sha256 = HiddenField()
    reached_the_end = HiddenField()
    read = BooleanField(_l("J’ai lu la convention en entier, jusqu’à la dernière page."))


class SignForm(Form):
    document_sha256 = HiddenField()
    code = StringField(
        _l("Code de vérification"),
        validators=[
            InputRequired(_l("Saisissez le code reçu par SMS.")),
            Regexp(r"^\s*\d{3}\s?\d{3}\s*$", message=_l("Le code comporte six chiffres.")),
        ],
    )


def origin() -> dict[str, str]:
    """Where the act comes from, for the evidence."""
    agent = request.user_agent.string[:USER_AGENT_LENGTH]
    return {"ip": request.remote_addr or "", "user_agent": agent}


@blueprint.get("")
@allow(*STRUCTURE_ROLES)
def index() -> ResponseReturnValue:
    """Where the convention stands; for the legal representative all that it takes to sign it."""
    if not viewer().may(SIGNER):
        return render_template("convention/standing.html", standing=SigningClient().own_convention())
    opened = _opened()
    if opened is None:
        return render_template("convention/standing.html", standing=SigningClient().own_convention())
    return _page(opened, SignForm(formdata=None))


def _opened() -> OpenedConvention | None:
    """None when there is nothing to open: no application yet, or a convention that nobody ever opened."""
    try:
        return SigningClient().open_convention()
    except Refused as refused:
        if refused.code in ("convention_unknown", "document_missing"):
            return None
        raise


def _page(opened: OpenedConvention, form: SignForm, status: int = 200) -> ResponseReturnValue:
    code_form = CodeForm(formdata=None)
    form.document_sha256.data = code_form.document_sha256.data = opened["document"]["sha256"]
    body = render_template("convention/sign.html", opened=opened, code_form=code_form, form=form)
    return body, status


@blueprint.post("/code")
@allow(SIGNER)
def request_code() -> ResponseReturnValue:
    """Take note of the reading, then send the code."""
    form = CodeForm()
    document_sha256 = form.document_sha256.data or ""
    how = "last_page" if form.reached_the_end.data == "1" else "statement"
    try:
        if form.read.data or how == "last_page":
            SigningClient().confirm_reading(document_sha256, how, **origin())
        sent = SigningClient().request_signing_code(document_sha256, **origin())
    except Refused as refused:
        tell_refusal(refused, at=READING if refused.code == "reading_required" else SIGNING)
    else:
        said = _("Un code de vérification a été envoyé par SMS au %(phone)s.", phone=phone(sent["masked_phone"]))
        tell(said, "success", at=SIGNING)
    return redirect(url_for(".index", _anchor=SIGNING), 303)


@blueprint.post("/signature")
@allow(SIGNER)
def sign() -> ResponseReturnValue:
    """«Je signe la convention»."""
    form = SignForm()
    if form.validate_on_submit():
        code = "".join((form.code.data or "").split())
        try:
            SigningClient().sign_convention(form.document_sha256.data or "", code, **origin())
            return redirect(url_for(".index"), 303)
        except Refused as refused:
            return _not_signed(form, refused)
    return _not_signed(form)


def _not_signed(form: SignForm, refused: Refused | None = None) -> ResponseReturnValue:
    """The page again: what is wrong with the code is told at its field as long as it is asked for, everything else
    above the signature."""
    opened = _opened()
    if opened is None or opened["state"] != "prepared":
        if refused:
            tell_refusal(refused)
        return redirect(url_for(".index"), 303)
    form.code.data, form.code.raw_data = "", None
    if refused and refused.code == "signing_code_wrong" and opened["code"]["state"] == "sent":
        form.code.errors = [describe(refused).text]
    elif refused:
        tell_refusal(refused, at=SIGNING)
    return _page(opened, form, 422)


@blueprint.get("/document")
@allow(SIGNER, "manager")
def download() -> ResponseReturnValue:
    """«Télécharger la convention»; with `?affichee=1` the one that «Ma convention» shows, which may be the next one;
    with `?lire=1` to look at in the browser."""
    stored: Any = _document(shown=bool(request.args.get("affichee")))
    if stored is None:
        flash(_("Votre convention n’a pas encore de document : le représentant légal doit d’abord l’ouvrir."), "info")
        return redirect(url_for(".index"), 303)
    if request.args.get("lire"):
        allow_framing_by_ourselves()
        return send_stored(stored, inline=True)
    return send_stored(stored)


def _document(*, shown: bool) -> Any:
    try:
        return SigningClient().own_document(shown=shown)
    except Refused as refused:
        if refused.code in ("convention_unknown", "document_missing"):
            return None
        raise


@blueprint.get("/preuves")
@allow(SIGNER)
def evidence() -> ResponseReturnValue:
    """The evidence pack, checkable without the platform."""
    return send_stored(dict(SigningClient().own_evidence_pack()))
