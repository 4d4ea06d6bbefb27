"""The serializer and the envelope."""

import json
import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import fields

from services.chassis import serializer
from services.chassis.events import Event, EventInvalid, Reading, envelope, queue_name
from services.chassis.refusals import Refused, refusal_of


class PassUsed(Event):
    type = "pass_used.v1"
    key = "pass_id"
    example = {"pass_id": "p-1", "amount_cents": 100}
    pass_id = fields.String(required=True)
    amount_cents = fields.Integer(required=True, strict=True)


def test_an_envelope_is_a_cloudevent():
    at = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    found = json.loads(envelope(PassUsed, "transactions", "e-1", at, PassUsed.example))
    assert found == {
        "specversion": "1.0",
        "id": "e-1",
        "source": "/transactions",
        "type": "pass_used.v1",
        "time": "2026-01-02T03:04:00+00:00",
        "subject": "p-1",
        "datacontenttype": "application/json",
        "data": PassUsed.example,
    }


@pytest.mark.parametrize("change", [{"name": "Zoé"}, {"pass_id": None}, {"amount_cents": "dix"}])
def test_a_publisher_can_not_announce_what_its_schema_refuses(change):
    with pytest.raises(EventInvalid):
        envelope(PassUsed, "transactions", "e-1", datetime.now(UTC), PassUsed.example | change)


@pytest.mark.parametrize("data", [{"pass_id": "p"}, {**PassUsed.example, "name": "Zoé"}])
def test_a_publisher_can_not_say_less_or_more_than_its_schema(data):
    with pytest.raises(EventInvalid):
        envelope(PassUsed, "transactions", "e-1", datetime.now(UTC), data)


def test_what_json_does_not_know_is_written_as_its_text():
    """Though its fields are of JSON's types, and such data usually are written as they come."""
    given_id = uuid.UUID(int=7)
    data = {**PassUsed.example, "pass_id": given_id}
    found = json.loads(envelope(PassUsed, "transactions", "e-1", datetime.now(UTC), data))
    assert found["data"] == {**PassUsed.example, "pass_id": str(given_id)}
    assert found["subject"] == str(given_id)


def test_a_listener_ignores_what_it_does_not_use():
    class Used(Reading):
        publisher = "transactions"
        type = "pass_used.v1"
        pass_id = fields.String(required=True)

    assert Used().load(PassUsed.example) == {"pass_id": "p-1"}
    assert queue_name("payouts", Used) == "payouts.transactions.pass_used.v1"


def test_days_instants_and_ids_travel_as_text():
    value = {"on": date(2026, 1, 2), "at": datetime(2026, 1, 2, tzinfo=UTC), "id": uuid.UUID(int=7), "é": {"b", "a"}}
    assert serializer.loads(serializer.dumps(value)) == {
        "on": "2026-01-02",
        "at": "2026-01-02T00:00:00+00:00",
        "id": str(uuid.UUID(int=7)),
        "é": ["a", "b"],
    }


class _Line(NamedTuple):
    number: str
    amount_cents: int


class _State(StrEnum):
    PAID = "paid"


_LEAVES = (
    st.none() | st.booleans() | st.integers() | st.text() | st.datetimes(timezones=st.just(UTC)) | st.dates()
    | st.uuids() | st.just(_State.PAID) | st.builds(_Line, st.text(), st.integers())
)  # fmt: skip
_VALUES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner) | st.tuples(inner, inner)
)


@given(_VALUES)
def test_the_quick_way_writes_what_the_standard_library_would(value):
    assert serializer.dumps(value) == serializer._encoder.encode(value)


def test_what_is_no_message_is_no_json_either():
    for text in ("NaN", "{", "", b"\xff"):
        with pytest.raises(ValueError):
            serializer.loads(text)


def test_a_decimal_has_no_place_in_a_message():
    with pytest.raises(TypeError):
        serializer.dumps({"amount": Decimal("1.00")})


def test_a_domains_refusal_is_recognised_by_its_shape():
    class Empty(Exception):
        code = "empty"

        def __init__(self, **found):
            super().__init__(found)
            self.fields = found

    found = refusal_of(Empty(balance_cents=0))
    assert isinstance(found, Refused)
    assert (found.code, found.fields) == ("empty", {"balance_cents": 0})
    assert refusal_of(ValueError("a fault")) is None
