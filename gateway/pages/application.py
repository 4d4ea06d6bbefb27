"""«Je crée mon compte»: the seven-step form of a visitor (guide, «Demander la labellisation»).

The draft lives in the partners service; a cookie holds its capability, and so does the mailed link. Every step is one
page that works without a script: chosen files are kept even when a field is wrong, what was typed is shown again.
"""

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from gateway import cookies, limits, reference_lists
from gateway.access import VISITOR, allow
from gateway.application_forms import STEP_LABELS, ConsentForm, LinkForm, StepForm, form_of_step
from gateway.application_uploads import keep_chosen_files, remove_asked_file
from gateway.clients.partners import DraftClient
from gateway.clients.partners_results import Catalogue, Draft
from gateway.files import send_stored
from gateway.refusals import describe, flash_refusal
from gateway.security import allow_framing_by_ourselves
from services.chassis.refusals import Refused, Unavailable

blueprint = Blueprint("application", __name__, url_prefix="/inscription")

DRAFT_COOKIE = "psl_demande"
UPLOAD_BYTES = 60 * 1024 * 1024
"""A step may carry five files of 10 MB; each is judged alone by its owner."""


@blueprint.url_value_preprocessor
def several_files(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    request.max_content_length = UPLOAD_BYTES


def draft_token() -> str:
    return cookies.kept(DRAFT_COOKIE)


def with_draft(response: Response, token: str, days: int = 30) -> Response:
    """Remember the draft in this browser for as long as the draft lives."""
    cookies.keep(response, DRAFT_COOKIE, token, max_age_s=days * 86400)
    return response


def _draft_or_none() -> Draft | None:
    if not draft_token():
        return None
    try:
        return DraftClient().draft(draft_token())
    except Refused:
        return None


@blueprint.get("")
@allow(VISITOR)
def start() -> ResponseReturnValue:
    """Step 1: how it goes and what to prepare."""
    return render_template(
        "application/step1.html", catalogue=reference_lists.offered(), draft=_draft_or_none(), step=1,
        labels=STEP_LABELS, links={},
    )  # fmt: skip


@blueprint.post("")
@allow(VISITOR)
def begin() -> ResponseReturnValue:
    """«SUIVANT» of step 1: a draft, unless this browser has one."""
    if _draft_or_none() is not None:
        return redirect(url_for(".step", number=2), 303)
    started = DraftClient().start_application()
    return with_draft(redirect(url_for(".step", number=2), 303), started["draft_token"])  # type: ignore[arg-type]


@blueprint.post("/nouvelle")
@allow(VISITOR)
def restart() -> ResponseReturnValue:
    """Another application in the same browser; the first one stays reachable by its mailed link."""
    started = DraftClient().start_application()
    return with_draft(redirect(url_for(".step", number=2), 303), started["draft_token"])  # type: ignore[arg-type]


@blueprint.get("/reprendre/<token>")
@allow(VISITOR)
def resume(token: str) -> ResponseReturnValue:
    """The mailed link; one that was cut by the mail program is told like one that has expired."""
    try:
        draft = DraftClient().draft(token)
    except Refused as refused:
        if refused.code != "validation_failed":
            raise
        abort(410)
    return with_draft(redirect(url_for(".step", number=draft["next_step"])), token)  # type: ignore[arg-type]


@blueprint.get("/etape/<int(min=2, max=7):number>")
@allow(VISITOR)
def step(number: int) -> ResponseReturnValue:
    opened = _open(number)
    if isinstance(opened, Response):
        return opened
    draft, catalogue = opened
    if number == 7:
        return _summary(draft, catalogue, ConsentForm(formdata=None, version=draft["version"]))
    form = form_of_step(number, draft, catalogue, formdata=None)
    _show_refusal_of_submission(form, number)
    return _page(number, form, draft, catalogue)


@blueprint.post("/etape/<int(min=2, max=6):number>")
@allow(VISITOR)
def save(number: int) -> ResponseReturnValue:
    """«SUIVANT»: files first, so that none is lost to a wrong field; then the answers."""
    opened = _open(number)
    if isinstance(opened, Response):
        return opened
    draft, catalogue = opened
    form = form_of_step(number, draft, catalogue)
    client = DraftClient()
    kept = keep_chosen_files(form, lambda *given: client.add_document(draft_token(), *given))
    removed = remove_asked_file(lambda document_id: client.remove_document(draft_token(), document_id))
    if removed or (kept and request.form.get("stay")):
        return _again(number, form, client, catalogue, 200)
    if not _saved(form, number, client):
        return _again(number, form, client, catalogue, 422)
    draft = client.draft(draft_token())
    form.ask_for_missing_documents(draft)
    if form.has_errors():
        form.step_version.data = draft["step_versions"].get(str(number), 0)
        return _page(number, form, draft, catalogue, 422)
    return redirect(url_for(".step", number=number + 1), 303)


def _saved(form: StepForm, number: int, client: DraftClient) -> bool:
    """Whether the answers were taken; if not, the form says why."""
    if form.has_errors():
        return False
    try:
        client.save_step(draft_token(), number, form.version_seen(), form.answers())
    except Refused as refused:
        form.take_refusal(refused)
        return False
    except Unavailable:
        form.form_errors.append(_("L’enregistrement n’a pas abouti. Rien n’est perdu : réessayez dans un instant."))
        return False
    return True


def _again(number: int, form: StepForm, client: DraftClient, catalogue: Catalogue, status: int) -> ResponseReturnValue:
    """The same page with what was typed, and what the draft holds by now."""
    draft = client.draft(draft_token(), with_representative=number == 4)
    form.show_files(draft)
    form.step_version.data = draft["step_versions"].get(str(number), 0)
    return _page(number, form, draft, catalogue, status)


def _open(number: int) -> tuple[Draft, Catalogue] | Response:
    """The draft of this browser, or the way to where it can be found."""
    try:
        client = DraftClient()
        draft = client.draft(draft_token(), with_representative=number in (4, 7)) if draft_token() else None
    except Refused as refused:
        if refused.code == "already_submitted":
            return redirect(url_for(".finished"))  # type: ignore[return-value]
        flash_refusal(refused)
        draft = None
    if draft is None:
        return redirect(url_for(".start"))  # type: ignore[return-value]
    if number in (3, 4, 5, 6) and draft["structure_type"] is None:
        return redirect(url_for(".step", number=2))  # type: ignore[return-value]
    return draft, reference_lists.offered()


def _links(draft: Draft) -> dict[int, str]:
    """Every step can be gone back to; the next one too."""
    reachable = {1, *draft["completed"], draft["next_step"]}
    return {number: _url(number) for number in reachable}


def _url(number: int) -> str:
    return url_for(".start") if number == 1 else url_for(".step", number=number)


def _page(number: int, form: StepForm, draft: Draft, catalogue: Catalogue, status: int = 200) -> ResponseReturnValue:
    body = render_template(
        f"application/step{number}.html", form=form, draft=draft, catalogue=catalogue, step=number,
        labels=STEP_LABELS, links=_links(draft), back_url=_url(number - 1),
    )  # fmt: skip
    return body, status


def _summary(draft: Draft, catalogue: Catalogue, form: ConsentForm, status: int = 200) -> ResponseReturnValue:
    """Step 7: everything once more, the conditions, «CONTINUER»."""
    structure_type = next((one for one in catalogue["structure_types"] if one["code"] == draft["structure_type"]), None)
    chosen = [one for one in catalogue["activities"] if one["code"] in draft["activities"]]
    body = render_template(
        "application/step7.html", form=form, draft=draft, catalogue=catalogue, step=7, labels=STEP_LABELS,
        links=_links(draft), back_url=_url(6), structure_type=structure_type, chosen=chosen,
    )  # fmt: skip
    return body, status


@blueprint.post("/etape/7")
@allow(VISITOR)
def submit() -> ResponseReturnValue:
    """«CONTINUER»."""
    opened = _open(7)
    if isinstance(opened, Response):
        return opened
    draft, catalogue = opened
    form = ConsentForm()
    if not form.validate():
        return _summary(draft, catalogue, form, 422)
    try:
        DraftClient().submit_application(draft_token(), int(form.version.data or 0), bool(form.consent.data))
    except Refused as refused:
        return _not_submitted(refused, draft, catalogue, form)
    return redirect(url_for(".finished"), 303)


def _not_submitted(refused: Refused, draft: Draft, catalogue: Catalogue, form: ConsentForm) -> ResponseReturnValue:
    """A refused address is shown on its own step; the rest on the summary, which shows what is there by now."""
    if refused.code in ("email_already_used", "emails_must_differ"):
        number = 3 if refused.fields.get("which") == "structure" else 4
        session["application_refusal"] = {"step": number, "text": describe(refused).text}
        return redirect(url_for(".step", number=number), 303)
    form = ConsentForm(formdata=None, version=draft["version"])
    form.take_refusal(refused)
    return _summary(draft, catalogue, form, describe(refused).status)


def _show_refusal_of_submission(form: StepForm, number: int) -> None:
    """What identity refused at «CONTINUER», at the field that must change."""
    refusal = session.get("application_refusal")
    if refusal and refusal["step"] == number:
        session.pop("application_refusal")
        form.add_error("email", refusal["text"])


@blueprint.get("/terminee")
@allow(VISITOR)
def finished() -> ResponseReturnValue:
    """What happens now."""
    if not draft_token():
        return redirect(url_for(".start"))
    try:
        draft = DraftClient().draft(draft_token())
    except Refused as refused:
        if refused.code != "already_submitted":
            return redirect(url_for(".start"))
        return render_template("application/finished.html", reference=refused.fields.get("reference"))
    return redirect(url_for(".step", number=draft["next_step"]))


@blueprint.get("/lien")
@allow(VISITOR)
def link() -> ResponseReturnValue:
    """«Continuer plus tard»: where should the link go?"""
    draft = _draft_or_none()
    if draft is None:
        return redirect(url_for(".start"))
    return render_template("application/link.html", form=LinkForm(formdata=None), draft=draft)


@blueprint.post("/lien")
@allow(VISITOR)
@limits.letters
def mail_link() -> ResponseReturnValue:
    draft = _draft_or_none()
    if draft is None:
        return redirect(url_for(".start"))
    form = LinkForm()
    sent = None
    if form.validate():
        try:
            sent = DraftClient().mail_draft_link(draft_token(), form.email.data or "")
        except Refused as refused:
            form.take_refusal(refused)
    return render_template("application/link.html", form=form, draft=draft, sent=sent), 200 if sent else 422


@blueprint.get("/document/<uuid:document_id>")
@allow(VISITOR)
def document(document_id: Any) -> ResponseReturnValue:
    """A file of this browser's draft, to look at."""
    allow_framing_by_ourselves()
    return send_stored(dict(DraftClient().draft_document(draft_token(), str(document_id))), inline=True)


@blueprint.post("/verifier/<int(min=2, max=6):number>")
@allow(VISITOR)
def check(number: int) -> ResponseReturnValue:
    """Check as typed (for the script): the messages for the fields sent."""
    given = {name: value for name, value in request.form.items() if name not in ("csrf_token", "step_version")}
    return dict(DraftClient().check_answers(number, None, given))


@blueprint.post("/fichier/<int(min=3, max=6):number>")
@allow(VISITOR)
def upload(number: int) -> ResponseReturnValue:
    """One file as soon as it is chosen (for the script): the list of files of its kind, or what is wrong with it."""
    client = DraftClient()
    draft, catalogue = client.draft(draft_token()), reference_lists.offered()
    form = form_of_step(number, draft, catalogue)
    keep_chosen_files(form, lambda *given: client.add_document(draft_token(), *given))
    form.show_files(client.draft(draft_token()))
    parts = {
        field.name: render_template("application/files.html", files=field.files, field=field)
        for field in form.document_fields()
    }
    errors = {field.name: list(field.errors) for field in form.document_fields() if field.errors}
    return {"files": parts, "errors": errors}, 422 if errors else 200
