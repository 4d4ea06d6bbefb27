"""«Contresigner»: the Caf's list of conventions, one or many signatures with their progress, refusals, terminations and
evidence."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, TextAreaField
from wtforms.validators import InputRequired

from gateway.access import allow, viewer
from gateway.clients.conventions import CafConventionsClient, TextsClient
from gateway.evidence_words import timeline
from gateway.files import send_stored
from gateway.forms import Form
from gateway.pages.convention import origin
from gateway.people import names_of_accounts
from gateway.refusals import describe
from gateway.security import allow_framing_by_ourselves
from gateway.told import tell, tell_refusal
from services.chassis.refusals import Refused

blueprint = Blueprint("caf_conventions", __name__, url_prefix="/caf/conventions")

REVIEWERS = ("signatory", "instructor", "administrator")
KINDS = {"initial": _l("Première convention"), "amendment": _l("Avenant"), "renewal": _l("Renouvellement")}
STATES = ("prepared", "signed_by_partner", "active", "refused", "terminated")
TO_COUNTERSIGN = "a_contresigner"
"""In the address, like a state: signed by the partner, of an approved application."""
REFRESH_S = 2
SIGNING = "signer"
"""The place of the list at which a counter-signature is told refused."""
ACTIONS, REFUSING, TERMINATING, WITHDRAWING = "actions", "refuser", "resilier", "annuler"
"""Places of a convention's page at which an action is told refused."""


class RefuseForm(Form):
    reason = TextAreaField(
        _l("Motif du refus, lu par le partenaire"), validators=[InputRequired(_l("Donnez un motif."))]
    )


class WithdrawalForm(Form):
    reason = TextAreaField(
        _l("Motif de l’annulation, lu par le partenaire"), validators=[InputRequired(_l("Donnez un motif."))]
    )


class TerminateForm(Form):
    reason = TextAreaField(
        _l("Motif de la résiliation, lu par le partenaire"), validators=[InputRequired(_l("Donnez un motif."))]
    )
    effective_on = DateField(
        _l("Date d’effet"), validators=[InputRequired(_l("Donnez la date à partir de laquelle les pass sont refusés."))]
    )


@blueprint.get("")
@allow(*REVIEWERS)
def index() -> ResponseReturnValue:
    """What waits for the Caf's signature; with filters, everything."""
    return _list()


def _asked() -> dict[str, Any]:
    """What the list's address asks for."""
    kind = request.args.get("type")
    return {
        "etat": request.args.get("etat") or TO_COUNTERSIGN,
        "mots": (request.args.get("mots") or "").strip()[:100] or None,
        "type": kind if kind in KINDS else None,
        "anciennete": request.args.get("anciennete") or None,
        "tri": "newest" if request.args.get("tri") == "newest" else "oldest",
    }


def _narrowed(asked: dict[str, Any]) -> dict[str, Any]:
    """The filters that narrow what waits for the Caf's signature, as the service names them."""
    return {"words": asked["mots"], "kind": asked["type"], "age": asked["anciennete"]}


def _list(status: int = 200) -> ResponseReturnValue:
    asked, cursor = _asked(), request.args.get("cursor") or None
    state, may_sign = asked["etat"], viewer().may("signatory")
    found = CafConventionsClient().conventions(
        **_narrowed(asked),
        state=state if state in STATES else None,
        countersignable=True if state == TO_COUNTERSIGN else None,
        sort=asked["tri"],
        cursor=cursor,
    )
    recent = CafConventionsClient().recent_countersigning() if may_sign else []
    body = render_template(
        "caf_conventions/index.html",
        found=found,
        counts=CafConventionsClient().convention_counts(),
        asked=asked,
        cursor=cursor,
        filtered=any(_narrowed(asked).values()),
        kinds=KINDS,
        states=STATES,
        may_sign=may_sign,
        recent=recent,
        names=names_of_accounts([job["account_id"] for job in recent]),
        next_url=url_for(".index", **asked, cursor=found["next_cursor"]) if found["next_cursor"] else None,
        first_url=url_for(".index", **asked) if cursor else None,
    )
    return body, status


@blueprint.get("/<uuid:convention_id>")
@allow(*REVIEWERS)
def show(convention_id: Any) -> ResponseReturnValue:
    return _page(str(convention_id))


def _page(convention_id: str, sent: Form | None = None, status: int = 200) -> ResponseReturnValue:
    """The screen; `sent` is a decision's form to be shown again with what is missing."""
    found = CafConventionsClient().convention(convention_id)
    names = names_of_accounts([link["facts"].get("account_id") for link in found["history"]])
    body = render_template(
        "caf_conventions/show.html",
        found=found,
        may=set(found["may"]),
        may_sign=viewer().may("signatory"),
        events=timeline(found["history"], names),
        refuse_form=_form(RefuseForm, sent),
        terminate_form=_form(TerminateForm, sent),
        withdrawal_form=_form(WithdrawalForm, sent),
        kinds=KINDS,
    )
    return body, status


def _form(kind: type[Form], sent: Form | None) -> Form:
    return sent if isinstance(sent, kind) else kind(formdata=None)


