"""Signing in and out (guide, «Se connecter», «Déconnexion»), for partners and for the Caf's agents; lost passwords."""

from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import EmailField, PasswordField, StringField
from wtforms.validators import InputRequired, ValidationError

from gateway import cookies, limits
from gateway.access import VISITOR, allow, close_session, open_session, safe_next, viewer
from gateway.clients.identity import AccountClient, SessionsClient
from gateway.forms import REQUIRED, Form
from gateway.qr_drawing import qr_svg
from gateway.refusals import describe
from services.chassis.refusals import Refused

blueprint = Blueprint("sign_in", __name__)

DEVICE_COOKIE = "psl_device"
DEVICE_COOKIE_S = 180 * 24 * 3600
STEP = "agent_step"  # the secret between an agent's password and code, in the signed cookie of pages
NEXT = "agent_next"


class SignInForm(Form):
    login = EmailField(_l("Identifiant"), validators=[InputRequired(REQUIRED)])
    password = PasswordField(_l("Mot de passe"), validators=[InputRequired(REQUIRED)])


class CodeForm(Form):
    code = StringField(_l("Code à six chiffres"), validators=[InputRequired(REQUIRED)])


class ForgottenForm(Form):
    email = EmailField(_l("Adresse e-mail de votre compte personnel"), validators=[InputRequired(REQUIRED)])


class NewPasswordForm(Form):
    password = PasswordField(_l("Nouveau mot de passe"), validators=[InputRequired(REQUIRED)])
    again = PasswordField(_l("Confirmez le nouveau mot de passe"), validators=[InputRequired(REQUIRED)])

    def validate_again(self, field: Any) -> None:
        if field.data != self.password.data:
            raise ValidationError(_("Les deux mots de passe sont différents."))


def browser() -> dict[str, str]:
    """What identity keeps about a session, for its owner to recognise it."""
    return {"ip": request.remote_addr or "", "user_agent": request.headers.get("User-Agent", "")[:400]}


def home_of_viewer() -> str:
    """Where somebody goes who is already signed in."""
    if viewer().must_personalise:
        return url_for("account.personalise")
    return url_for("caf.index") if viewer().is_agent else url_for("account.space")


def _sign_in(form: SignInForm, kind: str) -> dict[str, Any] | None:
    """Identity's answer, or None with the refusal shown on the form."""
    try:
        return SessionsClient().sign_in(
            kind,
            form.login.data or "",
            form.password.data or "",
            device_token=cookies.kept(DEVICE_COOKIE) or None,
            **browser(),
        )  # type: ignore[return-value]
    except Refused as refused:
        form.take_refusal(refused)
        form.status = describe(refused).status
        return None


def signed_in(opened: Any, target: str) -> Response:
    """The browser gets its session; a provisional password leads to its replacement first."""
    if opened["must_personalise"]:
        target = url_for("account.personalise")
    response = open_session(current_app.make_response(redirect(target)), opened["session_token"])
    if opened.get("device_token"):
        cookies.keep(response, DEVICE_COOKIE, opened["device_token"], max_age_s=DEVICE_COOKIE_S)
    return response


@blueprint.route("/login/partner", methods=["GET", "POST"])
@allow(VISITOR)
@limits.failures
def partner() -> ResponseReturnValue:
    """The page of the guide: «Je crée mon compte», or identifier and password of a personal account."""
    if viewer().signed_in and request.method == "GET":
        return redirect(home_of_viewer())
    form = SignInForm()
    opened = _sign_in(form, "partner") if form.validate_on_submit() else None
    if opened is not None:
        return signed_in(opened, safe_next(request.args.get("suite"), url_for("account.space")))
    return render_template("sign_in/partner.html", form=form), _status(form)


def _status(form: Form) -> int:
    if not form.is_submitted():
        return 200
    return int(getattr(form, "status", 422))


@blueprint.route("/login/agent", methods=["GET", "POST"])
@allow(VISITOR)
@limits.failures
def agent() -> ResponseReturnValue:
    """First step of an agent: the password."""
    if viewer().signed_in and request.method == "GET":
        return redirect(home_of_viewer())
    form = SignInForm()
    step = _sign_in(form, "agent") if form.validate_on_submit() else None
    if step is None:
        return render_template("sign_in/agent.html", form=form), _status(form)
    session[STEP] = step["step_token"]
    session[NEXT] = safe_next(request.args.get("suite"), url_for("caf.index"))
    return redirect(url_for("sign_in.agent_enrol" if step["next"] == "enrol" else "sign_in.agent_code"))


