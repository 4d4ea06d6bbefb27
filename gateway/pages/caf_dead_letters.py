"""«Messages en échec»: what one service announced and another could not handle; to look at, replay or drop."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from gateway.access import allow
from gateway.caf_journal_words import SERVICES
from gateway.clients.dead_letters import DeadLettersClient, everywhere
from gateway.refusals import flash_refusal
from services.chassis.refusals import Refused

blueprint = Blueprint("caf_dead_letters", __name__, url_prefix="/caf/messages-en-echec")
PATH = "/<service>/<letter_id>"


def _client(service: str) -> DeadLettersClient:
    return DeadLettersClient(service) if service in SERVICES else abort(404)


@blueprint.get("")
@allow("administrator")
def index() -> ResponseReturnValue:
    found = everywhere()
    return render_template(
        "caf_dead_letters/index.html",
        items=found.items,
        silent=[SERVICES[service] for service in found.silent],
        services=SERVICES,
    )


@blueprint.get(PATH)
@allow("administrator")
def show(service: str, letter_id: str) -> ResponseReturnValue:
    letter = _client(service).letter(letter_id)
    return render_template("caf_dead_letters/show.html", letter=letter, services=SERVICES)


@blueprint.post(f"{PATH}/rejouer")
@allow("administrator")
def replay(service: str, letter_id: str) -> ResponseReturnValue:
    try:
        _client(service).replay(letter_id)
    except Refused as refused:
        flash_refusal(refused)
    else:
        flash(_("Le message est renvoyé. S’il échoue encore, il reviendra dans cette liste."), "success")
    return redirect(url_for(".index"))


@blueprint.post(f"{PATH}/supprimer")
@allow("administrator")
def drop(service: str, letter_id: str) -> ResponseReturnValue:
    try:
        _client(service).drop(letter_id)
    except Refused as refused:
        flash_refusal(refused)
    else:
        flash(_("Le message est supprimé."), "success")
    return redirect(url_for(".index"))


@blueprint.post("/<service>/rejouer-tout")
@allow("administrator")
def replay_all(service: str) -> ResponseReturnValue:
    """Those that are there now: one that comes back at once isn't sent again and again."""
    client, sent = _client(service), 0
    for letter in client.letters():
        try:
            client.replay(letter["id"])
            sent += 1
        except Refused as refused:
            flash_refusal(refused)
    if sent:
        flash(ngettext("%(num)d message est renvoyé.", "%(num)d messages sont renvoyés.", sent), "success")
    return redirect(url_for(".index"))
