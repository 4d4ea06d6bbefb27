"""Demonstration data that is loaded again on one platform is that of other families."""

import csv
import io
from itertools import combinations

from deploy.driver import passes

MARKS = ("", "2", "3", "4", "11", "l")


def people_of(mark: str) -> set[str]:
    """Whatever tells one family or child from another in the file."""
    rows = csv.DictReader(io.StringIO(passes.beneficiaries(24, 2015, mark).decode()), delimiter=";")
    return {row[column] for row in rows for column in ("matricule", "identifiant_enfant", "email")}


def test_each_load_has_families_of_its_own() -> None:
    assert all(len(people_of(mark)) == 3 * 24 for mark in MARKS)
    assert not [pair for pair in combinations(MARKS, 2) if people_of(pair[0]) & people_of(pair[1])]


def test_a_family_is_written_to_at_the_address_of_the_file() -> None:
    for mark in MARKS:
        assert {passes.family_email(index, mark) for index in range(24)} <= people_of(mark)
