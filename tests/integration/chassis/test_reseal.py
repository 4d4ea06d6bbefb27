"""After a rotation everything can be sealed again while the platform works, and the old key can go."""

from typing import Any

import pytest
from sqlalchemy import Column, MetaData, Table, Text, text

from services.chassis import config, keys, reseal
from services.chassis.database import BoundDatabase
from services.chassis.vault import Vault

WORDS = Table(
    "words",
    MetaData(),
    Column("id", Text, primary_key=True),
    Column("word", Text),
    Column("sealed", Text),
)
VAULT = Vault("rotating")


def seal(row_id: str, word: str) -> str:
    return VAULT.seal(word, table="words", column="sealed", row_id=row_id)


@pytest.fixture
def words(infra: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A service with one table: 12 words sealed by an old key."""
    folder = config.settings().keys
    for kid in list((folder / "rotating" / "vault").glob("*.key")):
        kid.unlink()
    keys.ensure_keys(folder, [("rotating", "vault", False)], "2026-01")
    name = infra.create_database("echo")
    database = BoundDatabase("rotating", infra.database_urls("echo", name)["ECHO_DATABASE_OWNER_URL"])
    WORDS.create(database.engine)
    monkeypatch.setattr(reseal, "metadata_of", lambda service: WORDS.metadata)
    monkeypatch.setattr(reseal, "BATCH", 5)
    insert(database, *((f"w{number:02d}", f"word {number}") for number in range(12)))
    yield database
    database.close()
    infra.drop_database(name)


def insert(database: BoundDatabase, *rows: tuple[str, str]) -> None:
    with database.engine.begin() as connection:
        for row_id, word in rows:
            connection.execute(WORDS.insert().values(id=row_id, word="2026-01.plain words", sealed=seal(row_id, word)))


def opened(database: BoundDatabase) -> dict[str, str]:
    with database.engine.connect() as connection:
        rows = connection.execute(text("SELECT id, sealed FROM words ORDER BY id")).all()
    return {row.id: VAULT.open(row.sealed, table="words", column="sealed", row_id=row.id) for row in rows}


def rotate() -> None:
    keys.create_key(config.settings().keys, "rotating", "vault", "2027-01", signing=False)
    keys.reload()


def forget_old() -> None:
    (config.settings().keys / "rotating" / "vault" / "2026-01.key").unlink()
    keys.reload()


def test_without_a_rotation_there_is_nothing_to_do(words: BoundDatabase) -> None:
    assert reseal.reseal(words).done == 0


def test_all_is_sealed_again_and_the_old_key_can_go(words: BoundDatabase) -> None:
    before = opened(words)
    rotate()
    assert reseal.reseal(words).done == 12
    forget_old()
    assert opened(words) == before


def test_what_does_not_open_is_reported_and_left(words: BoundDatabase) -> None:
    """A plain text that happens to look sealed, and a value moved from another row."""
    with words.engine.begin() as connection:
        connection.execute(
            text("UPDATE words SET sealed = (SELECT sealed FROM words WHERE id = 'w01') WHERE id = 'w02'")
        )
    rotate()
    found = reseal.reseal(words)
    assert found.done == 11
    assert "words.sealed w02" in found.broken
    assert sum("words.word" in place for place in found.broken) == 12


def test_a_value_changed_meanwhile_is_not_overwritten(words: BoundDatabase) -> None:
    """The row changes between the reading and the writing: the newer value stays."""
    rotate()
    stale = ("w03", seal("w03", "stale"))
    found = reseal.Resealed(0, [])
    reseal._reseal_value(words.engine, VAULT, WORDS, WORDS.c.sealed, stale, found)
    assert (found.done, opened(words)["w03"]) == (0, "word 3")


def test_the_command_tells_by_its_exit_status(
    words: BoundDatabase, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reseal, "BoundDatabase", lambda name, pool_size: words)
    assert reseal.main(["rotating", "files"]) == 0
    rotate()
    assert reseal.main(["rotating"]) == 1
    assert "rotating: 12 sealed again, 12 do not open" in capsys.readouterr().out
