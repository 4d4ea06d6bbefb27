"""Row-level security where money is: what belongs to a structure is behind the wall, really, for the everyday
role."""

from types import MappingProxyType
from typing import Any

import pytest
from sqlalchemy import text

from services.chassis.actor import Actor
from services.chassis.database import BoundDatabase, EventContext
from services.chassis.migrate import metadata_of
from tests.guards import house

BEHIND = [service for service in ("transactions", "payouts") if service in house.services()]
PUBLIC_FACTS = {"partners", "establishments"}  # names and numbers that the public directory shows
OURS, THEIRS = "00000000-0000-7000-8000-00000000000a", "00000000-0000-7000-8000-00000000000b"


@pytest.mark.parametrize("service", BEHIND)
def test_every_table_of_structures_is_marked(service: str) -> None:
    unmarked = [
        table.name
        for table in metadata_of(service).sorted_tables
        if "structure_id" in table.columns and "rows_of" not in table.info and table.name not in PUBLIC_FACTS
    ]
    assert unmarked == []


@pytest.mark.parametrize("service", BEHIND)
def test_the_everyday_role_is_held_by_the_policy(service: str, database: Any) -> None:
    marked = {table.name for table in metadata_of(service).sorted_tables if "rows_of" in table.info}
    asked = text(
        "SELECT c.relname, pg_get_userbyid(c.relowner) = current_user AS own, "
        "(SELECT rolbypassrls OR rolsuper FROM pg_roles WHERE rolname = current_user) AS passes "
        "FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid WHERE c.relrowsecurity"
    )
    with database(service).engine.connect() as connection:
        rows = connection.execute(asked).all()
    assert {row.relname for row in rows} == marked
    assert not any(row.own or row.passes for row in rows)


def partner(structure_id: str) -> EventContext:
    scope = MappingProxyType({"structure_id": structure_id, "session_id": "s-1"})
    return EventContext(Actor(roles=frozenset({"manager"}), scope=scope), "trace")


def keys_seen(bound: BoundDatabase, who: EventContext | None) -> list[str]:
    with bound.unit_of_work(who) as uow:
        return list(uow.session.scalars(text("SELECT key FROM idempotency_keys ORDER BY key")))


@pytest.mark.parametrize("service", [name for name in BEHIND if name == "transactions"])
def test_a_forgotten_filter_shows_a_partner_nothing_of_another(service: str, database: Any) -> None:
    bound = database(service)
    add = text(
        "INSERT INTO idempotency_keys (structure_id, caller, key, act, asked, at) "
        "VALUES (:structure, 'c', :key, 'record', 'x', clock_timestamp())"
    )
    with bound.unit_of_work() as uow:
        uow.session.execute(add, [{"structure": OURS, "key": "ours"}, {"structure": THEIRS, "key": "theirs"}])
    assert keys_seen(bound, partner(OURS)) == ["ours"]
    assert keys_seen(bound, partner(THEIRS)) == ["theirs"]
    assert keys_seen(bound, None) == ["ours", "theirs"]