def _step_is_over(refused: Refused) -> ResponseReturnValue | None:
    """Back to the password when the step expired."""
    if refused.code != "step_expired":
        return None
    session.pop(STEP, None)
    flash(describe(refused).text, "error")
    return redirect(url_for("sign_in.agent"))


@blueprint.route("/login/agent/code", methods=["GET", "POST"])
@allow(VISITOR)
@limits.failures
def agent_code() -> ResponseReturnValue:
    """Second step of an agent: the code of the authenticator, or a recovery code."""
    if STEP not in session:
        return redirect(url_for("sign_in.agent"))
    form = CodeForm()
    if not form.validate_on_submit():
        return render_template("sign_in/agent_code.html", form=form), _status(form)
    try:
        opened = SessionsClient().confirm_totp(session[STEP], form.code.data or "")
    except Refused as refused:
        form.take_refusal(refused)
        return _step_is_over(refused) or (
            render_template("sign_in/agent_code.html", form=form),
            describe(refused).status,
        )
    session.pop(STEP)
    return signed_in(opened, session.pop(NEXT, url_for("caf.index")))


@blueprint.route("/login/agent/authentification", methods=["GET", "POST"])
@allow(VISITOR)
@limits.failures
def agent_enrol() -> ResponseReturnValue:
    """An agent's first sign-in: scan the QR code, type the code that the application shows."""
    if STEP not in session:
        return redirect(url_for("sign_in.agent"))
    form = CodeForm()
    try:
        if form.validate_on_submit():
            return _enrolled(SessionsClient().confirm_enrolment(session[STEP], form.code.data or ""))
        return _show_enrolment(form, _status(form))
    except Refused as refused:
        form.take_refusal(refused)
        return _step_is_over(refused) or _show_enrolment(form, describe(refused).status)


def _show_enrolment(form: CodeForm, status: int) -> ResponseReturnValue:
    enrolment = SessionsClient().totp_enrolment(session[STEP])
    return render_template(
        "sign_in/agent_enrol.html", form=form, secret=enrolment["secret"], qr=qr_svg(enrolment["uri"])
    ), status


def _enrolled(opened: Any) -> ResponseReturnValue:
    session.pop(STEP)
    target = session.pop(NEXT, url_for("caf.index"))
    page = render_template("sign_in/recovery_codes.html", codes=opened["recovery_codes"], target=target)
    return open_session(current_app.make_response(page), opened["session_token"])


@blueprint.post("/deconnexion")
@allow(VISITOR)
def sign_out() -> ResponseReturnValue:
    """«Se déconnecter», under the structure's name."""
    if viewer().signed_in:
        SessionsClient().close_session()
    flash(_("Vous êtes déconnecté."), "success")
    return close_session(current_app.make_response(redirect(url_for("home.index"))))


@blueprint.route("/mot-de-passe", methods=["GET", "POST"])
@allow(VISITOR)
@limits.letters
def forgotten() -> ResponseReturnValue:
    """The same answer whether the address is known or not."""
    form = ForgottenForm()
    if not form.validate_on_submit():
        return render_template("sign_in/forgotten.html", form=form, sent=False), _status(form)
    AccountClient().request_password_reset((form.email.data or "")[:320])
    return render_template("sign_in/forgotten.html", form=form, sent=True)


@blueprint.route("/mot-de-passe/nouveau/<token>", methods=["GET", "POST"])
@allow(VISITOR)
@limits.failures
def new_password(token: str) -> ResponseReturnValue:
    """Opened from the mailed link."""
    form = NewPasswordForm()
    if form.validate_on_submit():
        try:
            done = AccountClient().reset_password(token, form.password.data or "")
        except Refused as refused:
            form.take_refusal(refused)
            form.status = describe(refused).status
        else:
            flash(_("Votre nouveau mot de passe est enregistré. Connectez-vous."), "success")
            return redirect(url_for("sign_in.agent" if done["kind"] == "agent" else "sign_in.partner"))
    return render_template("sign_in/new_password.html", form=form), _status(form)
