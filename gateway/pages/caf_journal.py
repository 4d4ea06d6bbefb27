"""«Journal»: who did what, and when, in all services as one list; filtered, paged, exported."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue

from gateway.access import allow, renew_viewer
from gateway.caf_journal_words import SERVICES, WORDS, words_of
from gateway.clients.identity import AgentsClient
from gateway.clients.journal import JournalClient, JournalEntry
from gateway.clients.partners import StructuresClient
from gateway.people import names_of_accounts
from services.chassis import clock
from services.chassis.refusals import Refused, Unavailable
from services.chassis.spreadsheets import harmless

blueprint = Blueprint("caf_journal", __name__, url_prefix="/caf/journal")
PAGE_SIZE = 50
FIRST_LOOK_DAYS = 30
"""How far back the list goes until somebody asks for more: a search without any bound reads everything."""
TEXTS = ("actor", "action", "subject", "trace_id", "structure_id", "service")
COLUMNS = ("horodatage_utc", "service", "numero", "empreinte", "action", "libelle", "objet", "auteur", "roles",
           "portee", "details", "trace")  # fmt: skip
CHUNK = 64 * 1024


def _chosen() -> dict[str, str]:
    """The filters in the address; a first look is at the last days."""
    chosen = {name: request.args.get(name, "").strip()[:200] for name in (*TEXTS, "from_on", "to_on", "partner")}
    if "from_on" not in request.args:
        chosen["from_on"] = (clock.today() - timedelta(days=FIRST_LOOK_DAYS)).isoformat()
    for name in ("from_on", "to_on"):
        chosen[name] = chosen[name] if _day(chosen[name]) else ""
    if chosen["service"] not in SERVICES:
        chosen["service"] = ""
    return chosen


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _asked(chosen: dict[str, str]) -> dict[str, Any]:
    """The same as the services want it."""
    asked: dict[str, Any] = {name: chosen[name] for name in ("actor", "action", "subject", "trace_id") if chosen[name]}
    if chosen["structure_id"]:
        asked["scope"] = {"structure_id": chosen["structure_id"]}
    if first := _day(chosen["from_on"]):
        asked["since"] = clock.day_start(first).isoformat()
    if last := _day(chosen["to_on"]):
        asked["until"] = clock.day_start(last + timedelta(days=1)).isoformat()
    return asked


def _client(chosen: dict[str, str]) -> JournalClient:
    return JournalClient((chosen["service"],)) if chosen["service"] else JournalClient()


def _find_partner(chosen: dict[str, str]) -> list[dict[str, Any]]:
    """What was typed for the partner becomes the structure; several that fit are offered."""
    if len(chosen["partner"]) < 2 or chosen["structure_id"]:
        return []
    fitting = StructuresClient().structures_named(chosen["partner"])
    if len(fitting) == 1:
        chosen["structure_id"] = fitting[0]["structure_id"]
    return fitting


@blueprint.get("")
@allow("administrator")
def index() -> ResponseReturnValue:
    chosen, cursor = _chosen(), request.args.get("cursor") or None
    fitting = _find_partner(chosen)
    unknown = bool(chosen["partner"]) and not chosen["structure_id"]
    page = None if unknown else _client(chosen).page(limit=PAGE_SIZE, cursor=cursor, **_asked(chosen))
    items = page.items if page else []
    kept: dict[str, Any] = {
        name: value for name, value in chosen.items() if (value or name == "from_on") and name != "partner"
    }
    return render_template(
        "caf_journal/index.html",
        items=items,
        silent=[SERVICES[service] for service in page.silent] if page else [],
        names=names_of_accounts(item["actor"] for item in items if len(item["actor"]) == 36),
        partner=_partner(chosen["structure_id"]),
        fitting=fitting if unknown else None,
        chosen=chosen,
        kept=kept,
        agents=_agents(),
        words=WORDS,
        words_of=words_of,
        services=SERVICES,
        next_url=url_for(".index", **kept, cursor=page.next_cursor) if page and page.next_cursor else None,
        first_url=url_for(".index", **kept) if cursor else None,
    )


def _partner(structure_id: str) -> dict[str, Any] | None:
    if not structure_id:
        return None
    try:
        found = StructuresClient().structures([structure_id])
    except (Refused, Unavailable):
        found = {}
    return found.get(structure_id) or {"name": structure_id, "partner_number": None}


def _agents() -> list[tuple[str, str]]:
    """(account id, name) of the Caf's agents, to choose from; nobody while identity is away."""
    try:
        agents = AgentsClient().agents()["items"]
    except (Refused, Unavailable):
        return []
    return sorted(
        ((one["account_id"], f"{one['last_name']} {one['first_name']}") for one in agents), key=lambda o: o[1]
    )


@blueprint.get("/export.csv")
@allow("administrator")
def export_csv() -> ResponseReturnValue:
    """All entries that fit, with their links of the chain; ids and no name of a person, fit to be given away."""
    chosen = _chosen()
    entries = _client(chosen).every(**_asked(chosen))
    first = next(entries, None)  # a service that is away is told before the download begins
    body = stream_with_context(_lines(first, entries))
    response = Response(body, mimetype="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="journal-{clock.today().isoformat()}.csv"'
    return response


def _lines(first: JournalEntry | None, entries: Iterator[JournalEntry]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    buffer.write("\ufeff")
    writer.writerow(COLUMNS)
    if first:
        writer.writerow(_cells(first))
    for entry in entries:
        writer.writerow(_cells(entry))
        if buffer.tell() > CHUNK:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
            renew_viewer()  # it may take longer than an actor token lives
    yield buffer.getvalue()


def _cells(entry: JournalEntry) -> list[Any]:
    def compact(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, sort_keys=True) if value else ""

    return [
        harmless(cell)
        for cell in (
            entry["at"], entry["service"], entry["sequence"], entry["hash"], entry["action"], words_of(entry["action"]),
            entry["subject"], entry["actor"], " ".join(entry["roles"]), compact(entry["scope"]),
            compact(entry["details"]), entry["trace_id"],
        )
    ]  # fmt: skip
