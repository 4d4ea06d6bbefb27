"""An upgrade while it serves: the released code works on today's schema, beside today's code and its events."""

import ast
import json
import lzma
import sys
import tarfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from kombu import Connection, Exchange, Queue
from marshmallow import fields

from deploy.local.waiting import wait_for
from services.chassis.database import BoundDatabase
from services.chassis.ids import new_id
from services.chassis.refusals import Refused
from services.identity.messages import TerminalRevoked
from tests.factories import transactions as make
from tests.platform import Platform
from tests.upgrade.__main__ import RELEASED

ROOT = Path(__file__).resolve().parents[3]
UNFILLED = "a column without default that must be filled"
DESTROYING = {"drop_column", "drop_table", "rename_table"}


@pytest.fixture(scope="module")
def mixed(platform: Any, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """Databases migrated by today's code; transactions runs as it was released, the rest as it is."""
    old = tmp_path_factory.mktemp("released")
    with tarfile.open(fileobj=BytesIO(lzma.decompress(RELEASED.read_bytes()))) as archive:
        archive.extractall(old, filter="data")
    running: Platform = platform("identity", "payouts", relay=False)
    running.use(["transactions"])
    start = f"import runpy, sys; sys.path.insert(0, {str(old)!r}); sys.argv[1:] = ['services.transactions.service']"
    program = f"{start}; runpy.run_module('services.chassis.run', run_name='__main__', alter_sys=True)"
    running.add("transactions", [sys.executable, "-c", program]).wait_ready()
    running.add("relay", [sys.executable, "-m", "services.chassis.relay", "identity", "transactions"]).wait_ready()
    return running


def test_the_released_code_records_and_cancels_on_today_s_schema(mixed: Platform, token: Any) -> None:
    """And today's listener understands what it announces."""
    database = BoundDatabase("transactions", mixed.environment["TRANSACTIONS_DATABASE_URL"], pool_size=2)
    club = make.club(database)
    (shown, other) = make.issue(database, 2)
    terminal = token("terminal", structure_id=club.structure_id, terminal_id=new_id())
    asked = {"qr": shown["qr"], "amount_cents": 500, "idempotency_key": new_id()}
    recorded = mixed.bus.call("transactions", "record_transaction", asked, token=terminal, deadline_s=10)
    assert recorded["transaction"]["amount_cents"] == 500
    undone = asked | {"qr": other["qr"], "idempotency_key": new_id()}
    number = mixed.bus.call("transactions", "record_transaction", undone, token=terminal)["transaction"]["number"]
    mixed.bus.call(
        "transactions", "cancel_transaction", {"number": number, "idempotency_key": new_id()}, token=terminal
    )
    mixed.move_clock("+1d")
    wait_for(lambda: _lines(mixed) == [(500,)], "today's payouts knows what yesterday's transactions locked", 30)
    database.close()


def _lines(mixed: Platform) -> list[tuple[int]]:
    with mixed.connect("payouts") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT amount_cents FROM lines")
        return list(cursor.fetchall())


class TerminalRevokedV2(TerminalRevoked):
    """A breaking change as it would be made: a new type beside the old one, in the same transaction."""

    type = "terminal_revoked.v2"
    unrouted = "accept"
    example = {**TerminalRevoked.example, "reason": "lost"}
    reason = fields.String(required=True)


def test_events_of_two_versions_are_sent_side_by_side_and_each_reader_hears_its_own(
    mixed: Platform, token: Any
) -> None:
    terminal_id, structure_id = new_id(), new_id()
    terminal = token("terminal", structure_id=structure_id, terminal_id=terminal_id)
    database = BoundDatabase("identity", mixed.environment["IDENTITY_DATABASE_URL"], pool_size=1)
    with Connection(mixed.environment["AMQP_URI"]) as connection:
        queue = Queue("v2", Exchange("identity.events", "topic", durable=True), routing_key=TerminalRevokedV2.type)
        reader = connection.SimpleQueue(queue)
        with database.unit_of_work() as uow:
            uow.publish(TerminalRevoked, terminal_id=terminal_id, structure_id=structure_id)
            uow.publish(TerminalRevokedV2, terminal_id=terminal_id, structure_id=structure_id, reason="lost")
        heard = reader.get(timeout=10)
        heard.ack()
    database.close()
    assert json.loads(heard.body)["data"]["reason"] == "lost"
    wait_for(lambda: _refused(mixed, terminal) == "actor_revoked", "released code heard version 1", 10)


def _refused(mixed: Platform, token: str) -> str:
    try:
        mixed.bus.call("transactions", "transactions", {}, token=token)
    except Refused as refused:
        return refused.code
    return ""


def migrations() -> list[Path]:
    """Every migration written since the release."""
    with tarfile.open(fileobj=BytesIO(lzma.decompress(RELEASED.read_bytes()))) as archive:
        released = {ROOT / name for name in archive.getnames()}
    return [path for path in ROOT.glob("services/*/migrations/versions/0*.py") if path not in released]


def destroying(source: str) -> list[str]:
    """Operations of a migration's `upgrade` that code of the version before can't live with."""
    (upgrade,) = [n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef) and n.name == "upgrade"]
    found = []
    for call in [node for node in ast.walk(upgrade) if isinstance(node, ast.Call)]:
        name = getattr(call.func, "attr", "")
        given = {word.arg: word.value for word in call.keywords}
        closed = isinstance(given.get("nullable"), ast.Constant) and given["nullable"].value is False
        if name in DESTROYING or (name == "alter_column" and closed):
            found.append(name)
        if name == "Column" and closed and "server_default" not in given and "create_table" not in source:
            found.append(UNFILLED)
    return found


def test_migrations_since_the_release_only_expand() -> None:
    """A contracting one says so: `contracts = "0.2"` names the release since which nothing uses what it removes."""
    for path in migrations():
        source = path.read_text(encoding="utf-8")
        assert not destroying(source) or "\ncontracts = " in source, f"{path}: {destroying(source)}"


@pytest.mark.parametrize(
    ("operation", "found"),
    [
        ("op.drop_column('a', 'b')", ["drop_column"]),
        ("op.alter_column('a', 'b', nullable=False)", ["alter_column"]),
        (
            "op.add_column('a', sa.Column('b', sa.Text(), nullable=False))",
            [UNFILLED],
        ),
        ("op.add_column('a', sa.Column('b', sa.Text(), nullable=False, server_default='x'))", []),
        ("op.add_column('a', sa.Column('b', sa.Text()))", []),
    ],
)
def test_what_destroys_is_recognised(operation: str, found: list[str]) -> None:
    assert destroying(f"def upgrade():\n    {operation}\n") == found
