"""«Transactions»: those of all partners, for the Caf. The same list as a club's, with the structure besides."""

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gateway.access import allow
from gateway.clients.transactions import CafTransactionsClient
from gateway.pages.transactions import PAGE_SIZE, chosen_filters
from gateway.transaction_export import csv_response, xlsx_response

blueprint = Blueprint("caf_transactions", __name__, url_prefix="/caf/transactions")
ROLES = ("instructor", "administrator", "preparer", "releaser")


def _chosen() -> dict[str, Any]:
    """The filters in the address; who recorded a transaction is the club's own affair."""
    chosen = {name: value for name, value in chosen_filters().items() if name != "operator"}
    for name in ("structure_id", "partner_number", "slip_number"):
        if value := request.args.get(name, "").strip():
            chosen[name] = value
    return chosen


@blueprint.get("")
@allow(*ROLES)
def index() -> ResponseReturnValue:
    chosen, cursor = _chosen(), request.args.get("cursor") or None
    client = CafTransactionsClient()
    page = client.transactions(cursor=cursor, limit=PAGE_SIZE, **chosen)
    following = page["next_cursor"]
    structure_id = _only_structure(chosen, page["items"])
    return render_template(
        "caf_transactions/index.html",
        items=page["items"],
        chosen=chosen,
        schemes=client.schemes(),
        totals=client.totals(**chosen),
        places=client.totals_by_establishment(structure_id) if structure_id else [],
        structure_id=structure_id,
        next_url=url_for(".index", **chosen, cursor=following) if following else None,
        first_url=url_for(".index", **chosen) if cursor else None,
    )


def _only_structure(chosen: dict[str, Any], items: list[Any]) -> str | None:
    """The structure whose transactions these are, if one was asked for."""
    if "structure_id" in chosen:
        return str(chosen["structure_id"])
    asked = {"partner_number", "establishment_id"} & chosen.keys()
    return items[0]["structure_id"] if asked and items else None


@blueprint.get("/export.csv")
@allow(*ROLES)
def export_csv() -> ResponseReturnValue:
    return csv_response(_chosen(), CafTransactionsClient)


@blueprint.get("/export.xlsx")
@allow(*ROLES)
def export_xlsx() -> ResponseReturnValue:
    return xlsx_response(_chosen(), CafTransactionsClient)
