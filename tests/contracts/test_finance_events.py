"""Finance's events stay what they are: a fixture of each version, kept for ever, is still readable and still complete.

A fixture is never changed. A field may be added only if readers of the fixture can do without it; a breaking change is
a new version with a fixture of its own.
"""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.chassis.events import envelope
from services.payouts import finance, messages

FIXTURES = sorted((Path(__file__).parent / "finance").glob("*.json"))
BY_TYPE = {event.type: event for event in messages.FINANCE}


def kept(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def test_every_type_has_its_fixture():
    assert {kept(path)["type"] for path in FIXTURES} == set(BY_TYPE) == set(finance.TYPES)


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_what_was_sent_then_is_still_valid(path):
    event = kept(path)
    assert BY_TYPE[event["type"]]().validate(event["data"]) == {}


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_what_is_sent_now_has_every_field_of_then_with_the_same_kind_of_value(path):
    then = kept(path)
    event = BY_TYPE[then["type"]]
    now = json.loads(envelope(event, "payouts", "id", datetime.now(UTC), event().load(event.example)))
    assert set(then) <= set(now)
    assert {name: type(value) for name, value in then["data"].items()} == {
        name: type(value) for name, value in now["data"].items() if name in then["data"]
    }


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_the_reference_consumer_writes_what_was_sent_then(path, tmp_path):
    books = finance.Books(tmp_path)
    assert books.write(kept(path)) is True
    books.close()
    row = (tmp_path / "payouts.csv").read_text().splitlines()[1]
    assert kept(path)["id"] in row


@pytest.mark.parametrize("event", messages.FINANCE, ids=lambda event: event.type)
def test_finance_may_go_unheard_and_never_names_an_iban(event):
    assert event.unrouted == "accept"
    assert not [name for name in event().fields if "iban" in name or "name" in name]
