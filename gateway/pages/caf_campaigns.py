"""«Campagnes» and «Importer des pass»: seasons with dates, amounts and budget; files of children; single passes."""

from datetime import date
from typing import Any
from uuid import uuid4

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import DateField, FieldList, FormField, HiddenField, IntegerField, StringField, TextAreaField
from wtforms import Form as PlainForm
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from gateway.access import allow, viewer
from gateway.clients.transactions import PassesClient, SeasonsClient
from gateway.clients.transactions_results import Season
from gateway.files import send_stored, stream_upload
from gateway.forms import REQUIRED, EurosField, Form
from gateway.refusals import flash_refusal
from services.chassis.refusals import Refused

blueprint = Blueprint("caf_campaigns", __name__, url_prefix="/caf/campagnes")

LARGEST_FILE = 64 * 1024 * 1024
"""A department's beneficiaries: some hundred thousand lines."""
REFRESH_S = 2
SPARE_RULES = 2
READS = ("administrator", "instructor", "signatory", "preparer", "releaser")
TEMPLATE_CSV = "matricule;identifiant enfant;nom;prénom;date de naissance;quotient familial;e-mail\r\n"


@blueprint.url_value_preprocessor
def allow_larger_files(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Only the import takes more than a document's size; it is streamed, never held."""
    if endpoint == "caf_campaigns.import_passes":
        request.max_content_length = LARGEST_FILE


class RuleForm(PlainForm):
    """Who gets how much; an empty line is no rule."""

    min_age = IntegerField(_l("Âge minimal"), validators=[Optional(), NumberRange(0, 120)])
    max_age = IntegerField(_l("Âge maximal"), validators=[Optional(), NumberRange(0, 120)])
    min_quotient = IntegerField(_l("Quotient minimal"), validators=[Optional(), NumberRange(0, 1_000_000)])
    max_quotient = IntegerField(_l("Quotient maximal"), validators=[Optional(), NumberRange(0, 1_000_000)])
    amount_cents = EurosField(_l("Montant"))

    def rule(self) -> dict[str, Any] | None:
        return dict(self.data) if any(value is not None for value in self.data.values()) else None


class SeasonForm(Form):
    scheme = StringField(_l("Dispositif"), validators=[InputRequired(REQUIRED), Length(max=100)])
    name = StringField(_l("Nom de la campagne"), validators=[InputRequired(REQUIRED), Length(max=100)])
    starts_on = DateField(_l("Premier jour d’utilisation"), validators=[InputRequired(REQUIRED)])
    ends_on = DateField(_l("Dernier jour d’utilisation"), validators=[InputRequired(REQUIRED)])
    age_on = DateField(_l("Âge calculé au"), validators=[InputRequired(REQUIRED)])
    budget_cents = EurosField(_l("Budget"), validators=[InputRequired(REQUIRED)])
    amount_rules = FieldList(FormField(RuleForm))

    def fields(self) -> dict[str, Any]:
        """As the service takes them."""
        days = {name: self[name].data.isoformat() for name in ("starts_on", "ends_on", "age_on")}
        rules = [rule for line in self.amount_rules if (rule := line.form.rule())]
        plain = {name: self[name].data for name in ("scheme", "name", "budget_cents")}
        return {**plain, **days, "amount_rules": rules}

    def add_spare_rules(self, count: int = SPARE_RULES) -> None:
        for _spare in range(count):
            self.amount_rules.append_entry()


class ImportForm(Form):
    file = FileField(_l("Fichier CSV des bénéficiaires"))


class PassForm(Form):
    """An act on one pass, with its reason."""

    reason = TextAreaField(_l("Motif"), validators=[InputRequired(REQUIRED), Length(max=1000)])


class TopUpForm(PassForm):
    amount_cents = EurosField(_l("Montant à ajouter"), validators=[InputRequired(REQUIRED)])
    key = HiddenField()


@blueprint.get("")
@allow(*READS)
def index() -> ResponseReturnValue:
    return render_template("caf_campaigns/index.html", seasons=SeasonsClient().seasons())


@blueprint.route("/nouvelle", methods=["GET", "POST"])
@allow("administrator")
def create() -> ResponseReturnValue:
    return _edit(None)


@blueprint.route("/<uuid:season_id>/modifier", methods=["GET", "POST"])
@allow("administrator")
def edit(season_id: Any) -> ResponseReturnValue:
    return _edit(SeasonsClient().season(str(season_id)))


def _edit(season: Season | None) -> ResponseReturnValue:
    form = SeasonForm(data=_shown(season))
    if request.method == "GET" or "add_rule" in request.form:
        form.add_spare_rules()
        return render_template("caf_campaigns/edit.html", form=form, season=season)
    if form.validate_on_submit():
        try:
            saved = SeasonsClient().save_season(season["season_id"] if season else None, **form.fields())
        except Refused as refused:
            form.take_refusal(refused)
        else:
            flash(_("La campagne « %(name)s » est enregistrée.", name=saved["name"]), "success")
            return redirect(url_for(".show", season_id=saved["season_id"]))
    return render_template("caf_campaigns/edit.html", form=form, season=season), 422


def _shown(season: Season | None) -> dict[str, Any]:
    if season is None:
        return {"scheme": "Pass'sports-loisirs"}
    days = {name: date.fromisoformat(season[name]) for name in ("starts_on", "ends_on", "age_on")}  # type: ignore[literal-required]
    return {**season, **days}


@blueprint.get("/<uuid:season_id>")
@allow(*READS)
def show(season_id: Any) -> ResponseReturnValue:
    client = SeasonsClient()
    imports = client.imports(str(season_id)) if viewer().may("administrator") else []
    return render_template("caf_campaigns/show.html", season=client.season(str(season_id)), imports=imports)


@blueprint.post("/<uuid:season_id>/ouvrir")
@allow("administrator")
def open_season(season_id: Any) -> ResponseReturnValue:
    season = SeasonsClient().open_season(str(season_id))
    flash(_("La campagne « %(name)s » est ouverte.", name=season["name"]), "success")
    return redirect(url_for(".show", season_id=season_id))


@blueprint.post("/<uuid:season_id>/fermer")
@allow("administrator")
def close_season(season_id: Any) -> ResponseReturnValue:
    season = SeasonsClient().close_season(str(season_id))
    text = _("La campagne « %(name)s » est fermée : plus aucun pass ne peut y être utilisé.", name=season["name"])
    flash(text, "success")
    return redirect(url_for(".show", season_id=season_id))


@blueprint.route("/<uuid:season_id>/importer", methods=["GET", "POST"])
@allow("administrator")
def import_passes(season_id: Any) -> ResponseReturnValue:
    """Takes a file; the page of the import then shows its dry run."""
    season, form = SeasonsClient().season(str(season_id)), ImportForm()
    if request.method == "GET":
        return render_template("caf_campaigns/import.html", form=form, season=season)
    if form.validate_on_submit():
        incoming_id = stream_upload(form.file.data)
        if incoming_id is None:
            form.file.errors = [_("Choisissez un fichier CSV.")]
        elif import_id := _started(form, str(season_id), incoming_id):
            return redirect(url_for(".progress", import_id=import_id))
    return render_template("caf_campaigns/import.html", form=form, season=season), 422


def _started(form: ImportForm, season_id: str, incoming_id: str) -> str | None:
    filename = (form.file.data.filename or "beneficiaires.csv")[-255:]
    try:
        return SeasonsClient().start_import(season_id, incoming_id=incoming_id, filename=filename)["import_id"]
    except Refused as refused:
        form.take_refusal(refused)
        return None


@blueprint.get("/modele.csv")
@allow("administrator")
def template_csv() -> ResponseReturnValue:
    """The headings that a file needs, ready for a French spreadsheet."""
    response = Response("\ufeff" + TEMPLATE_CSV, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = "attachment; filename=modele-import-pass.csv"
    return response


@blueprint.get("/imports/<uuid:import_id>")
@allow("administrator")
def progress(import_id: Any) -> ResponseReturnValue:
    """How far it is; the page looks again by itself, without a script."""
    job = SeasonsClient().import_progress(str(import_id))
    season = SeasonsClient().season(job["season_id"])
    running = job["state"] in ("checking", "running")
    return render_template("caf_campaigns/progress.html", job=job, season=season, running=running, refresh_s=REFRESH_S)


@blueprint.post("/imports/<uuid:import_id>/confirmer")
@allow("administrator")
def confirm_import(import_id: Any) -> ResponseReturnValue:
    return _act_on_import(import_id, SeasonsClient().confirm_import)


@blueprint.post("/imports/<uuid:import_id>/abandonner")
@allow("administrator")
def abandon_import(import_id: Any) -> ResponseReturnValue:
    return _act_on_import(import_id, SeasonsClient().abandon_import)


def _act_on_import(import_id: Any, act: Any) -> ResponseReturnValue:
    try:
        act(str(import_id))
    except Refused as refused:
        flash_refusal(refused)
    return redirect(url_for(".progress", import_id=import_id))


@blueprint.get("/imports/<uuid:import_id>/refus.csv")
@allow("administrator")
def import_report(import_id: Any) -> ResponseReturnValue:
    return send_stored(dict(SeasonsClient().import_report(str(import_id))))


@blueprint.get("/pass")
@allow("administrator", "instructor")
def find_passes() -> ResponseReturnValue:
    """By typed code, reference or last name."""
    text = request.args.get("text", "").strip()
    found = PassesClient().find_passes(text=text[:100]) if text else None
    return render_template("caf_campaigns/passes.html", text=text, found=found)


@blueprint.get("/pass/<uuid:pass_id>")
@allow("administrator", "instructor")
def show_pass(pass_id: Any) -> ResponseReturnValue:
    return render_template("caf_campaigns/pass.html", found=PassesClient().one(str(pass_id)))


@blueprint.post("/pass/<uuid:pass_id>/renouveler")
@allow("administrator", "instructor")
def rotate_pass(pass_id: Any) -> ResponseReturnValue:
    try:
        PassesClient().rotate_pass(str(pass_id))
        flash(_("Un nouveau QR code est envoyé à la famille ; l’ancien ne fonctionne plus."), "success")
    except Refused as refused:
        flash_refusal(refused)
    return redirect(url_for(".show_pass", pass_id=pass_id))


@blueprint.route("/pass/<uuid:pass_id>/annuler", methods=["GET", "POST"])
@allow("administrator")
def cancel_pass(pass_id: Any) -> ResponseReturnValue:
    form = PassForm()
    return _act_on_pass(
        pass_id,
        form,
        _("Annuler le pass"),
        lambda: PassesClient().cancel_pass(str(pass_id), reason=form.reason.data or ""),
    )


@blueprint.route("/pass/<uuid:pass_id>/completer", methods=["GET", "POST"])
@allow("administrator")
def top_up_pass(pass_id: Any) -> ResponseReturnValue:
    form = TopUpForm(data={"key": uuid4().hex})
    return _act_on_pass(
        pass_id,
        form,
        _("Compléter le pass"),
        lambda: PassesClient().top_up_pass(
            str(pass_id),
            amount_cents=form.amount_cents.data or 0,
            reason=form.reason.data or "",
            idempotency_key=form.key.data or uuid4().hex,
        ),
    )


def _act_on_pass(pass_id: Any, form: PassForm, title: str, act: Any) -> ResponseReturnValue:
    status = 200
    if form.validate_on_submit():
        try:
            act()
            flash(_("C’est fait."), "success")
            return redirect(url_for(".show_pass", pass_id=pass_id))
        except Refused as refused:
            form.take_refusal(refused)
    if request.method == "POST":
        status = 422
    found = PassesClient().one(str(pass_id))
    return render_template("caf_campaigns/act.html", form=form, found=found, title=title), status
