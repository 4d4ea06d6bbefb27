"""The Caf's finance: dashboard, bank reports, calendar of batches, accounting."""

from datetime import date
from typing import Any, cast
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, FileField, IntegerField, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from gateway.access import allow, viewer
from gateway.activity import finance_plots
from gateway.clients.payouts import FinanceClient
from gateway.clients.payouts_results import PlanEntry
from gateway.files import send_stored, stream_upload
from gateway.forms import Form
from services.chassis.refusals import Refused

blueprint = Blueprint("caf_finance", __name__, url_prefix="/caf/finances")
FINANCE = ("preparer", "releaser")
WEEKDAYS = (_l("Lundi"), _l("Mardi"), _l("Mercredi"), _l("Jeudi"), _l("Vendredi"))
ACCOUNTS = {
    "scheme_expense": _l("Aides versées"),
    "partners_payable": _l("Dettes envers les partenaires"),
    "transfers_in_progress": _l("Virements en cours"),
    "bank": _l("Banque"),
}


class ReportForm(Form):
    report = FileField(_l("Retour bancaire"))


class StoryForm(Form):
    reference = StringField(_l("Référence"), validators=[InputRequired(_l("Saisissez une référence.")), Length(max=60)])


class CalendarForm(Form):
    frequency = SelectField(
        _l("Fréquence"),
        choices=[
            ("daily", _l("Chaque jour ouvré bancaire")),
            ("weekly", _l("Certains jours de la semaine")),
            ("monthly", _l("Certains jours du mois")),
            ("off", _l("Jamais : les lots sont préparés à la main")),
        ],
        validate_choice=False,
    )
    weekdays = SelectMultipleField(
        _l("Jours de la semaine"),
        coerce=int,
        choices=list(enumerate(WEEKDAYS)),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    month_days = StringField(_l("Jours du mois"))
    hour = IntegerField(_l("Heure de préparation"), validators=[InputRequired(_l("Donnez une heure, de 0 à 23."))])

    def chosen_days(self) -> list[int] | None:
        """«1, 15» → [1, 15]; None if something else than days is written."""
        parts = [part.strip() for part in (self.month_days.data or "").replace(";", ",").split(",") if part.strip()]
        if not all(part.isascii() and part.isdigit() and 1 <= int(part) <= 31 for part in parts):
            return None
        return [int(part) for part in parts]

    def validate_month_days(self, _field: StringField) -> None:
        if self.chosen_days() is None:
            raise ValidationError(_("Écrivez des jours de 1 à 31, séparés par des virgules."))


class PlanForm(Form):
    """One number and one label for each account of the ledger; fields are named `<account>_code`, `<account>_label`."""


for _key, _name in ACCOUNTS.items():
    setattr(PlanForm, f"{_key}_code", StringField(_name, validators=[InputRequired(_l("Donnez un numéro."))]))
    setattr(PlanForm, f"{_key}_label", StringField(_l("Libellé"), validators=[Length(1, 100)]))


class ExportForm(Form):
    first_on = DateField(_l("Du"), validators=[InputRequired(_l("Choisissez une date."))])
    last_on = DateField(_l("Au"), validators=[InputRequired(_l("Choisissez une date."))])


@blueprint.get("/")
@allow(*FINANCE)
def dashboard() -> ResponseReturnValue:
    """Where the money stands, and its plots."""
    figures = FinanceClient().dashboard()
    return render_template("caf_finance/dashboard.html", figures=figures, plots=finance_plots(figures))


@blueprint.post("/rapprochement")
@allow(*FINANCE)
def reconcile() -> ResponseReturnValue:
    """Compare lines, payouts, files and ledger now."""
    found = FinanceClient().reconcile()["difference_count"]
    if found:
        flash(_("Le rapprochement a trouvé des écarts : ils sont listés ci-dessous."), "error")
    else:
        flash(_("Tout tombe juste, au centime près."), "success")
    return redirect(url_for(".dashboard"), 303)


@blueprint.get("/retours")
@allow(*FINANCE)
def reports() -> ResponseReturnValue:
    """«Importer un retour bancaire», and those imported before."""
    return _reports(ReportForm(formdata=None))


def _reports(form: ReportForm, status: int = 200) -> ResponseReturnValue:
    cursor = request.args.get("cursor") or None
    page = FinanceClient().bank_reports(cursor=cursor)
    following = page["next_cursor"]
    body = render_template(
        "caf_finance/reports.html",
        form=form,
        items=page["items"],
        next_url=url_for(".reports", cursor=following) if following else None,
        first_url=url_for(".reports") if cursor else None,
    )
    return body, status


@blueprint.post("/retours")
@allow(*FINANCE)
def import_report() -> ResponseReturnValue:
    form, chosen = ReportForm(), request.files.get("report")
    if not form.validate() or chosen is None or not chosen.filename:
        form.report.errors = [_("Choisissez le fichier XML envoyé par la banque.")]
        return _reports(form, 422)
    try:
        report = FinanceClient().import_bank_report(stream_upload(chosen) or "", chosen.filename)
    except Refused as refused:
        form.take_refusal(refused)
        return _reports(form, 422)
    if report["already_imported"]:
        flash(_("Ce fichier avait déjà été importé : rien n’a changé."), "info")
    else:
        flash(_("Le retour bancaire est importé."), "success")
    return redirect(url_for(".report", report_id=report["report_id"]), 303)


@blueprint.get("/retours/<uuid:report_id>")
@allow(*FINANCE)
def report(report_id: UUID) -> ResponseReturnValue:
    """One bank report; what wasn't understood comes first."""
    return render_template("caf_finance/report.html", report=FinanceClient().bank_report(str(report_id)))


@blueprint.get("/suivi")
@allow(*FINANCE)
def story() -> ResponseReturnValue:
    """From the transaction to the bank: what bears a reference."""
    if not request.args.get("reference"):
        return render_template("caf_finance/story.html", form=StoryForm(formdata=None), found=None)
    form, found = StoryForm(formdata=request.args, meta={"csrf": False}), None
    if form.validate():
        try:
            found = FinanceClient().story((form.reference.data or "").strip())
        except Refused as refused:
            form.take_refusal(refused)
    return render_template("caf_finance/story.html", form=form, found=found), 200 if found else 422


@blueprint.get("/calendrier")
@allow(*FINANCE)
def calendar() -> ResponseReturnValue:
    found = FinanceClient().calendar()
    days = ", ".join(str(day) for day in found["month_days"])
    form = CalendarForm(formdata=None, data={**found, "month_days": days})
    return _calendar(form, found)


def _calendar(form: CalendarForm, found: Any, status: int = 200) -> ResponseReturnValue:
    body = render_template("caf_finance/calendar.html", form=form, calendar=found, may_set=viewer().may("preparer"))
    return body, status


@blueprint.post("/calendrier")
@allow("preparer")
def set_calendar() -> ResponseReturnValue:
    form = CalendarForm()
    if not form.validate():
        return _calendar(form, FinanceClient().calendar(), 422)
    try:
        FinanceClient().set_calendar(
            form.frequency.data, form.weekdays.data or [], form.chosen_days() or [], form.hour.data or 0
        )
    except Refused as refused:
        form.take_refusal(refused)
        return _calendar(form, FinanceClient().calendar(), 422)
    flash(_("Le calendrier est enregistré."), "success")
    return redirect(url_for(".calendar"), 303)


@blueprint.get("/comptabilite")
@allow(*FINANCE)
def accounting() -> ResponseReturnValue:
    """Export of the ledger, and how its accounts are numbered."""
    return _accounting(ExportForm(formdata=None), _plan_form(FinanceClient().account_plan()["items"]))


def _plan_form(items: list[PlanEntry]) -> PlanForm:
    shown = {f"{item['key']}_{part}": str(item[part]) for item in items for part in ("code", "label")}  # type: ignore[literal-required]
    return PlanForm(formdata=None, data=shown)


def _accounting(export: ExportForm, plan: PlanForm, status: int = 200) -> ResponseReturnValue:
    body = render_template(
        "caf_finance/accounting.html", export=export, plan=plan, accounts=ACCOUNTS, may_set=viewer().may("preparer")
    )
    return body, status


@blueprint.post("/comptabilite/plan")
@allow("preparer")
def set_plan() -> ResponseReturnValue:
    form = PlanForm()
    given = [{"key": key, "code": form[f"{key}_code"].data, "label": form[f"{key}_label"].data} for key in ACCOUNTS]
    if form.validate():
        try:
            FinanceClient().set_account_plan(cast(list[PlanEntry], given))
        except Refused as refused:
            form.take_refusal(refused)
        else:
            flash(_("Le plan de comptes est enregistré."), "success")
            return redirect(url_for(".accounting"), 303)
    return _accounting(ExportForm(formdata=None), form, 422)


@blueprint.get("/comptabilite/ecritures.csv")
@allow(*FINANCE)
def export() -> ResponseReturnValue:
    """The ledger's movements of the chosen days."""
    form = ExportForm(formdata=request.args, meta={"csrf": False})
    first_on, last_on = form.first_on.data, form.last_on.data
    if form.validate() and isinstance(first_on, date) and isinstance(last_on, date):
        try:
            return send_stored(dict(FinanceClient().export_ledger(first_on.isoformat(), last_on.isoformat())))
        except Refused as refused:
            form.take_refusal(refused)
    return _accounting(form, _plan_form(FinanceClient().account_plan()["items"]), 422)
