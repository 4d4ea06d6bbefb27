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
OF_A_CLUB = frozenset({"operator", "establishment_id"})


def _chosen() -> dict[str, Any]:
    """The filters in the address; persons and places are the club's own affair."""
    chosen = {name: value for name, value in chosen_filters().items() if name not in OF_A_CLUB}
    for name in ("structure_id", "partner_number", "slip_number"):
        if value := request.args.get(name, "").strip():
            chosen[name] = value
    return chosen


@blueprint.get("")
@allow(*ROLES)
def index() -> ResponseReturnValue:
    chosen, cursor = _chosen(), request.args.get("cursor") or None
    page = CafTransactionsClient().transactions(cursor=cursor, limit=PAGE_SIZE, **chosen)
    following = page["next_cursor"]
    return render_template(
        "caf_transactions/index.html",
        items=page["items"],
        chosen=chosen,
        schemes=CafTransactionsClient().schemes(),
        totals=CafTransactionsClient().totals(**chosen) if chosen else None,
        next_url=url_for(".index", **chosen, cursor=following) if following else None,
        first_url=url_for(".index", **chosen) if cursor else None,
    )


@blueprint.get("/export.csv")
@allow(*ROLES)
def export_csv() -> ResponseReturnValue:
    return csv_response(_chosen(), CafTransactionsClient)


@blueprint.get("/export.xlsx")
@allow(*ROLES)
def export_xlsx() -> ResponseReturnValue:
    return xlsx_response(_chosen(), CafTransactionsClient)
