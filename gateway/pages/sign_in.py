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
STEP = "agent_step"  # the secret between password and code, in the signed cookie of pages
NEXT = "agent_next"
ENROLMENT = "second_factor_step"  # the same while a signed-in partner enrols an authenticator


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
    """The page of the guide: «Je crée mon compte», or identifier and password of a personal account; who has a second
    factor goes on to its code."""
    if viewer().signed_in and request.method == "GET":
        return redirect(home_of_viewer())
    form = SignInForm()
    opened = _sign_in(form, "partner") if form.validate_on_submit() else None
    target = safe_next(request.args.get("suite"), url_for("account.space"))
    if opened is not None and opened["next"] == "totp":
        session[STEP], session[NEXT] = opened["step_token"], target
        return redirect(url_for("sign_in.partner_code"))
    if opened is not None:
        return signed_in(opened, target)
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


def step_is_over(refused: Refused, step: str, first: str) -> ResponseReturnValue | None:
    """Back to the first step, the password, when this one expired."""
    if refused.code != "step_expired":
        return None
    session.pop(step, None)
    flash(describe(refused).text, "error")
    return redirect(url_for(first))


@blueprint.route("/login/agent/code", methods=["GET", "POST"])
@allow(VISITOR)
@limits.failures
def agent_code() -> ResponseReturnValue:
    """Second step of an agent."""
    return _second_step("sign_in.agent", "caf.index")


@blueprint.route("/login/partner/code", methods=["GET", "POST"])
@allow(VISITOR)
@limits.failures
def partner_code() -> ResponseReturnValue:
    """Second step of a partner who chose to have one."""
    return _second_step("sign_in.partner", "account.space")


def _second_step(first: str, home: str) -> ResponseReturnValue:
    """The code of the authenticator, or a recovery code; `first` is the page of the password."""
    if STEP not in session:
        return redirect(url_for(first))
    form = CodeForm()
    if not form.validate_on_submit():
        return _show_code(form, first, _status(form))
    try:
        opened = SessionsClient().confirm_totp(session[STEP], form.code.data or "")
    except Refused as refused:
        form.take_refusal(refused)
        return step_is_over(refused, STEP, first) or _show_code(form, first, describe(refused).status)
    session.pop(STEP)
    return signed_in(opened, session.pop(NEXT, url_for(home)))


def _show_code(form: CodeForm, first: str, status: int) -> ResponseReturnValue:
    return render_template("sign_in/code.html", form=form, back_url=url_for(first)), status


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
            opened = SessionsClient().confirm_enrolment(session[STEP], form.code.data or "")
            session.pop(STEP)
            return enrolled(opened, session.pop(NEXT, url_for("caf.index")))
        return show_enrolment(form, session[STEP], _status(form))
    except Refused as refused:
        form.take_refusal(refused)
        over = step_is_over(refused, STEP, "sign_in.agent")
        return over or show_enrolment(form, session[STEP], describe(refused).status)


def show_enrolment(form: CodeForm, step: str, status: int, back_url: str | None = None) -> ResponseReturnValue:
    """The QR code to scan, the same as a key to type, and the field for the first code."""
    enrolment = SessionsClient().totp_enrolment(step)
    return render_template(
        "sign_in/enrol.html", form=form, secret=enrolment["secret"], qr=qr_svg(enrolment["uri"]), back_url=back_url
    ), status


def enrolled(opened: Any, target: str) -> ResponseReturnValue:
    """The recovery codes, shown this once, in the new session."""
    page = render_template("sign_in/recovery_codes.html", codes=opened["recovery_codes"], target=target)
    return open_session(current_app.make_response(page), opened["session_token"])


@blueprint.post("/deconnexion")
@allow(VISITOR)
def sign_out() -> ResponseReturnValue:
    """«Se déconnecter», under the structure's name."""
    if viewer().signed_in:
        SessionsClient().close_session()
    for step in (STEP, NEXT, ENROLMENT):
        session.pop(step, None)
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
