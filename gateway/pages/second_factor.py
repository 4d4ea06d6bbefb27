"""«Double authentification» in «Mon compte»: a partner's own second factor, by choice."""

from flask import Blueprint, flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from gateway import limits
from gateway.access import allow, forget_resolved_session
from gateway.clients.identity import SessionsClient
from gateway.clients.identity_keeping import SecondFactorClient
from gateway.confirmation import Confirmed
from gateway.pages.account import PERSONS, attempt, shown
from gateway.pages.sign_in import ENROLMENT, CodeForm, browser, enrolled, show_enrolment, step_is_over
from gateway.refusals import describe
from services.chassis.refusals import Refused

blueprint = Blueprint("second_factor", __name__, url_prefix="/compte/double-authentification")


@blueprint.get("")
@allow(*PERSONS)
def index() -> ResponseReturnValue:
    """Whether there is one; where it is put on, taken off, and its recovery codes renewed."""
    return render_template("account/second_factor.html", found=SecondFactorClient().second_factor())


@blueprint.route("/activer", methods=["GET", "POST"])
@allow(*PERSONS)
def begin() -> ResponseReturnValue:
    """The password first, then the application."""
    form = Confirmed()
    begun = attempt(form, lambda: SecondFactorClient().begin_enrolment(form.password.data or "", **browser()))
    if begun is None:
        return shown("account/second_factor_on.html", form)
    session[ENROLMENT] = begun["step_token"]
    return redirect(url_for(".enrol"))


@blueprint.route("/application", methods=["GET", "POST"])
@allow(*PERSONS)
@limits.failures
def enrol() -> ResponseReturnValue:
    """Scan the QR code, type the code that the application shows; then the recovery codes, in a renewed session."""
    if ENROLMENT not in session:
        return redirect(url_for(".index"))
    form, step = CodeForm(), session[ENROLMENT]
    try:
        if form.validate_on_submit():
            opened = SessionsClient().confirm_enrolment(step, form.code.data or "")
            session.pop(ENROLMENT)
            flash(_("La double authentification est activée. Vos autres sessions sont fermées."), "success")
            return enrolled(opened, url_for(".index"))
        return show_enrolment(form, step, 422 if form.is_submitted() else 200, url_for(".index"))
    except Refused as refused:
        form.take_refusal(refused)
        over = step_is_over(refused, ENROLMENT, "second_factor.index")
        return over or show_enrolment(form, step, describe(refused).status, url_for(".index"))


@blueprint.route("/codes-de-secours", methods=["GET", "POST"])
@allow(*PERSONS)
def renew_codes() -> ResponseReturnValue:
    form = Confirmed()
    client = SecondFactorClient()
    made = attempt(form, lambda: client.renew_recovery_codes(form.password.data or "", form.typed_code))
    if made is None:
        return shown("account/second_factor_codes.html", form)
    return render_template("sign_in/recovery_codes.html", codes=made["recovery_codes"], target=url_for(".index"))


@blueprint.route("/desactiver", methods=["GET", "POST"])
@allow(*PERSONS)
def take_off() -> ResponseReturnValue:
    form = Confirmed()
    client = SecondFactorClient()
    done = attempt(form, lambda: client.take_off_second_factor(form.password.data or "", form.typed_code))
    if done is None:
        return shown("account/second_factor_off.html", form)
    forget_resolved_session()
    flash(_("La double authentification est désactivée."), "success")
    return redirect(url_for(".index"))
