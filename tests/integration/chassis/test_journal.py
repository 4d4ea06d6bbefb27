"""An administrator finds what they ask for in the journal, page by page."""

from datetime import timedelta
from typing import Any

import pytest

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
