"""The routes of the API, in the order of a terminal's day: pair, check, record, look, cancel, catch up."""

from typing import Any

from flask import Response, g, request
from flask_smorest import Blueprint

from gateway.clients.identity import TerminalsClient
from gateway.clients.identity_results import TerminalActor
from gateway.clients.transactions import TransactionsClient
from gateway.terminal.v1 import limits, problems, schemas
from gateway.terminal.v1.bearer import allow_anyone, allow_terminal
from gateway.terminal.v1.requests import answer, describes, idempotency_key, in_path, read_body, read_query
from services.chassis import clock

blueprint = Blueprint("terminal_api", __name__, description="SmartTPE")
NUMBER = in_path("number", "Of one of the structure's transactions, as its receipt tells")
KEY = in_path("key", "The `Idempotency-Key` of the call")

_pair, _shown, _record = schemas.Pair(), schemas.ShownPass(), schemas.Record()
_batch, _query = schemas.LooseBatch(), schemas.ListQuery()
_PASS = ("partner_inactive", "pass_unknown")
_DEBIT = (
    *_PASS,
    "pass_revoked",
    "season_closed",
    "insufficient_balance",
    "already_used_here",
    "already_used_elsewhere",
    "duplicate_suspected",
)


def _transactions() -> TransactionsClient:
    return TransactionsClient(token=g.terminal["actor_token"])


@blueprint.post("/terminals/pair")
@describes(
    blueprint,
    answers=(201, schemas.PairedTerminal),
    body=schemas.Pair,
    codes=("pairing_code_invalid", "rate_limited", "unavailable"),
    public=True,
)
@allow_anyone
def pair() -> Response:
    """Pair a device

    The pairing code is shown in « Mes terminaux ». Keep the token: it is told once.
    """
    limits.check(limits.pairings, request.remote_addr or "")
    asked = read_body(_pair)
    device = asked["device"]
    paired = TerminalsClient().pair_terminal(
        asked["pairing_code"],
        device["name"],
        device_model=device["model"],
        app_version=device["app_version"],
        ip=request.remote_addr or "",
    )
    return answer(_terminal(paired) | {"token": paired["token"]}, 201)


@blueprint.get("/me")
@describes(blueprint, answers=(200, schemas.Terminal))
@allow_terminal
def me() -> Response:
    """This terminal

    Its structure, the establishment that it is limited to, and the keys to verify QR codes with.
    """
    return answer(_terminal(g.terminal))


def _terminal(actor: TerminalActor) -> dict[str, Any]:
    client = TransactionsClient(token=actor["actor_token"])
    partner = client.partner()
    places = {place["establishment_id"]: place["name"] for place in partner["establishments"]}
    limited_to = actor["establishment_id"]
    return {
        "terminal_id": actor["terminal_id"],
        "structure": {"name": partner["name"], "partner_number": partner["partner_number"]},
        "establishment": ({"establishment_id": limited_to, "name": places.get(limited_to)} if limited_to else None),
        "verification_keys": client.verification_keys(),
        "server_time": clock.now(),
    }


@blueprint.post("/passes/check")
@describes(blueprint, answers=(200, schemas.PassChecked), body=schemas.ShownPass, codes=_PASS)
@allow_terminal
def check_pass() -> Response:
    """Look at a pass

    Child, balance and whether it can be used now. Nothing is debited.
    """
    asked = read_body(_shown)
    return answer(dict(_transactions().check_pass(qr=asked.get("qr"), code=asked.get("code"))))


@blueprint.post("/transactions")
@describes(blueprint, answers=(201, schemas.Receipt), body=schemas.Record, codes=_DEBIT, key=True)
@allow_terminal
def record() -> Response:
    """Record a transaction

    Debits the pass. Send it again with the same key until an answer comes.
    """
    key, asked = idempotency_key(), read_body(_record)
    place = asked["establishment_id"]
    done = _transactions().record_transaction(
        idempotency_key=key,
        amount_cents=asked["amount_cents"],
        qr=asked.get("qr"),
        code=asked.get("code"),
        establishment_id=str(place) if place else None,
        confirm_duplicate=asked["confirm_duplicate"],
    )
    return answer(told(done["transaction"]), 201, replayed=done["replayed"])


