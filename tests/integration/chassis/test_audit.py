"""The journal's chain shows a change, a deletion, a reordering and a cut end."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from services.chassis import audit, config, keys
from services.chassis.audit import Sealer, exported_heads, heads_folder, verify
from services.chassis.database import BoundDatabase


@dataclass
class Journal:
    """One journal, the ways to write in it, and the ways to forge it that only a table owner has."""

    database: BoundDatabase
    forge: Callable[..., None]
    heads: Path

    def write(self, *subjects: str) -> None:
        for subject in subjects:
            with self.database.unit_of_work() as uow:
                uow.audit("word:say", subject, letters=len(subject), kind="é")

    def seal(self) -> int:
        return Sealer(self.database).seal_new()

    def problems(self) -> list[str]:
        return list(verify(self.database.engine, list(exported_heads(self.heads))).problems)


@pytest.fixture
def journal(infra: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    keys.ensure_keys(config.settings().keys, [("echo", "audit", True)], "2026-01")
    monkeypatch.setattr(audit, "heads_folder", lambda service: tmp_path / "heads" / service)
    name = infra.create_database("echo")
    urls = infra.database_urls("echo", name)
    database = BoundDatabase("echo", urls["ECHO_DATABASE_URL"])
    owner = create_engine(urls["ECHO_DATABASE_OWNER_URL"])

    def forge(statement: str, **values: Any) -> None:
        with owner.begin() as connection:
            for table in ("audit", "audit_chain"):
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
            connection.execute(text(statement), values)

    yield Journal(database, forge, tmp_path / "heads" / "echo")
    owner.dispose()
    database.close()
    infra.drop_database(name)


@pytest.fixture
def sealed(journal: Journal) -> Journal:
    """Six entries, chained."""
    journal.write("a", "b", "c", "d", "e", "f")
    assert journal.seal() == 6
    return journal


def test_an_honest_journal_has_no_problems(sealed: Journal) -> None:
    found = verify(sealed.database.engine, list(exported_heads(sealed.heads)))
    assert (found.entries, found.problems) == (6, ())


def test_each_entry_is_chained_once(sealed: Journal) -> None:
    assert sealed.seal() == 0
    sealed.write("g")
    assert sealed.seal() == 1
    assert sealed.problems() == []


def test_several_sealers_make_one_chain(journal: Journal) -> None:
    journal.write(*(f"n{number}" for number in range(40)))
    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda _: journal.seal(), range(4)))
    assert sum(counts) + journal.seal() == 40
    assert journal.problems() == []


def test_an_entry_that_commits_late_is_chained_too(sealed: Journal) -> None:
    with sealed.database.unit_of_work() as slow:
        slow.audit("word:say", "slow")
        sealed.write("quick")
        assert sealed.seal() == 1
    assert sealed.seal() == 1
    assert sealed.problems() == []


def test_the_service_itself_cannot_change_or_delete(sealed: Journal) -> None:
    for statement in (
        "UPDATE audit SET subject = 'x'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "DELETE FROM audit_chain",
    ):
        with pytest.raises(DBAPIError), sealed.database.engine.begin() as connection:
            connection.execute(text(statement))


@pytest.mark.parametrize(
    "change",
    [
        "subject = 'x'",
        "action = 'word:unsay'",
        "actor = 'eve'",
        "at = at + interval '1 microsecond'",
        'details = \'{"letters": 2, "kind": "é"}\'',
        'scope = \'{"a": "b"}\'',
        "trace_id = ''",
        "roles = ''",
    ],
)
def test_a_changed_entry_shows(sealed: Journal, change: str) -> None:
    sealed.forge(f"UPDATE audit SET {change} WHERE subject = 'c'")
    assert sealed.problems() == ["entry 3: changed or moved"]


def test_a_deleted_entry_shows(sealed: Journal) -> None:
    sealed.forge("DELETE FROM audit WHERE subject = 'c'")
    assert sealed.problems() == ["entry 3: deleted"]


def test_an_entry_deleted_with_its_link_shows(sealed: Journal) -> None:
    sealed.forge("DELETE FROM audit_chain WHERE sequence = 3")
    assert sealed.problems()[0] == "entries 3 to 3: missing from the chain"


def test_reordered_entries_show(sealed: Journal) -> None:
    sealed.forge("ALTER TABLE audit_chain DROP CONSTRAINT uq_audit_chain_entry_id")
    sealed.forge(
        "UPDATE audit_chain SET entry_id = (SELECT id FROM audit WHERE subject = "
        "CASE sequence WHEN 2 THEN 'c' ELSE 'b' END) WHERE sequence IN (2, 3)"
    )
    assert sealed.problems() == ["entry 2: changed or moved", "entry 3: changed or moved"]


def test_a_cut_end_shows_by_the_exported_head(sealed: Journal) -> None:
    sealed.forge("DELETE FROM audit_chain WHERE sequence > 4")
    sealed.forge("DELETE FROM audit WHERE subject IN ('e', 'f')")
    (problem,) = sealed.problems()
    assert "its entry 6 is missing, the end was cut" in problem


def test_a_chain_computed_anew_after_a_change_shows_by_the_exported_head(sealed: Journal) -> None:
    sealed.forge("UPDATE audit SET subject = 'x' WHERE subject = 'c'")
    sealed.forge("DELETE FROM audit_chain")
    honest = {path: path.read_bytes() for path in sealed.heads.iterdir()}
    assert sealed.seal() == 6
    for path, content in honest.items():
        path.write_bytes(content)
    assert any("not what was signed" in problem for problem in sealed.problems())


def test_a_cut_end_shows_although_the_journal_went_on_past_it(sealed: Journal) -> None:
    sealed.write("g")
    sealed.seal()
    sealed.forge("DELETE FROM audit_chain WHERE sequence > 6")
    sealed.forge("DELETE FROM audit WHERE subject = 'g'")
    sealed.write("h", "i")
    assert sealed.seal() == 2
    (problem,) = sealed.problems()
    assert "entry 7: not what was signed" in problem


def test_a_cut_end_shows_although_the_journal_went_on_below_it(sealed: Journal) -> None:
    sealed.write("g", "h")
    sealed.seal()
    sealed.forge("DELETE FROM audit_chain WHERE sequence > 6")
    sealed.forge("DELETE FROM audit WHERE subject IN ('g', 'h')")
    sealed.write("i")
    sealed.seal()
    (problem,) = sealed.problems()
    assert "entry 8 is missing, the end was cut" in problem


def test_a_quiet_day_has_its_head_too(sealed: Journal) -> None:
    (of_day,) = [path for path in sealed.heads.glob("*.json") if path.stem != "latest"]
    of_day.rename(of_day.with_name("2026-01-01.json"))
    assert sealed.seal() == 0
    assert json.loads(of_day.read_text())["sequence"] == 6
    assert sealed.problems() == []


def test_a_forged_head_shows(sealed: Journal) -> None:
    latest = sealed.heads / "latest.json"
    head = json.loads(latest.read_text())
    latest.write_text(json.dumps({**head, "sequence": 5}))
    assert any("not signed by the service" in problem for problem in sealed.problems())


def test_an_entry_never_chained_shows(sealed: Journal) -> None:
    sealed.forge(
        "INSERT INTO audit SELECT '00000000-0000-7000-8000-000000000001', at, action, 'old', actor, roles, scope, "
        "details, trace_id FROM audit WHERE subject = 'a'"
    )
    assert sealed.problems() == ["entry 00000000-0000-7000-8000-000000000001: never chained"]


def test_the_head_is_exported_for_the_day_and_as_the_latest(sealed: Journal) -> None:
    sealed.write("g")
    sealed.seal()
    by_name = {path.stem: json.loads(path.read_text())["sequence"] for path in sealed.heads.glob("*.json")}
    assert by_name.pop("latest") == 7
    assert list(by_name.values()) == [6]


def test_the_command_tells_by_its_exit_status(
    sealed: Journal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(audit, "BoundDatabase", lambda service, pool_size: sealed.database)
    assert audit.main(["verify", "echo", str(sealed.heads)]) == 0
    sealed.forge("UPDATE audit SET subject = 'x' WHERE subject = 'c'")
    assert audit.main(["verify", "echo", str(sealed.heads)]) == 1
    assert "echo: 6 entries, 1 problems" in capsys.readouterr().out
    assert audit.main([]) == 2


def test_heads_lie_outside_the_database() -> None:
    assert heads_folder("echo") == config.settings().var / "audit" / "echo"
