"""«Assistance» as instructors work through it: the queue, a thread, taking it, answering, closing."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from gateway.access import allow
from gateway.clients.partners import StructuresClient
from gateway.clients.partners_life import AssistanceClient
from gateway.pages.assistance import CATEGORIES, MessageForm, several_files, uploaded
from gateway.people import names_of_accounts
from gateway.told import tell_refusal
from services.chassis.refusals import Refused

blueprint = Blueprint("caf_assistance", __name__, url_prefix="/caf/assistance")
blueprint.url_value_preprocessor(several_files)
STATES = ("open", "answered", "closed")


def _filters() -> dict[str, str | None]:
    chosen = {name: request.args.get(name) or None for name in ("category", "assigned_to", "age", "cursor")}
    state = request.args.get("state", "open")
    return {**chosen, "state": state if state in STATES else None}


@blueprint.get("")
@allow("instructor")
def index() -> ResponseReturnValue:
    chosen = _filters()
    found = AssistanceClient().requests(**chosen)
    structure_ids = [one["structure_id"] for one in found["items"] if one["structure_id"]]
    onward: dict[str, Any] = {**chosen, "cursor": found["next_cursor"]}
    return render_template(
        "caf_assistance/index.html",
        found=found,
        chosen=chosen,
        categories=CATEGORIES,
        states=STATES,
        structures=StructuresClient().structures(structure_ids) if structure_ids else {},
        names=names_of_accounts(one["assigned_to"] for one in found["items"]),
        next_url=url_for(".index", **onward) if found["next_cursor"] else None,
    )


def _page(thread: Any, form: MessageForm, status: int = 200) -> ResponseReturnValue:
    people = {message["account_id"] for message in thread["messages"]} | {thread["assigned_to"]}
    structure_id = thread["structure_id"]
    page = render_template(
        "caf_assistance/show.html",
        thread=thread,
        form=form,
        names=names_of_accounts(people),
        structure=StructuresClient().structures([structure_id]).get(structure_id) if structure_id else None,
    )
    return page, status


@blueprint.get("/<uuid:request_id>")
@allow("instructor")
def show(request_id: Any) -> ResponseReturnValue:
    return _page(AssistanceClient().request(str(request_id)), MessageForm(formdata=None))


@blueprint.post("/<uuid:request_id>")
@allow("instructor")
def answer(request_id: Any) -> ResponseReturnValue:
    client, form = AssistanceClient(), MessageForm()
    if form.validate():
        try:
            client.answer_request(str(request_id), form.text.data or "", uploaded())
        except Refused as refused:
            form.take_refusal(refused)
        else:
            flash(_("Votre réponse est envoyée."), "success")
            return redirect(url_for(".show", request_id=request_id), 303)
    return _page(client.request(str(request_id)), form, 422)


@blueprint.post("/<uuid:request_id>/prendre")
@allow("instructor")
def take(request_id: Any) -> ResponseReturnValue:
    AssistanceClient().assign_request(str(request_id), to_me=True)
    return redirect(url_for(".show", request_id=request_id), 303)


@blueprint.post("/<uuid:request_id>/rendre")
@allow("instructor")
def give_back(request_id: Any) -> ResponseReturnValue:
    AssistanceClient().assign_request(str(request_id), to_me=False)
    return redirect(url_for(".show", request_id=request_id), 303)


@blueprint.post("/<uuid:request_id>/clore")
@allow("instructor")
def close(request_id: Any) -> ResponseReturnValue:
    try:
        AssistanceClient().close_request(str(request_id))
    except Refused as refused:
        status = tell_refusal(refused, at="actions")
        return _page(AssistanceClient().request(str(request_id)), MessageForm(formdata=None), status)
    flash(_("La demande est close."), "success")
    return redirect(url_for(".index"), 303)
