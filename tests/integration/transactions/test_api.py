"""The SmartTPE API over HTTP, through gateway, bus and database."""

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from services.chassis.ids import new_id
from services.chassis.keys import encode
from services.transactions.handlers import passes
from tests.factories import transactions as make
from tests.terminals import Api, drop_answers, race, together


@pytest.fixture(scope="module")
def season_id(stage):
    return make.season(stage.db)


_next = iter(range(1, 10_000))


@pytest.fixture
def shown(stage, season_id):
    return make.issue(stage.db, 1, season_id=season_id, first=next(_next))[0]


@pytest.fixture(scope="module")
def terminal(stage):
    return stage.terminal()


def problem(answer) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["status"] == answer.status
    return answer.status, answer.json["code"]


def test_me_tells_structure_and_keys(stage, terminal):
    me = terminal.ask("GET", "/me").json
    assert me["structure"] == {"name": "Club de judo", "partner_number": "93-000017"}
    assert me["establishment"] is None
    assert [set(key) for key in me["verification_keys"]] == [{"kid", "x"}]


def test_a_pairing_code_serves_once(stage):
    code = stage.pairing_code()
    api = Api(stage.platform.base_url)
    body = {"pairing_code": code, "device": {"name": "Téléphone", "model": "X", "app_version": "1"}}
    assert api.ask("POST", "/terminals/pair", body).status == 201
    assert problem(api.ask("POST", "/terminals/pair", body)) == (422, "pairing_code_invalid")


def test_a_scan_from_check_to_cancel(terminal, shown):
    seen = terminal.ask("POST", "/passes/check", {"qr": shown["qr"]})
    assert (seen.status, seen.json["usable"], seen.json["balance_cents"]) == (200, True, 10_000)
    recorded = terminal.record(shown, 2_500)
    assert recorded.status == 201
    told = recorded.json
    assert {"number", "state", "amount_cents", "balance_cents", "recorded_at", "cancellable_until", "scheme"} <= set(
        told
    )
    assert told["beneficiary"] == {"first_name": "Léa", "last_name": shown["beneficiary"]["last_name"]}
    number = told["number"]
    assert terminal.ask("GET", f"/transactions/{number}").json["state"] == "recorded"
    cancelled = terminal.ask("POST", f"/transactions/{number}/cancel", Idempotency_Key=new_id())
    assert (cancelled.status, cancelled.json["state"], cancelled.json["balance_cents"]) == (200, "cancelled", 10_000)
    again = terminal.ask("POST", f"/transactions/{number}/cancel", Idempotency_Key=new_id())
    assert problem(again) == (409, "already_cancelled")


def test_a_replay_is_the_first_answer_again(terminal, shown):
    key = new_id()
    first, again = terminal.record(shown, key=key), terminal.record(shown, key=key)
    assert (again.status, again.body) == (first.status, first.body)
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert problem(terminal.record(shown, 101, key=key)) == (422, "idempotency_key_reused")
    assert terminal.ask("GET", f"/transactions/by-key/{key}").json == first.json


def test_a_replayed_cancel_is_the_first_answer_again(terminal, shown):
    number, key = terminal.record(shown).json["number"], new_id()
    first = terminal.ask("POST", f"/transactions/{number}/cancel", Idempotency_Key=key)
    again = terminal.ask("POST", f"/transactions/{number}/cancel", Idempotency_Key=key)
    assert (first.status, again.body, again.headers["idempotency-replayed"]) == (200, first.body, "true")


def test_refusals_are_stored_and_replayed(terminal, shown):
    key = new_id()
    first, again = terminal.record(shown, 10_001, key=key), terminal.record(shown, 10_001, key=key)
    assert problem(first) == (409, "insufficient_balance")
    assert first.json["balance_cents"] == 10_000
    assert (again.body, again.headers["idempotency-replayed"]) == (first.body, "true")
    became = terminal.ask("GET", f"/transactions/by-key/{key}")
    assert (became.status, became.json["problem"]["code"]) == (200, "insufficient_balance")


