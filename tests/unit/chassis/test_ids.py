"""Identifiers are UUIDs of version 7 (RFC 9562, 5.7)."""

import time
import uuid

from services.chassis.ids import new_id

MANY = 2_000


def test_each_is_a_uuid_of_version_7_with_the_standard_variant() -> None:
    made = [uuid.UUID(new_id()) for _ in range(MANY)]
    assert {(one.version, one.variant) for one in made} == {(7, uuid.RFC_4122)}
    assert len(set(made)) == MANY


def test_it_begins_with_the_time_and_so_sorts_by_it() -> None:
    before = time.time_ns() // 1_000_000
    made = new_id()
    after = time.time_ns() // 1_000_000
    assert before <= uuid.UUID(made).int >> 80 <= after
    assert made < f"{after + 1:012x}"[:8] + "-ffff"


def test_all_random_bits_are_used() -> None:
    """Each of the 74 bits is sometimes 0 and sometimes 1 (by chance not in 2 000 tries: less than once in 10^600)."""
    made = [uuid.UUID(new_id()).int for _ in range(MANY)]
    random_bits = [*range(62), *range(64, 76)]
    assert all({value >> bit & 1 for value in made} == {0, 1} for bit in random_bits)
