"""An administrator finds what they ask for in the journal, page by page."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg2
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from services.chassis import clock, journal
from services.chassis.actor import Actor
from services.chassis.audit import Sealer
from services.chassis.database import BoundDatabase, EventContext
from services.chassis.refusals import Refused, ValidationFailed


@pytest.fixture
def echo(database: Any) -> BoundDatabase:
    return database("echo")


def write(echo: BoundDatabase, *subjects: str, actor: str = "ada", action: str = "word:say", **scope: str) -> None:
    who = Actor(roles=frozenset({"manager", "accountant"}), account_id=actor, scope=scope)
    for subject in subjects:
        with echo.unit_of_work(EventContext(who, f"trace-{subject}")) as uow:
            uow.audit(action, subject, letters=len(subject))


def found(echo: BoundDatabase, **asked: Any) -> list[str]:
    return [item["subject"] for item in page(echo, **asked)["items"]]


def page(echo: BoundDatabase, **asked: Any) -> dict[str, Any]:
    loaded = journal.JournalQuestion().load(asked)
    with echo.engine.connect() as connection:
        return journal.search(connection, loaded)


def test_the_newest_come_first(echo: BoundDatabase) -> None:
    write(echo, "a", "b", "c")
    assert found(echo) == ["c", "b", "a"]


def test_an_item_tells_who_did_what_when(echo: BoundDatabase) -> None:
    write(echo, "a", structure_id="s-1")
    (item,) = page(echo)["items"]
    assert (item["action"], item["actor"], item["roles"]) == ("word:say", "ada", ["accountant", "manager"])
    assert (item["scope"], item["details"], item["trace_id"]) == ({"structure_id": "s-1"}, {"letters": 1}, "trace-a")
    assert clock.now() - item["at"] < timedelta(minutes=1)
    assert item["sequence"] is None


def test_pages_follow_each_other_without_gap_or_repetition(echo: BoundDatabase) -> None:
    subjects = [f"n{number}" for number in range(7)]
    write(echo, *subjects)
    seen, cursor = [], None
    while True:
        found_page = page(echo, limit=3, cursor=cursor)
        seen += [item["subject"] for item in found_page["items"]]
        cursor = found_page["next_cursor"]
        if cursor is None:
            break
    assert seen == subjects[::-1]


@pytest.mark.parametrize(
    ("asked", "subjects"),
    [
        ({"subject": "b"}, ["b"]),
        ({"actor": "bob"}, ["c"]),
        ({"action": "word:unsay"}, ["b"]),
        ({"action": "word:"}, ["c", "b", "a"]),
        ({"action": "wor%"}, []),
        ({"trace_id": "trace-a"}, ["a"]),
        ({"scope": {"structure_id": "s-2"}}, ["c"]),
        ({"scope": {"structure_id": "b"}}, ["b"]),
        ({"scope": {"structure_id": "s-3"}}, ["d"]),
        ({"since": "2999-01-01T00:00:00+00:00"}, []),
        ({"until": "2999-01-01T00:00:00+00:00"}, ["d", "c", "b", "a"]),
    ],
)
def test_finds_by(echo: BoundDatabase, asked: dict[str, Any], subjects: list[str]) -> None:
    write(echo, "a", structure_id="s-1")
    write(echo, "b", action="word:unsay", structure_id="s-1")
    write(echo, "c", actor="bob", structure_id="s-2")
    with echo.unit_of_work(EventContext(Actor(roles=frozenset({"instructor"})), "trace-d")) as uow:
        uow.audit("other:look", "d", structure_id="s-3")
    assert found(echo, **asked) == subjects


def test_each_item_holds_the_place_from_which_to_go_on(echo: BoundDatabase) -> None:
    """So that a reader of several journals may stop in the middle of a page."""
    write(echo, "a", "b", "c")
    middle = page(echo)["items"][1]
    assert found(echo, cursor=middle["cursor"]) == ["a"]


@pytest.mark.parametrize("cursor", ["x", "AAAA", "WzFd", "W251bGwsbnVsbF0"])
def test_a_bad_cursor_is_refused(echo: BoundDatabase, cursor: str) -> None:
    with pytest.raises(ValidationFailed):
        page(echo, cursor=cursor)


MUCH = """
    INSERT INTO audit (id, at, action, subject, actor, roles, scope, details, trace_id)
    SELECT gen_random_uuid(), timestamptz '2026-01-01' + n * interval '1 second', 'word:say', 's-' || n % 5000,
           'a-' || n % 200, 'manager', '{}', '{}', 't-' || n
      FROM generate_series(1, 300000) AS n
