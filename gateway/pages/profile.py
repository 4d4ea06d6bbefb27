"""«Mon profil» (guide, «Compléter son profil»): what the public reads, with a preview."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import FileField, HiddenField, IntegerField, StringField, TextAreaField
from wtforms.validators import Length, Optional

from gateway import reference_lists
from gateway.access import allow
from gateway.clients.partners_life import ProfileClient
from gateway.files import send_stored, stream_upload
from gateway.forms import Form, PhoneField
from gateway.reference_lists import ActivitiesField
from gateway.refusals import flash_refusal
from services.chassis.refusals import Refused

blueprint = Blueprint("profile", __name__, url_prefix="/profil")
ADMINISTER = ("legal_representative", "manager")
LINKS = 5
SLOTS_A_DAY = 2


class ProfileForm(Form):
    version = HiddenField()
    description = TextAreaField(_l("Présentation"), validators=[Optional(), Length(max=2000)])
    activities = ActivitiesField(_l("Activités"))
    age_min = IntegerField(_l("À partir de (âge)"), validators=[Optional()])
    age_max = IntegerField(_l("Jusqu’à (âge)"), validators=[Optional()])
    phone = PhoneField(_l("Téléphone"))
    website = StringField(_l("Site internet"))

    def taken_links(self) -> list[dict[str, str]]:
        rows = ((request.form.get(f"label_{n}", ""), request.form.get(f"url_{n}", "")) for n in range(LINKS))
        return [{"label": label.strip() or url.strip(), "url": url.strip()} for label, url in rows if url.strip()]

    def taken_hours(self) -> list[dict[str, Any]]:
        taken = []
        for day in range(7):
            for slot in range(SLOTS_A_DAY):
                opens, closes = (request.form.get(f"{name}_{day}_{slot}", "") for name in ("opens", "closes"))
                if opens or closes:
                    taken.append({"day": day, "opens": opens, "closes": closes})
        return taken


class LogoForm(Form):
    logo = FileField(_l("Logo"))


def _form(profile: Any, **options: Any) -> ProfileForm:
    filled = {**profile, "activities": [activity["code"] for activity in profile["activities"]]}
    form = ProfileForm(data=filled, **options)
    form.activities.offer(reference_lists.offered()["activities"])
    return form


def _page(form: ProfileForm, profile: Any, hours: Any, links: Any, status: int = 200) -> ResponseReturnValue:
    by_day = {day: [slot for slot in hours if slot["day"] == day] for day in range(7)}
    page = render_template(
        "profile/index.html", form=form, logo_form=LogoForm(formdata=None), profile=profile, by_day=by_day,
        links=links, link_rows=LINKS, slots=SLOTS_A_DAY,
    )  # fmt: skip
    return page, status


@blueprint.get("")
@allow(*ADMINISTER)
def index() -> ResponseReturnValue:
    profile = ProfileClient().own_profile()
    return _page(_form(profile, formdata=None), profile, profile["opening_hours"], profile["links"])


@blueprint.post("")
@allow(*ADMINISTER)
def save() -> ResponseReturnValue:
    client = ProfileClient()
    profile = client.own_profile()
    form = _form(profile)
    hours, links = form.taken_hours(), form.taken_links()
    if form.validate():
        answers = {name: form[name].data for name in ("description", "age_min", "age_max", "phone", "website")}
        texts = {name: value or "" for name, value in answers.items() if not name.startswith("age")}
        try:
            client.save_profile(
                int(form.version.data or 0),
                **{**answers, **texts},
                activities=form.activities.data or [],
                opening_hours=hours,
                links=links,
            )
        except Refused as refused:
            form.take_refusal(refused)
        else:
            flash(_("Votre profil est enregistré. Il est visible dans la « Liste des partenaires »."), "success")
            return redirect(url_for(".index"), 303)
    return _page(form, profile, hours, links, 422)


@blueprint.post("/logo")
@allow(*ADMINISTER)
def set_logo() -> ResponseReturnValue:
    chosen = request.files.get("logo")
    incoming_id = stream_upload(chosen)
    if incoming_id is None or chosen is None:
        flash(_("Choisissez une image."), "error")
        return redirect(url_for(".index"), 303)
    try:
        ProfileClient().set_logo(incoming_id, chosen.filename or "logo")
    except Refused as refused:
        flash_refusal(refused)
    else:
        flash(_("Votre logo est enregistré."), "success")
    return redirect(url_for(".index"), 303)


@blueprint.post("/logo/retirer")
@allow(*ADMINISTER)
def remove_logo() -> ResponseReturnValue:
    ProfileClient().remove_logo()
    flash(_("Le logo est retiré."), "success")
    return redirect(url_for(".index"), 303)


@blueprint.get("/logo")
@allow(*ADMINISTER)
def logo() -> ResponseReturnValue:
    kept = ProfileClient().own_profile()["logo"]
    if kept is None:
        abort(404)
    return send_stored({**kept, "filename": "logo"}, inline=True)


@blueprint.get("/apercu")
@allow(*ADMINISTER)
def preview() -> ResponseReturnValue:
    """The page as the public will see it."""
    return render_template("directory/show.html", partner=ProfileClient().profile_preview(), preview=True)
