"""«Remboursements» (guide, «Consulter les remboursements déjà réalisés»): grouped by date, the arrow unfolds the
detail."""

from itertools import groupby
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gateway.access import allow
from gateway.clients.payouts import DocumentKind, PayoutsClient
from gateway.clients.payouts_results import Payout
from gateway.files import send_stored

blueprint = Blueprint("payouts", __name__, url_prefix="/remboursements")
READ_MONEY = ("legal_representative", "manager", "accountant")
PAGE_SIZE = 20
LINES_PER_PAGE = 100


def date_of(payout: Payout) -> str:
    """The date under which a payout is grouped: when the bank paid it, else when it is expected to."""
    return payout["settled_on"] or payout["execution_on"]


def by_date(items: list[Payout]) -> list[dict[str, Any]]:
    """Payouts in groups of one date, newest first, with the sum of each group (returned ones don't count)."""
    newest_first = sorted(items, key=lambda payout: (date_of(payout), payout["slip_number"]), reverse=True)
    return [_group(on, list(members)) for on, members in groupby(newest_first, key=date_of)]


def _group(on: str, members: list[Payout]) -> dict[str, Any]:
    paid = sum(payout["amount_cents"] for payout in members if payout["state"] != "returned")
    return {"on": on, "payouts": members, "amount_cents": paid}


@blueprint.get("/")
@allow(*READ_MONEY)
def index() -> ResponseReturnValue:
    cursor = request.args.get("cursor") or None
    client = PayoutsClient()
    page = client.own_payouts(cursor=cursor, limit=PAGE_SIZE)
    following = page["next_cursor"]
    return render_template(
        "payouts/index.html",
        groups=by_date(page["items"]),
        under_way=None if cursor else client.under_way(),
        next_url=url_for(".index", cursor=following) if following else None,
        first_url=url_for(".index") if cursor else None,
    )


@blueprint.get("/<uuid:payout_id>/lignes")
@allow(*READ_MONEY)
def lines(payout_id: UUID) -> ResponseReturnValue:
    """All lines of a payout that has too many to unfold."""
    cursor = request.args.get("cursor") or None
    page = PayoutsClient().own_payout_lines(str(payout_id), cursor=cursor, limit=LINES_PER_PAGE)
    following = page["next_cursor"]
    return render_template(
        "payouts/lines.html",
        payout_id=payout_id,
        items=page["items"],
        next_url=url_for(".lines", payout_id=payout_id, cursor=following) if following else None,
        first_url=url_for(".lines", payout_id=payout_id) if cursor else None,
    )


@blueprint.get("/suivi/<number>")
@allow(*READ_MONEY)
def story(number: str) -> ResponseReturnValue:
    """One transaction, from its day to the bank."""
    return render_template("payouts/story.html", found=PayoutsClient().own_story(number))


def document_kind(asked: str) -> DocumentKind:
    """The kind of document in an address; anything else is no page."""
    kinds: dict[str, DocumentKind] = {"pdf": "pdf", "csv": "csv", "xlsx": "xlsx"}
    return kinds[asked] if asked in kinds else abort(404)


@blueprint.get("/<uuid:payout_id>/bordereau.<kind>")
@allow(*READ_MONEY)
def document(payout_id: UUID, kind: str) -> ResponseReturnValue:
    """The slip, or the same lines for a spreadsheet."""
    return send_stored(dict(PayoutsClient().own_document(str(payout_id), document_kind(kind))))


@blueprint.get("/bordereaux/<slip_number>")
@allow(*READ_MONEY)
def slip(slip_number: str) -> ResponseReturnValue:
    """The slip of that number: where a transaction's page leads."""
    return send_stored(dict(PayoutsClient().own_slip(slip_number)))
