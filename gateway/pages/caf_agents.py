"""«Agents»: the Caf's accounts and their roles, for administrators."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import EmailField, SelectMultipleField, StringField
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from gateway.access import allow, viewer
from gateway.clients.identity import AgentsClient
from gateway.forms import REQUIRED, Form
from gateway.pages.account import attempt, shown
from gateway.refusals import flash_refusal
from services.chassis.refusals import Refused

blueprint = Blueprint("caf_agents", __name__, url_prefix="/caf/agents")
ADMINISTRATOR = "administrator"
ROLES = [
    ("instructor", _l("Instructeur : demandes, justificatifs, comptes bancaires, assistance")),
    ("signatory", _l("Signataire : contresigner les conventions")),
    ("preparer", _l("Préparateur : préparer les lots de remboursement")),
    ("releaser", _l("Libérateur : libérer les lots qu’un autre a préparés")),
    ("administrator", _l("Administrateur : campagnes, pass, ressources, agents, journal")),
]


class RolesForm(Form):
    roles = SelectMultipleField(
        _l("Rôles"),
        choices=ROLES,
        validators=[InputRequired(_l("Choisissez au moins un rôle."))],
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )


class AgentForm(RolesForm):
    last_name = StringField(_l("Nom"), validators=[InputRequired(REQUIRED)])
    first_name = StringField(_l("Prénom"), validators=[InputRequired(REQUIRED)])
    email = EmailField(_l("Adresse e-mail professionnelle"), validators=[InputRequired(REQUIRED)])


@blueprint.get("")
@allow(ADMINISTRATOR)
def index() -> ResponseReturnValue:
    return render_template("caf_agents/index.html", agents=AgentsClient().agents()["items"])


@blueprint.route("/ajouter", methods=["GET", "POST"])
@allow(ADMINISTRATOR)
def add() -> ResponseReturnValue:
    form = AgentForm()
    values = {name: form[name].data or "" for name in ("first_name", "last_name", "email")}
    added = attempt(form, lambda: AgentsClient().add_agent(roles=form.roles.data or [], **values))
    if added is None:
        return shown("caf_agents/add.html", form)
    flash(_("L’agent est ajouté. Un mot de passe provisoire lui est envoyé."), "success")
    return redirect(url_for("caf_agents.index"))


@blueprint.route("/<uuid:account_id>", methods=["GET", "POST"])
@allow(ADMINISTRATOR)
def edit(account_id: Any) -> ResponseReturnValue:
    agents = AgentsClient().agents()["items"]
    found = next((agent for agent in agents if agent["account_id"] == str(account_id)), None)
    if found is None:
        flash(_("Cet agent n’existe pas."), "error")
        return redirect(url_for("caf_agents.index"))
    form = RolesForm(roles=found["roles"])
    done = attempt(form, lambda: AgentsClient().set_agent_roles(str(account_id), form.roles.data or []))
    if done is None:
        return shown("caf_agents/edit.html", form, agent=found, is_me=found["account_id"] == viewer().account_id)
    flash(_("Les rôles sont modifiés. Les sessions ouvertes de cet agent sont fermées."), "success")
    return redirect(url_for("caf_agents.index"))


def _act(work: Any, account_id: Any, said: str) -> ResponseReturnValue:
    try:
        work(str(account_id))
    except Refused as refused:
        flash_refusal(refused)
    else:
        flash(said, "success")
    return redirect(url_for("caf_agents.index"))


@blueprint.post("/<uuid:account_id>/suspendre")
@allow(ADMINISTRATOR)
def suspend(account_id: Any) -> ResponseReturnValue:
    return _act(AgentsClient().suspend_agent, account_id, _("L’agent est suspendu : ses sessions sont fermées."))


@blueprint.post("/<uuid:account_id>/reactiver")
@allow(ADMINISTRATOR)
def reactivate(account_id: Any) -> ResponseReturnValue:
    return _act(AgentsClient().reactivate_agent, account_id, _("L’agent peut de nouveau se connecter."))


@blueprint.post("/<uuid:account_id>/renouveler")
@allow(ADMINISTRATOR)
def renew(account_id: Any) -> ResponseReturnValue:
    return _act(
        AgentsClient().renew_agent_access,
        account_id,
        _("Un nouveau mot de passe provisoire est envoyé ; l’authentification est à enregistrer de nouveau."),
    )
