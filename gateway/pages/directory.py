"""«Liste des partenaires»: active partners, open to everybody (guide, «Compléter son profil»); also as open data."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, abort, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue

from gateway import reference_lists
from gateway.access import VISITOR, allow
from gateway.clients.partners_life import DirectoryClient
from gateway.files import send_stored
from services.chassis.spreadsheets import harmless

blueprint = Blueprint("directory", __name__, url_prefix="/partenaires")

DISTANCES_KM = (2, 5, 10, 20)
OPEN_DATA_COLUMNS = (
    "partner_number",
    "name",
    "structure_type_label",
    "activities",
    "communes",
    "address_line1",
    "postcode",
    "phone",
    "email",
    "website",
    "accessible",
)


def _whole(name: str, low: int, high: int) -> int | None:
    """A whole number of the address; anything else is as if it weren't there."""
    typed = request.args.get(name, "")
    return int(typed) if typed.isascii() and typed.isdigit() and low <= int(typed[:6]) <= high else None


def asked_for() -> dict[str, Any]:
    """The search in the address, without what is empty or senseless."""
    asked = {
        "words": request.args.get("words", "").strip()[:200],
        "activity": request.args.get("activity", ""),
        "commune": request.args.get("commune", ""),
        "within_km": _whole("within_km", 1, 50),
        "age": _whole("age", 0, 120),
        "accessible": request.args.get("accessible") == "1",
    }
    if not asked["commune"]:
        asked["within_km"] = None
    return {name: value for name, value in asked.items() if value or (name == "age" and value == 0)}


@blueprint.get("")
@allow(VISITOR)
def index() -> ResponseReturnValue:
    """Search and list, twenty at a time; every search and every page has an address that can be shared."""
    asked, page = asked_for(), _whole("page", 1, 100_000) or 1
    found = DirectoryClient().directory(**asked, page=page)
    in_address = {**asked, **({"accessible": "1"} if asked.get("accessible") else {})}
    return render_template(
        "directory/index.html",
        found=found,
        asked=asked,
        in_address=in_address,
        catalogue=reference_lists.offered(),
        distances=DISTANCES_KM,
        next_url=url_for(".index", **in_address, page=page + 1) if page < found["pages"] else None,
        previous_url=url_for(".index", **in_address, page=page - 1) if page > 1 else None,
    )


@blueprint.get("/<partner_number>")
@allow(VISITOR)
def show(partner_number: str) -> ResponseReturnValue:
    """The public page of one partner."""
    return render_template("directory/show.html", partner=DirectoryClient().partner(partner_number), preview=False)


@blueprint.get("/<partner_number>/logo")
@allow(VISITOR)
def logo(partner_number: str) -> ResponseReturnValue:
    """The partner's picture, re-encoded when it was given."""
    kept = DirectoryClient().partner(partner_number)["logo"]
    if kept is None:
        abort(404)
    return send_stored({**kept, "filename": "logo"}, inline=True)


def _cards() -> Iterator[dict[str, Any]]:
    """Every active partner, fetched in pages while the answer is sent."""
    client, cursor = DirectoryClient(), None
    while True:
        page = client.directory_export(cursor)
        yield from page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return


def _open_data(card: dict[str, Any]) -> dict[str, Any]:
    return {name: card[name] for name in OPEN_DATA_COLUMNS}


@blueprint.get("/donnees.json")
@allow(VISITOR)
def open_data_json() -> ResponseReturnValue:
    """All partners as JSON."""

    def written() -> Iterator[str]:
        yield "["
        for number, card in enumerate(_cards()):
            yield (",\n" if number else "\n") + json.dumps(_open_data(card), ensure_ascii=False)
        yield "\n]\n"

    return Response(stream_with_context(written()), mimetype="application/json")


@blueprint.get("/donnees.csv")
@allow(VISITOR)
def open_data_csv() -> ResponseReturnValue:
    """All partners as CSV (UTF-8, semicolons: what French spreadsheets open by themselves)."""

    def written() -> Iterator[str]:
        yield "\ufeff" + _line(OPEN_DATA_COLUMNS)
        for card in _cards():
            yield _line([_plain_cell(value) for value in _open_data(card).values()])

    answer = Response(stream_with_context(written()), mimetype="text/csv")
    answer.headers["Content-Disposition"] = "attachment; filename=partenaires.csv"
    return answer


def _line(cells: Any) -> str:
    line = io.StringIO()
    csv.writer(line, delimiter=";").writerow(cells)
    return line.getvalue()


def _plain_cell(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula."""
    if isinstance(value, bool):
        return "oui" if value else "non"
    text = ", ".join(value) if isinstance(value, list) else str(value or "")
    return str(harmless(text))
