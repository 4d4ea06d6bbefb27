"""«Mes établissements» (guide, «Renseigner ses établissements»): the seat, «Modifier», «Ajouter», close and reopen."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from gateway import reference_lists
from gateway.access import STRUCTURE_ROLES, allow
from gateway.clients.partners import DraftClient
from gateway.clients.partners_life import ProfileClient
from gateway.forms import Form
from gateway.reference_lists import ActivitiesField
from gateway.refusals import flash_refusal
from services.chassis.refusals import Refused

blueprint = Blueprint("establishments", __name__, url_prefix="/etablissements")
ADMINISTER = ("legal_representative", "manager")
TEXTS = ("name", "address_line1", "address_line2", "postcode", "commune_name", "accessibility_note")


class EstablishmentForm(Form):
    version = HiddenField()
    name = StringField(
        _l("Nom de l’établissement"), validators=[InputRequired(_l("Donnez un nom à ce lieu.")), Length(max=200)]
    )
    address_line1 = StringField(_l("Adresse"), validators=[InputRequired(_l("Indiquez le numéro et la rue."))])
    address_line2 = StringField(_l("Complément d’adresse"))
    postcode = StringField(_l("Code postal"), validators=[InputRequired(_l("Indiquez le code postal."))])
    commune_name = StringField(_l("Commune"), validators=[InputRequired(_l("Indiquez la commune."))])
    activities = ActivitiesField(_l("Activités proposées ici"))
    age_min = IntegerField(_l("À partir de (âge)"), validators=[Optional()])
    age_max = IntegerField(_l("Jusqu’à (âge)"), validators=[Optional()])
    accessible = BooleanField(_l("Accessible aux personnes handicapées"))
    accessibility_note = TextAreaField(_l("Précisions sur l’accessibilité"), validators=[Optional(), Length(max=500)])


def _form(place: Any | None, **options: Any) -> EstablishmentForm:
    filled = {**place, "activities": [one["code"] for one in place["activities"]]} if place else {"version": 0}
    form = EstablishmentForm(data=filled, **options)
    form.activities.offer(reference_lists.offered()["activities"])
    return form


def _place(establishment_id: str) -> Any:
    places = ProfileClient().own_establishments()
    found = next((place for place in places if place["establishment_id"] == establishment_id), None)
    return found or abort(404)


def _page(form: EstablishmentForm, place: Any | None, status: int = 200) -> ResponseReturnValue:
    communes = DraftClient().catalogue()["communes"]
    return render_template("establishments/edit.html", form=form, place=place, communes=communes), status


@blueprint.get("")
@allow(*STRUCTURE_ROLES)
def index() -> ResponseReturnValue:
    return render_template("establishments/index.html", places=ProfileClient().own_establishments())


@blueprint.get("/ajouter")
@allow(*ADMINISTER)
def add() -> ResponseReturnValue:
    return _page(_form(None, formdata=None), None)


@blueprint.post("/ajouter")
@allow(*ADMINISTER)
def create() -> ResponseReturnValue:
    return _save(None)


@blueprint.get("/<uuid:establishment_id>")
@allow(*ADMINISTER)
def edit(establishment_id: Any) -> ResponseReturnValue:
    place = _place(str(establishment_id))
    return _page(_form(place, formdata=None), place)


@blueprint.post("/<uuid:establishment_id>")
@allow(*ADMINISTER)
def update(establishment_id: Any) -> ResponseReturnValue:
    return _save(_place(str(establishment_id)))


def _save(place: Any | None) -> ResponseReturnValue:
    form = _form(place)
    if form.validate():
        try:
            ProfileClient().save_establishment(
                establishment_id=place["establishment_id"] if place else None,
                version=int(form.version.data or 0),
                **{name: (form[name].data or "").strip() for name in TEXTS},
                activities=form.activities.data or [],
                age_min=form.age_min.data,
                age_max=form.age_max.data,
                accessible=form.accessible.data,
            )
        except Refused as refused:
            form.take_refusal(refused)
        else:
            flash(_("L’établissement est enregistré."), "success")
            return redirect(url_for(".index"), 303)
    return _page(form, place, 422)


@blueprint.post("/<uuid:establishment_id>/fermer")
@allow(*ADMINISTER)
def close(establishment_id: Any) -> ResponseReturnValue:
    return _set_open(str(establishment_id), opened=False)


@blueprint.post("/<uuid:establishment_id>/rouvrir")
@allow(*ADMINISTER)
def reopen(establishment_id: Any) -> ResponseReturnValue:
    return _set_open(str(establishment_id), opened=True)


def _set_open(establishment_id: str, *, opened: bool) -> ResponseReturnValue:
    client = ProfileClient()
    try:
        (client.reopen_establishment if opened else client.close_establishment)(establishment_id)
    except Refused as refused:
        flash_refusal(refused)
    else:
        flash(_("L’établissement est rouvert.") if opened else _("L’établissement est fermé."), "success")
    return redirect(url_for(".index"), 303)