@blueprint.get("/transactions")
@describes(blueprint, answers=(200, schemas.Page), query=schemas.ListQuery, codes=("validation_failed",))
@allow_terminal
def list_transactions() -> Response:
    """Today's transactions, newest first"""
    asked = read_query(_query)
    for name in ("from_on", "to_on"):
        if name in asked:
            asked[name] = asked[name].isoformat()
    page = _transactions().transactions(**asked)
    return answer({"items": [told(one) for one in page["items"]], "next_cursor": page["next_cursor"]})


@blueprint.get("/transactions/<number>", parameters=NUMBER)
@describes(blueprint, answers=(200, schemas.Transaction), codes=("transaction_unknown",))
@allow_terminal
def transaction(number: str) -> Response:
    """One transaction"""
    return answer(told(_transactions().transaction(number)))


@blueprint.get("/transactions/by-key/<path:key>", parameters=KEY)
@describes(
    blueprint,
    answers=(200, {"anyOf": [schemas.Receipt, schemas.RefusedCall]}),
    codes=("transaction_unknown", "idempotency_in_progress", "validation_failed"),
)
@allow_terminal
def by_key(key: str) -> Response:
    """What became of a call whose answer was lost

    The first answer under that key: the transaction, or `problem` if it was refused. 409: it still runs. 404: it never
    arrived.
    """
    found = _transactions().transaction_by_key(key)
    if found["transaction"]:
        return answer(told(found["transaction"]))
    return answer({"problem": _problem(found["problem"])})


@blueprint.post("/transactions/<number>/cancel", parameters=NUMBER)
@describes(
    blueprint,
    answers=(200, schemas.Receipt),
    codes=("transaction_unknown", "already_cancelled", "cancel_window_closed"),
    key=True,
)
@allow_terminal
def cancel(number: str) -> Response:
    """Cancel a transaction

    Until midnight in Paris of the day on which it was recorded.
    """
    done = _transactions().cancel_transaction(number, idempotency_key=idempotency_key())
    return answer(told(done["transaction"]), replayed=done["replayed"])


@blueprint.post("/transactions/batch")
@describes(blueprint, answers=(200, schemas.BatchAnswer), body=schemas.Batch, codes=("idempotency_in_progress",))
@allow_terminal
def batch() -> Response:
    """Send scans made without network

    At most 500, at most 72 hours old; each is judged alone, in order. The time of receipt is the recorded time.
    """
    items = read_body(_batch)["items"]
    outcomes = _transactions().record_batch(items)
    return answer({"items": [_outcome(outcome) for outcome in outcomes]})


def _outcome(outcome: Any) -> dict[str, Any]:
    return {
        "idempotency_key": outcome["idempotency_key"],
        "status": outcome["status"],
        "replayed": outcome["replayed"],
        "transaction": told(outcome["transaction"]) if outcome["transaction"] else None,
        "problem": _problem(outcome["problem"]),
    }


def _problem(problem: Any) -> dict[str, Any] | None:
    return problems.body(problem["code"], problem["fields"]) if problem else None


_SHOWN = (
    "number",
    "state",
    "contested",
    "amount_cents",
    "recorded_at",
    "cancellable",
    "cancellable_until",
    "cancelled_at",
    "scheme",
    "season",
    "beneficiary",
)


def told(transaction: Any) -> dict[str, Any]:
    """A transaction as the API tells it: nothing of the service's inside."""
    shown = {name: transaction[name] for name in _SHOWN}
    place = transaction["establishment_id"]
    shown["establishment"] = {"establishment_id": place, "name": transaction["establishment_name"]} if place else None
    if "balance_cents" in transaction:
        shown["balance_cents"] = transaction["balance_cents"]
    return shown
