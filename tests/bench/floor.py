"""The floor: one Flask process that does a scan's SQL in one transaction on the same PostgreSQL, with no bus, no token
and no event. What a plain web application would cost on this machine.

``/scan`` does the plain statements that a scan consists of, one after the other; ``/check`` asks what a check asks.
"""

import json
import os
import threading
from typing import Any

import psycopg2
from flask import Flask, Response, request

from services.chassis.ids import new_id
from services.chassis.reach import CONNECT_OPTIONS
from services.transactions.domain import codes

app = Flask("floor")
_local = threading.local()

PASS = """
SELECT p.pass_id, p.balance_cents, p.rotation, p.season_id, p.beneficiary_id, s.scheme, s.state, b.identity_sealed
FROM passes p JOIN seasons s USING (season_id) JOIN beneficiaries b USING (beneficiary_id)
WHERE p.qr_id = %s FOR NO KEY UPDATE OF p
"""
RECORD = """
INSERT INTO transactions (transaction_id, number, pass_id, season_id, beneficiary_id, structure_id, amount_cents,
  balance_after_cents, state, origin, recorded_at, recorded_on)
VALUES (%s, 'F' || nextval('transaction_numbers'), %s, %s, %s, %s, %s, %s, 'recorded', 'terminal', now(), now()::date)
RETURNING number, recorded_at
"""
LEDGER = """
INSERT INTO ledger_entries (movement_id, kind, account, account_id, amount_cents, subject_id, at)
VALUES (%s, 'debit', 'pass', %s, %s, %s, now()), (%s, 'debit', 'partner', %s, %s, %s, now())
"""
KEY = """
INSERT INTO idempotency_keys (structure_id, caller, key, act, asked, transaction_id, balance_cents, at)
VALUES (%s, %s, %s, 'record', '', %s, %s, now())
"""


def _connection() -> Any:
    if not hasattr(_local, "connection"):
        _local.connection = psycopg2.connect(os.environ["FLOOR_DATABASE_URL"], options=CONNECT_OPTIONS)
    return _local.connection


def _answer(told: dict[str, Any], status: int = 201) -> Response:
    return Response(json.dumps(told, default=str), status=status, content_type="application/json")


@app.post("/scan")
def scan() -> Response:
    asked, structure_id, caller = request.get_json(), request.headers["X-Structure"], request.headers["X-Caller"]
    key, amount_cents = request.headers["Idempotency-Key"], asked["amount_cents"]
    shown, _ = codes.read_qr(asked["qr"])
    connection = _connection()
    with connection, connection.cursor() as cursor:
        seen = "SELECT 1 FROM idempotency_keys WHERE structure_id = %s AND caller = %s AND key = %s"
        cursor.execute(seen, (structure_id, caller, key))
        cursor.execute("SELECT name, active_from, active_until FROM partners WHERE structure_id = %s", (structure_id,))
        cursor.execute(PASS, (shown.qr_id,))
        pass_id, balance_cents, _, season_id, beneficiary_id, scheme, _, _ = cursor.fetchone()
        transaction_id, movement_id, left = new_id(), new_id(), balance_cents - amount_cents
        row = (transaction_id, pass_id, season_id, beneficiary_id, structure_id, amount_cents, left)
        cursor.execute(RECORD, row)
        number, recorded_at = cursor.fetchone()
        sides = (movement_id, pass_id, -amount_cents, transaction_id)
        cursor.execute(LEDGER, (*sides, movement_id, structure_id, amount_cents, transaction_id))
        cursor.execute("UPDATE passes SET balance_cents = %s WHERE pass_id = %s", (left, pass_id))
        cursor.execute(KEY, (structure_id, caller, key, transaction_id, left))
    return _answer({"number": number, "balance_cents": left, "recorded_at": recorded_at, "scheme": scheme})


@app.post("/check")
def check() -> Response:
    asked, structure_id, caller = request.get_json(), request.headers["X-Structure"], request.headers["X-Caller"]
    shown, _ = codes.read_qr(asked["qr"])
    connection = _connection()
    with connection, connection.cursor() as cursor:
        facts = "SELECT scan_facts(%s, %s, '{}', ARRAY[%s]::bigint[], '{}', false)"
        cursor.execute(facts, (structure_id, caller, shown.qr_id))
        (found,) = cursor.fetchone()
    return _answer({"balance_cents": found["passes"][0]["balance_cents"], "usable": True}, 200)