@blueprint.post("/contresigner")
@allow("signatory")
def countersign() -> ResponseReturnValue:
    """«Contresigner» one, those ticked, or all of the list that the address names, as it was shown; then on to the
    report."""
    try:
        if "tout" in request.form:
            seen_at = request.form.get("vu_le", "")
            job = CafConventionsClient().countersign_all(seen_at=seen_at, **_narrowed(_asked()), **origin())
        else:
            job = CafConventionsClient().countersign(request.form.getlist("convention_id"), **origin())
    except Refused as refused:
        if refused.code == "validation_failed":
            tell(_("Cochez au moins une convention."), at=SIGNING)
            return _list(422)
        return _list(tell_refusal(refused, at=SIGNING))
    return redirect(url_for(".job", job_id=job["job_id"]), 303)


@blueprint.get("/lots/<uuid:job_id>")
@allow("signatory")
def job(job_id: Any) -> ResponseReturnValue:
    """Progress, then the report: each convention for itself."""
    found = CafConventionsClient().countersigning(str(job_id))
    reasons = {
        item["convention_id"]: describe(Refused(item["reason"])).text for item in found["items"] if item["reason"]
    }
    failed = [item["convention_id"] for item in found["items"] if item["state"] == "failed"]
    items = sorted(found["items"], key=lambda item: item["state"] != "failed")
    return render_template(
        "caf_conventions/job.html", job=found, items=items, failed=failed, reasons=reasons, refresh_s=REFRESH_S
    )


@blueprint.post("/<uuid:convention_id>/refuser")
@allow("signatory")
def refuse(convention_id: Any) -> ResponseReturnValue:
    form = RefuseForm()
    return _decided(
        str(convention_id),
        form,
        lambda: CafConventionsClient().refuse_convention(str(convention_id), form.reason.data or ""),
        _("La convention est refusée. Le partenaire est prévenu."),
        REFUSING,
    )


@blueprint.post("/<uuid:convention_id>/resilier")
@allow("signatory")
def terminate(convention_id: Any) -> ResponseReturnValue:
    form = TerminateForm()
    return _decided(
        str(convention_id),
        form,
        lambda: CafConventionsClient().terminate_convention(
            str(convention_id),
            form.reason.data or "",
            form.effective_on.data.isoformat() if form.effective_on.data else "",
        ),
        _("La convention est résiliée. Le partenaire est prévenu."),
        TERMINATING,
    )


@blueprint.post("/<uuid:convention_id>/annuler-la-resiliation")
@allow("signatory")
def withdraw_termination(convention_id: Any) -> ResponseReturnValue:
    """«Annuler la résiliation», until its day."""
    form = WithdrawalForm()
    return _decided(
        str(convention_id),
        form,
        lambda: CafConventionsClient().withdraw_termination(str(convention_id), form.reason.data or ""),
        _("La résiliation est annulée : la convention reste en vigueur. Le partenaire est prévenu."),
        WITHDRAWING,
    )


def _decided(convention_id: str, form: Form, act: Callable[[], Any], done: str, at: str) -> ResponseReturnValue:
    """Do it if the form is complete; else show the form again with what is missing, or `at` it why not."""
    if not form.validate_on_submit():
        return _page(convention_id, form, 422)
    try:
        act()
    except Refused as refused:
        if refused.code == "validation_failed":
            form.take_refusal(refused)
            return _page(convention_id, form, 422)
        return _page(convention_id, form, tell_refusal(refused, at=at))
    flash(done, "success")
    return redirect(url_for(".show", convention_id=convention_id), 303)


@blueprint.post("/<uuid:convention_id>/debloquer")
@allow(*REVIEWERS)
def unblock(convention_id: Any) -> ResponseReturnValue:
    """Lift the block after too many wrong codes."""
    return _acted(
        str(convention_id),
        CafConventionsClient().unblock_signing,
        _("La signature est débloquée : le représentant légal peut demander un nouveau code."),
    )


@blueprint.post("/<uuid:convention_id>/avenant")
@allow("signatory")
def amend(convention_id: Any) -> ResponseReturnValue:
    """Propose the newest text to this partner."""
    return _acted(
        str(convention_id),
        TextsClient().amend_convention,
        _("La nouvelle version est proposée : le représentant légal peut la lire et la signer."),
    )


@blueprint.post("/<uuid:convention_id>/nouvelle")
@allow("signatory")
def prepare_again(convention_id: Any) -> ResponseReturnValue:
    """After a refusal or an end, another convention to sign, whose page is shown."""
    return _acted(
        str(convention_id),
        CafConventionsClient().prepare_again,
        _("Une nouvelle convention est préparée : le représentant légal peut la lire et la signer."),
    )


def _acted(convention_id: str, act: Callable[[str], Any], done: str) -> ResponseReturnValue:
    """Act, then back to the convention, or on to the one that was made of it; a refusal is told at the buttons."""
    try:
        made = act(convention_id) or {}
    except Refused as refused:
        return _page(convention_id, status=tell_refusal(refused, at=ACTIONS))
    flash(done, "success")
    return redirect(url_for(".show", convention_id=made.get("convention_id", convention_id)), 303)


@blueprint.get("/<uuid:convention_id>/document")
@allow(*REVIEWERS)
def document(convention_id: Any) -> ResponseReturnValue:
    """The convention beside its facts, or as a file."""
    stored = dict(CafConventionsClient().convention_document(str(convention_id)))
    if request.args.get("telecharger"):
        return send_stored(stored)
    allow_framing_by_ourselves()
    return send_stored(stored, inline=True)


@blueprint.get("/<uuid:convention_id>/preuves")
@allow(*REVIEWERS)
def evidence(convention_id: Any) -> ResponseReturnValue:
    """The evidence pack, checkable without the platform."""
    return send_stored(dict(CafConventionsClient().evidence_pack(str(convention_id))))
