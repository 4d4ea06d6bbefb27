"""What a search in a large list of partners costs: 50 000 of them, asked as people ask."""

import itertools
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, text

from services.chassis import migrate
from services.chassis.actor import anonymous
from services.chassis.database import BoundDatabase, EventContext
from services.chassis.ids import new_id
from services.partners import catalogue
from services.partners.handlers import directory
from services.partners.models import DirectoryEntry, Establishment, Structure
from tests.bench.results import Line, percentile
from tests.bench.stage import Stage

PARTNERS, ROUNDS = 50_000, 25
ALL: dict[str, Any] = {
    "words": None, "activity": None, "commune": None, "within_km": None, "age": None, "accessible": False, "page": 1,
}  # fmt: skip
SEARCHES: tuple[dict[str, Any], ...] = (
    {},
    {"page": 40},
    {"words": "judo"},
    {"words": "judo bobigny"},
    {"words": "fotball montreuil"},
    {"words": "association sportive"},
    {"words": "théatre"},
    {"words": "club 4711"},
    {"words": "xylophone"},
    {"activity": "judo"},
    {"commune": "93008"},
    {"commune": "93008", "within_km": 10},
    {"activity": "judo", "commune": "93048", "within_km": 20, "age": 9},
    {"words": "dance", "commune": "93048", "within_km": 5, "accessible": True},
)
REGION = frozenset(("75", "77", "78", "91", "92", "93", "94", "95"))
"""Île-de-France: its communes lie close together, so that a circle holds many partners."""
KINDS = ("Club", "Association sportive", "Étoile", "Maison", "Union", "Cercle", "Les Amis", "Entente")


def measure(stage: Stage) -> Iterator[Line]:
    """Without platform: what the service's own code and its database take."""
    migrate.upgrade("partners")
    database = BoundDatabase("partners")
    try:
        _furnish(database, stage.size(PARTNERS, 1_000))
        _ask(database, {})
        seconds = {number: [_ask(database, one) for _ in range(ROUNDS)] for number, one in enumerate(SEARCHES)}
        every = list(itertools.chain(*seconds.values()))
        slowest = max(percentile(taken, 0.5) for taken in seconds.values())
        yield Line("directory_search_p95", percentile(every, 0.95) * 1000, "ms", goal="<= 30")
        yield Line("directory_search_p50", percentile(every, 0.5) * 1000, "ms")
        yield Line("directory_slowest_search", slowest * 1000, "ms")
    finally:
        database.close()


def _ask(database: BoundDatabase, search: dict[str, Any]) -> float:
    began = time.perf_counter()
    with database.unit_of_work(EventContext(anonymous(), "bench")) as uow:
        directory.search(uow, **(ALL | search))
    return time.perf_counter() - began


def _furnish(database: BoundDatabase, partners: int) -> None:
    made = _structures(random.Random(20261126), partners)
    while some := list(itertools.islice(made, 1_000)):
        with database.unit_of_work() as uow:
            uow.connection.execute(insert(Structure), [structure for structure, _ in some])
            uow.connection.execute(insert(DirectoryEntry), [entry for _, entry in some])
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def _structures(chance: random.Random, partners: int) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Rows of a structure and of its entry, as the service makes it."""
    activities = list(catalogue.activities().values())
    communes = [one for one in catalogue.communes().values() if one.code[:2] in REGION]
    now = datetime.now(UTC)
    for number in range(1, partners + 1):
        main, commune = chance.choice(activities), chance.choice(communes)
        row = {
            "structure_id": new_id(), "version": 1, "structure_type": "association", "siret": f"{number:014d}",
            "name": f"{chance.choice(KINDS)} {main.label} de {commune.name} {number}",
            "address_line1": "1 rue du Stade", "postcode": (commune.postcodes or ("93000",))[0],
            "commune_name": commune.name, "commune_code": commune.code, "email": f"club{number}@example.fr",
            "activities": [main.code, chance.choice(activities).code], "partner_number": f"93-{number:06d}",
            "active_since": now, "created_at": now, "updated_at": now,
        }  # fmt: skip
        place = Establishment(
            commune_code=commune.code, commune_name=commune.name, activities=[], age_min=chance.randrange(3, 9),
            age_max=chance.randrange(11, 18), accessible=chance.random() < 0.3,
        )  # fmt: skip
        entry = directory.entry(Structure(**row), None, [place])
        yield row, {"structure_id": row["structure_id"], **entry}
