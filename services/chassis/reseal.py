"""Online re-encryption after a rotation: what an older key sealed is sealed again by the current one, while
the platform works.

    python -m services.chassis.reseal identity partners conventions transactions payouts files

Sealed columns are found by their form: a text that begins with the id of one of the service's older keys and
opens for its own table, column and row. A row is changed only if nobody changed it in between. Run it after a
new key has been put in place and all processes know it; when it reports nothing left and exits 0, the old key
can be removed.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Engine, String, Table, select, update

from services.chassis import tables
from services.chassis.config import SERVICES
from services.chassis.database import BoundDatabase
from services.chassis.files import FileStore
from services.chassis.keys import keyring
from services.chassis.migrate import metadata_of
from services.chassis.vault import SealBroken, Vault

BATCH = 500
FILES = "files"


@dataclass
class Resealed:
    """What a run did: ``done`` values sealed again; ``broken`` places of values that the old key doesn't
    open."""

    done: int
    broken: list[str]


def old_keys(owner: str) -> list[str]:
    """The key ids of ``owner`` that are no longer the current one."""
    ring = keyring(owner, "vault")
    return [kid for kid in ring.by_kid if kid != ring.current.kid]


def reseal(database: BoundDatabase) -> Resealed:
    """Seal every value of a service's database again that an older key sealed."""
    service = database.service
    found = Resealed(0, [])
    for table in [*metadata_of(service).sorted_tables, tables.mail]:
        for column in _text_columns(table):
            _reseal_column(database.engine, Vault(service), table, column, old_keys(service), found)
    return found


def _text_columns(table: Table) -> Iterator[Column[Any]]:
    if len(table.primary_key.columns) != 1:
        return
    for column in table.columns:
        if isinstance(column.type, String) and not column.primary_key:
            yield column


def _reseal_column(
    engine: Engine, vault: Vault, table: Table, column: Column[Any], kids: list[str], found: Resealed
) -> None:
    (key,) = table.primary_key.columns
    for kid in kids:
        last: Any = None
        while rows := _batch(engine, key, column, kid, last):
            for row_id, sealed in rows:
                _reseal_value(engine, vault, table, column, (row_id, sealed), found)
            last = rows[-1][0]


def _batch(engine: Engine, key: Column[Any], column: Column[Any], kid: str, last: Any) -> list[tuple[Any, str]]:
    statement = select(key, column).where(column.startswith(f"{kid}.", autoescape=True)).order_by(key).limit(BATCH)
    if last is not None:
        statement = statement.where(key > last)
    with engine.connect() as connection:
        return [(row[0], row[1]) for row in connection.execute(statement)]


def _reseal_value(
    engine: Engine, vault: Vault, table: Table, column: Column[Any], value: tuple[Any, str], found: Resealed
) -> None:
    row_id, sealed = value
    (key,) = table.primary_key.columns
    try:
        fresh = vault.reseal(sealed, table=table.name, column=column.name, row_id=str(row_id))
    except SealBroken:
        found.broken.append(f"{table.name}.{column.name} {row_id}")
        return
    change = update(table).where(key == row_id, column == sealed).values({column: fresh})
    with engine.begin() as connection:
        found.done += connection.execute(change).rowcount


def main(names: list[str]) -> int:
    """Reseal the databases of these services, and the ``files``. Exit status 1 if something would not
    open."""
    parser = argparse.ArgumentParser(
        prog="python -m services.chassis.reseal",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="+", metavar="NAME", help=f"{', '.join(SERVICES)} or {FILES}")
    broken: list[str] = []
    for name in parser.parse_args(names).names:
        found = Resealed(FileStore().reseal(), []) if name == FILES else reseal(BoundDatabase(name, pool_size=1))
        print(f"{name}: {found.done} sealed again, {len(found.broken)} do not open")
        broken += [f"{name}: {place}" for place in found.broken]
    for place in broken:
        print(place)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