SCAN = {"qr": "x", "amount_cents": 1}
KEY, OTHER = {"Idempotency-Key": "k"}, {"Idempotency-Key": "l"}
NO_ID = encode(b"2026-11-28T08:18:33+00:00 zzz")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "expected"),
    [
        ("GET", "/transactions/T2600000000", None, {}, (404, "transaction_unknown")),
        ("GET", "/transactions/by-key/never", None, {}, (404, "transaction_unknown")),
        ("POST", "/transactions", SCAN, {}, (400, "idempotency_key_missing")),
        ("POST", "/transactions", SCAN, {"Idempotency-Key": "a b"}, (400, "idempotency_key_missing")),
        ("POST", "/transactions", SCAN, KEY, (404, "pass_unknown")),
        ("POST", "/transactions", {"code": "0000-0000-000Z", "amount_cents": 1}, OTHER, (404, "pass_unknown")),
        ("POST", "/transactions", {"amount_cents": 1}, KEY, (422, "validation_failed")),
        ("POST", "/transactions", {"qr": "x", "amount_cents": "1"}, KEY, (422, "validation_failed")),
        ("POST", "/transactions", {"qr": "x", "amount_cents": 0}, KEY, (422, "validation_failed")),
        ("POST", "/transactions", [1], KEY, (422, "validation_failed")),
        ("POST", "/passes/check", b"{", {}, (400, "malformed_request")),
        ("POST", "/passes/check", b"a=1", FORM, (415, "unsupported_media_type")),
        ("POST", "/passes/check", b'{"qr": "' + b"x" * 1_100_000 + b'"}', {}, (413, "too_large")),
        ("GET", "/transactions?limit=0", None, {}, (422, "validation_failed")),
        ("GET", "/transactions?cursor=rubbish", None, {}, (422, "validation_failed")),
        ("GET", f"/transactions?cursor={NO_ID}", None, {}, (422, "validation_failed")),
        ("GET", "/nowhere", None, {}, (404, "not_found")),
        ("DELETE", "/me", None, {}, (405, "method_not_allowed")),
    ],
)
def test_what_is_wrong_has_a_stable_code(terminal, method, path, body, headers, expected):
    assert problem(terminal.ask(method, path, body, **headers)) == expected


def test_tokens_are_told_apart(stage):
    nobody = Api(stage.platform.base_url)
    missing = nobody.ask("GET", "/me")
    assert problem(missing) == (401, "token_missing")
    assert missing.headers["www-authenticate"] == "Bearer"
    assert problem(Api(stage.platform.base_url, "rubbish").ask("GET", "/me")) == (401, "token_invalid")


def test_a_transaction_of_another_structure_does_not_exist(stage, terminal, shown):
    number = terminal.record(shown).json["number"]
    other = stage.terminal(make.club(stage.db))
    theirs = other.ask("GET", f"/transactions/{number}")
    unknown = other.ask("GET", "/transactions/T2699999999")
    assert (theirs.status, theirs.json) == (unknown.status, unknown.json)
    cancel = other.ask("POST", f"/transactions/{number}/cancel", Idempotency_Key=new_id())
    assert problem(cancel) == (404, "transaction_unknown")


def test_the_list_is_paged_newest_first(stage, season_id):
    club = make.club(stage.db)
    terminal = stage.terminal(club)
    (shown,) = make.issue(stage.db, 1, season_id=season_id, first=next(_next))
    numbers = [terminal.record(shown, cents).json["number"] for cents in (1, 2, 3)]
    first = terminal.ask("GET", "/transactions?limit=2").json
    rest = terminal.ask("GET", f"/transactions?limit=2&cursor={first['next_cursor']}").json
    assert [one["number"] for one in first["items"] + rest["items"]] == numbers[::-1]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_calendar_s_ends_are_days(terminal, day):
    assert terminal.ask("GET", f"/transactions?from={day}").status == 200
    assert terminal.ask("GET", f"/transactions?to={day}").status == 200


