"""Seasons, partners and passes for tests, made by the service's own use cases."""

import io
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from services.chassis import clock
from services.chassis.actor import Actor
from services.chassis.database import BoundDatabase, Busy, UnitOfWork
from services.chassis.files import FileStore
from services.chassis.ids import new_id
from services.transactions.handlers import facts, imports, seasons
from services.transactions.repository import passes

SCHEME = "Pass'sports-loisirs"
RULES = [{"min_age": 6, "max_age": 17, "min_quotient": None, "max_quotient": None, "amount_cents": 10_000}]


@dataclass(frozen=True)
class CallOf:
    """The context of a call: who asks."""

    actor: Actor
    trace_id: str = "trace"


@dataclass(frozen=True)
class Club:
    """A structure with a seat, and ways to act for it."""

    structure_id: str
    establishment_id: str

    def person(self, role: str = "manager", **scope: str) -> CallOf:
        return CallOf(Actor(frozenset({role}), new_id(), {"structure_id": self.structure_id, **scope}))

    def terminal(self, **scope: str) -> CallOf:
        full = {"structure_id": self.structure_id, "terminal_id": new_id(), **scope}
        return CallOf(Actor(frozenset({"terminal"}), None, full))


AGENT = CallOf(Actor(frozenset({"agent", "administrator", "instructor"}), new_id(), {}))


@contextmanager
def at(uow: UnitOfWork, instant: datetime) -> Iterator[UnitOfWork]:
    """The same unit of work, as if it had begun then."""
    before, uow.now = uow.now, instant
    yield uow
    uow.now = before


def club(database: BoundDatabase, *, active: bool = True, name: str = "Club de judo") -> Club:
    """A partner whose convention is active."""
    made, now = Club(new_id(), new_id()), clock.now()
    with database.unit_of_work() as uow:
        structure = UUID(made.structure_id)
        facts.on_structure_updated(uow, now, structure_id=structure, name=name, partner_number=None)
        facts.on_establishment_saved(
            uow,
            now,
            structure_id=structure,
            establishment_id=UUID(made.establishment_id),
            name="Siège",
            commune_name="Bobigny",
            is_seat=True,
            open=True,
        )
        if active:
            facts.on_convention_activated(
                uow, now, structure_id=structure, partner_number="93-000017", effective_on=date(2020, 1, 1)
            )
    return made


def season(database: BoundDatabase, *, is_open: bool = True, **values: Any) -> str:
    """A season around today, open unless told otherwise; returns its id."""
    today = clock.today()
    given = {
        "scheme": SCHEME,
        "name": f"Saison {new_id()[-8:]}",
        "starts_on": today - timedelta(days=90),
        "ends_on": today + timedelta(days=90),
        "age_on": today,
        "budget_cents": 100_000_000,
        "amount_rules": RULES,
    }
    with database.unit_of_work(AGENT) as uow:
        made = seasons.save(uow, season_id=None, **(given | values))
        if is_open:
            seasons.open_season(uow, made["season_id"])
    return str(made["season_id"])


HEADINGS = "matricule;identifiant enfant;nom;prénom;date de naissance;quotient familial;e-mail"


def line(number: int, **cells: str) -> str:
    """One child of a beneficiaries file."""
    known = {
        "family": f"F{number:07d}",
        "child": f"E{number:07d}",
        "last": f"Nom{number}",
        "first": "Léa",
        "born": f"01/02/{clock.today().year - 10}",
        "quotient": "500",
        "email": f"famille{number}@example.org",
    } | cells
    return ";".join(known.values())


def csv(*lines: str, encoding: str = "utf-8", headings: str = HEADINGS) -> bytes:
    return "\r\n".join((headings, *lines, "")).encode(encoding)


def import_file(database: BoundDatabase, season_id: str, content: bytes, *, confirm: bool = True) -> dict[str, Any]:
    """Import a file as an administrator would: dry run, then for real; returns the import as it ended."""
    store = FileStore()
    stored = store.put(io.BytesIO(content))
    with database.unit_of_work(AGENT) as uow:
        started = imports.start(uow, season_id=season_id, sha256=stored.sha256, filename="enfants.csv")
    ended = _worked(database, store, started["import_id"])
    if not confirm or ended["state"] != "checked":
        return ended
    with database.unit_of_work(AGENT) as uow:
        imports.confirm(uow, started["import_id"])
    return _worked(database, store, started["import_id"])


def _worked(database: BoundDatabase, store: FileStore, import_id: str) -> dict[str, Any]:
    """The import when nothing is left to do, be it done here or by a service that runs beside."""
    deadline, pause = time.monotonic() + 60, threading.Event()
    while True:
        with suppress(Busy):
            imports.work(database, store)
        with database.unit_of_work(AGENT) as uow:
            job = imports.progress(uow, import_id)
        if job["state"] not in ("checking", "running"):
            return job
        assert time.monotonic() < deadline, job
        pause.wait(0.02)


def issue(
    database: BoundDatabase, count: int = 1, *, season_id: str | None = None, first: int = 1
) -> list[dict[str, Any]]:
    """Passes of 100 euros, as the Caf sees them."""
    from services.transactions.handlers.passes import told

    season_id = season_id or season(database)
    lines = [line(number) for number in range(first, first + count)]
    ended = import_file(database, season_id, csv(*lines))
    assert (ended["state"], ended["created"]) == ("done", count), ended
    with database.unit_of_work() as uow:
        rows = passes.of_season(uow.connection, season_id)
        return [told(row) for row in rows][-count:]


NOON = datetime(2026, 9, 9, 10, 0, tzinfo=UTC)
