"""«Transactions»: those of all partners, for the Caf. The same list as a club's, with the structure besides."""

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gateway.access import allow
from gateway.clients.transactions import CafTransactionsClient
from gateway.clients.transactions_results import PlaceTotals
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
    return render_template(
        "caf_transactions/index.html",
        items=page["items"],
        chosen=chosen,
        shared=_of_every_partner(chosen),
        schemes=client.schemes(),
        totals=client.totals(**chosen),
        places=_places(client, chosen),
        **_pages(chosen, cursor, page["next_cursor"]),
    )


def _places(client: CafTransactionsClient, chosen: dict[str, Any]) -> list[PlaceTotals]:
    """The places of the partner who was asked for, each with its totals; also those beside a chosen one."""
    everywhere = {name: value for name, value in chosen.items() if name != "establishment_id"}
    if {"structure_id", "partner_number"} & everywhere.keys():
        return client.totals_by_establishment(**everywhere)
    return client.totals_by_establishment(**chosen) if "establishment_id" in chosen else []


@blueprint.get("/par-partenaire")
@allow(*ROLES)
def by_partner() -> ResponseReturnValue:
    """The totals of every partner, most used first."""
    chosen, cursor = _of_every_partner(_chosen()), request.args.get("cursor") or None
    client = CafTransactionsClient()
    page = client.totals_by_partner(cursor=cursor, limit=PAGE_SIZE, **chosen)
    return render_template(
        "caf_transactions/by_partner.html",
        items=page["items"],
        chosen=chosen,
        schemes=client.schemes(),
        totals=client.totals(**chosen),
        **_pages(chosen, cursor, page["next_cursor"]),
    )


def _of_every_partner(chosen: dict[str, Any]) -> dict[str, Any]:
    """The filters that mean something for all partners at once."""
    return {name: chosen[name] for name in ("from_on", "to_on", "state", "scheme") if name in chosen}


def _pages(chosen: dict[str, Any], cursor: str | None, following: str | None) -> dict[str, str | None]:
    here = str(request.endpoint)
    return {
        "next_url": url_for(here, **chosen, cursor=following) if following else None,
        "first_url": url_for(here, **chosen) if cursor else None,
    }


@blueprint.get("/export.csv")
@allow(*ROLES)
def export_csv() -> ResponseReturnValue:
    return csv_response(_chosen(), CafTransactionsClient)


@blueprint.get("/export.xlsx")
@allow(*ROLES)
def export_xlsx() -> ResponseReturnValue:
    return xlsx_response(_chosen(), CafTransactionsClient)