"""
READ_AT_MOST = 2_000
"""Rows, for a page of 50 of 300 000: what is read doesn't grow with the journal."""


@pytest.fixture(scope="module")
def long(infra: Any) -> Any:
    """A long journal: most of it is everyday work, some actors and actions are rare."""
    name = infra.create_database("echo")
    bound = BoundDatabase("echo", infra.database_urls("echo", name)["ECHO_DATABASE_URL"])
    with bound.engine.begin() as connection:
        connection.execute(text(MUCH))
    with psycopg2.connect(_owner(infra, name)) as owner, owner.cursor() as cursor:
        cursor.execute("ANALYZE audit")
    write(bound, "rare", actor="seldom", action="word:unsay")
    write(bound, "other", actor="nobody", action="other:look")
    yield bound
    bound.close()
    infra.drop_database(name)


def _owner(infra: Any, name: str) -> str:
    url = make_url(infra.database_urls("echo", name)["ECHO_DATABASE_OWNER_URL"])
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


ASKED = [
    {}, {"actor": "seldom"}, {"actor": "a-7"}, {"actor": "never"}, {"subject": "rare"}, {"subject": "s-9"},
    {"action": "word:unsay"}, {"action": "word:say"}, {"action": "word:"}, {"action": "no"}, {"action": "other:look"},
    {"since": "2026-01-02T00:00:00+00:00", "until": "2026-01-02T01:00:00+00:00"},
    {"actor": "a-7", "since": "2026-01-03T00:00:00+00:00"},
    {"action": "word:say", "until": "2026-01-01T00:01:00+00:00"},
]  # fmt: skip


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_a_page_reads_no_more_than_it_shows_of_a_long_journal(long: BoundDatabase, asked: dict[str, Any]) -> None:
    """Every scan of the journal goes by an index and reads a page's worth (EXPLAIN ANALYZE)."""
    loaded = journal.JournalQuestion().load(asked)
    with long.engine.connect() as connection:
        statement = journal._statement(connection, loaded, journal.PAGE + 1)
        written = statement.compile(connection.engine, compile_kwargs={"literal_binds": True})
        plan = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {written}").scalar_one()[0]["Plan"]
        nodes = [node for node in _nodes(plan) if node.get("Relation Name") in ("audit", "audit_chain")]
    assert [node["Node Type"] for node in nodes if node["Node Type"] == "Seq Scan" and _read(node) > 10] == []
    assert sum(map(_read, nodes)) < READ_AT_MOST


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from _nodes(below)


def _read(node: dict[str, Any]) -> float:
    thrown_away = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return float((node["Actual Rows"] + thrown_away) * node["Actual Loops"])


def test_the_actions_of_a_beginning_are_looked_up_and_not_counted(long: BoundDatabase) -> None:
    with long.engine.connect() as connection:
        assert connection.scalars(journal._ACTIONS, {"begins": "word:"}).all() == ["word:say", "word:unsay"]
        explained = text(f"EXPLAIN (ANALYZE, FORMAT JSON) {journal._ACTIONS.text}")
        plan = connection.execute(explained, {"begins": "word:"}).scalar_one()[0]["Plan"]
    assert sum(_read(node) for node in _nodes(plan) if node.get("Relation Name") == "audit") < 20


@pytest.fixture(scope="module")
def running(platform: Any) -> Any:
    return platform("tests.integration.chassis.echo.service", relay=False)


def test_only_an_administrator_reads_it_over_the_bus(running: Any, token: Any) -> None:
    made = token("administrator", account_id="adm")
    assert running.bus.call("echo", "audit_entries", {}, token=made) == {"items": [], "next_cursor": None}
    for roles in (("instructor",), ("manager",), ("service:identity",)):
        with pytest.raises(Refused) as refused:
            running.bus.call("echo", "audit_entries", {}, token=token(*roles, account_id="x"))
        assert refused.value.code == "not_allowed"


def test_a_chained_item_shows_its_number_and_hash(echo: BoundDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    from services.chassis import audit

    monkeypatch.setattr(audit, "sign_head", lambda *_: None)
    monkeypatch.setattr(audit, "export_head", lambda _: None)
    write(echo, "a")
    assert Sealer(echo).seal_new() == 1
    (item,) = page(echo)["items"]
    assert (item["sequence"], len(item["hash"])) == (1, 64)