def test_64_posts_with_one_key_debit_once(terminal, shown):
    key = new_id()
    answers = together([lambda: terminal.record(shown, 100, key=key)] * 64)
    kinds = Counter(answer.kind for answer in answers)
    assert set(kinds) <= {"201", "idempotency_in_progress"} and kinds["201"] >= 1, kinds
    assert len({answer.body for answer in answers if answer.status == 201}) == 1
    assert terminal.ask("POST", "/passes/check", {"qr": shown["qr"]}).json["balance_cents"] == 9_900


@pytest.fixture(scope="module")
def rival(stage):
    """A terminal of another structure."""
    return stage.terminal(make.club(stage.db))


def test_two_terminals_racing_for_the_last_euro_never_overspend(stage, season_id, terminal, rival):
    """The short version of `python -m tests.scale.scans`, which runs 500."""
    for shown in make.issue(stage.db, 20, season_id=season_id, first=5_000):
        first, second = race(terminal, rival, shown, 10_000)
        assert first == "201" and second in ("already_used_here", "already_used_elsewhere")


def test_an_answer_that_is_lost_and_asked_for_again_debits_once(stage, season_id, terminal, rival):
    """The short version of `python -m tests.scale.scans`, which loses 1 000."""
    shown = make.issue(stage.db, 60, season_id=season_id, first=6_000)
    heard = drop_answers([terminal, rival], shown, 100)
    assert {answer.status for answer in heard} == {201}
    assert any("idempotency-replayed" in answer.headers for answer in heard)
    with stage.db.unit_of_work(make.AGENT) as uow:
        found = [passes.one(uow, one["pass_id"]) for one in shown]
    assert {(one["balance_cents"], len(one["transactions"])) for one in found} == {(9_900, 1)}


def test_a_batch_judges_each_scan_alone(terminal, shown):
    now = datetime.now(UTC)
    good = {"idempotency_key": new_id(), "qr": shown["qr"], "amount_cents": 500, "scanned_at": now.isoformat()}
    items = [
        good,
        {**good, "idempotency_key": new_id(), "amount_cents": 9_600},
        {**good, "idempotency_key": new_id(), "scanned_at": (now - timedelta(hours=73)).isoformat()},
        {"idempotency_key": "x", "amount_cents": 1},
        good,
    ]
    answer = terminal.ask("POST", "/transactions/batch", {"items": items})
    assert answer.status == 200, answer.body
    told = [
        (i["status"], i["problem"]["code"] if i["problem"] else i["transaction"]["balance_cents"])
        for i in answer.json["items"]
    ]
    assert told == [
        ("recorded", 9_500),
        ("refused", "insufficient_balance"),
        ("refused", "scan_too_old"),
        ("refused", "validation_failed"),
        ("recorded", 9_500),
    ]
    again = terminal.ask("POST", "/transactions/batch", {"items": items[:2]}).json["items"]
    assert [one["replayed"] for one in again] == [True, True]


def test_a_revoked_terminal_is_refused_within_a_second(stage, shown):
    terminal = stage.terminal()
    terminal_id = terminal.ask("GET", "/me").json["terminal_id"]
    manager = stage.token("legal_representative", account_id=new_id(), structure_id=stage.club.structure_id)
    stage.platform.bus.call("identity", "revoke_terminal", {"terminal_id": terminal_id}, token=manager)
    deadline, pause = datetime.now(UTC) + timedelta(seconds=5), threading.Event()
    while (answer := terminal.ask("POST", "/passes/check", {"qr": shown["qr"]})).status == 200:
        assert datetime.now(UTC) < deadline
        pause.wait(0.05)
    assert problem(answer) == (401, "token_revoked")


def test_the_document_describes_every_route(terminal):
    document = terminal.ask("GET", "/openapi.json").json
    assert document["openapi"] == "3.1.0"
    assert set(document["paths"]) == {
        "/api/v1/terminals/pair",
        "/api/v1/me",
        "/api/v1/passes/check",
        "/api/v1/transactions",
        "/api/v1/transactions/{number}",
        "/api/v1/transactions/by-key/{key}",
        "/api/v1/transactions/{number}/cancel",
        "/api/v1/transactions/batch",
    }
    assert terminal.ask("GET", "/docs").status == 200
