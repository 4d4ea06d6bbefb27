"""«Ressources» as administrators manage them: publish, change, withdraw and put back."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import FileField, HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, NumberRange, Optional

from gateway.access import allow
from gateway.clients.partners_life import DirectoryClient
from gateway.files import stream_upload
from gateway.forms import Form
from services.chassis.refusals import Refused

blueprint = Blueprint("caf_resources", __name__, url_prefix="/caf/ressources")


class ResourceForm(Form):
    version = HiddenField()
    title = StringField(_l("Titre"), validators=[InputRequired(_l("Donnez un titre."))])
    category = StringField(_l("Rubrique"), validators=[InputRequired(_l("Donnez une rubrique."))])
    description = TextAreaField(_l("Description"), validators=[Optional()])
    audience = SelectField(
        _l("Visible par"), choices=[("public", _l("Tout le monde")), ("partners", _l("Les partenaires seulement"))]
    )
    position = IntegerField(_l("Rang dans la rubrique"), validators=[Optional(), NumberRange(0, 9999)])
    file = FileField(_l("Fichier"))


def _found(resource_id: str) -> Any:
    return next((one for one in DirectoryClient().resources() if one["resource_id"] == resource_id), None) or abort(404)


def _page(form: ResourceForm, resource: Any | None, status: int = 200) -> ResponseReturnValue:
    categories = sorted({one["category"] for one in DirectoryClient().resources()})
    page = render_template("caf_resources/edit.html", form=form, resource=resource, categories=categories)
    return page, status


@blueprint.get("")
@allow("administrator")
def index() -> ResponseReturnValue:
    return render_template("caf_resources/index.html", resources=DirectoryClient().resources())


@blueprint.get("/ajouter")
@allow("administrator")
def add() -> ResponseReturnValue:
    return _page(ResourceForm(formdata=None, data={"version": 0, "position": 0}), None)


@blueprint.post("/ajouter")
@allow("administrator")
def create() -> ResponseReturnValue:
    return _save(None)


@blueprint.get("/<uuid:resource_id>")
@allow("administrator")
def edit(resource_id: Any) -> ResponseReturnValue:
    resource = _found(str(resource_id))
    return _page(ResourceForm(formdata=None, data=resource), resource)


@blueprint.post("/<uuid:resource_id>")
@allow("administrator")
def update(resource_id: Any) -> ResponseReturnValue:
    return _save(_found(str(resource_id)))


def _save(resource: Any | None) -> ResponseReturnValue:
    form = ResourceForm()
    chosen = request.files.get("file")
    if form.validate():
        try:
            DirectoryClient().save_resource(
                resource_id=resource["resource_id"] if resource else None,
                version=int(form.version.data or 0),
                incoming_id=stream_upload(chosen),
                filename=chosen.filename if chosen and chosen.filename else None,
                position=form.position.data or 0,
                **{name: form[name].data or "" for name in ("title", "category", "description", "audience")},
            )
        except Refused as refused:
            form.take_refusal(refused)
        else:
            flash(_("Le document est publié."), "success")
            return redirect(url_for(".index"), 303)
    return _page(form, resource, 422)


@blueprint.post("/<uuid:resource_id>/retirer")
@allow("administrator")
def withdraw(resource_id: Any) -> ResponseReturnValue:
    DirectoryClient().withdraw_resource(str(resource_id))
    flash(_("Le document est retiré. Vous pouvez le remettre."), "success")
    return redirect(url_for(".index"), 303)


@blueprint.post("/<uuid:resource_id>/remettre")
@allow("administrator")
def restore(resource_id: Any) -> ResponseReturnValue:
    DirectoryClient().restore_resource(str(resource_id))
    flash(_("Le document est de nouveau proposé."), "success")
    return redirect(url_for(".index"), 303)
