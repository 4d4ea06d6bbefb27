"""What is announced can be heard, and what is heard is announced."""

import re

import pytest
from marshmallow import RAISE

from services.chassis.config import SERVICES
from tests.guards import house

EVENTS = [(service, event) for service in house.services() for event in house.announced(service)]
LISTENED = [(service, reading) for service in house.services() for reading in house.heard(service)]
ids_of_events = [f"{service}-{event.type}" for service, event in EVENTS]
ids_of_listened = [f"{service}-{reading.publisher}-{reading.type}" for service, reading in LISTENED]


@pytest.mark.parametrize(("service", "event"), EVENTS, ids=ids_of_events)
def test_an_event_is_named_and_versioned(service, event):
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*\.v[1-9]\d*", event.type)
    assert event.unrouted in ("retry", "accept")
    assert event.Meta.unknown == RAISE


@pytest.mark.parametrize(("service", "event"), EVENTS, ids=ids_of_events)
def test_an_event_s_example_passes_its_own_schema(service, event):
    schema = event()
    assert schema.validate(event.example) == {}
    assert event.key in schema.fields and event.key in event.example


@pytest.mark.parametrize(("service", "event"), EVENTS, ids=ids_of_events)
def test_an_event_is_really_announced(service, event):
    used = [
        path
        for path in house.python_files(f"services/{service}")
        if "/messages" not in house.relative(path) and re.search(rf"\b{event.__name__}\b", path.read_text())
    ]
    assert used, f"{service} never publishes {event.type}"


@pytest.mark.parametrize("service", house.services())
def test_an_event_type_is_declared_once(service):
    types = [event.type for event in house.announced(service)]
    assert sorted(types) == sorted(set(types))


def examples(publisher: str, event_type: str) -> list[dict]:
    return [event.example for event in house.announced(publisher) if event.type == event_type]


@pytest.mark.parametrize(("service", "reading"), LISTENED, ids=ids_of_listened)
def test_every_subscription_has_a_publisher_whose_example_it_can_read(service, reading):
    assert reading.publisher in SERVICES
    if reading.publisher not in house.services():
        return
    found = examples(reading.publisher, reading.type)
    assert found, f"{reading.publisher} announces no {reading.type}"
    for example in found:
        assert reading().validate(example) == {}


@pytest.mark.parametrize(("service", "reading"), LISTENED, ids=ids_of_listened)
def test_a_listener_reads_only_fields_that_are_announced(service, reading):
    if reading.publisher not in house.services():
        return
    announced = {
        name for event in house.announced(reading.publisher) if event.type == reading.type for name in event().fields
    }
    assert set(reading().fields) <= announced


@pytest.mark.parametrize(("service", "event"), EVENTS, ids=ids_of_events)
def test_what_must_be_heard_has_a_listener(service, event):
    """`unrouted = "retry"` makes the relay wait for a queue: without a listener it would wait for ever."""
    if event.unrouted != "retry" or set(house.services()) != set(SERVICES):
        return
    listeners = [one for one, reading in LISTENED if (reading.publisher, reading.type) == (service, event.type)]
    assert listeners


PERSONAL = re.compile(r"(first_name|last_name|birth|email|mobile|phone|^iban$|address|password|civility)")


@pytest.mark.parametrize(("service", "event"), EVENTS, ids=ids_of_events)
def test_events_carry_ids_and_not_people(service, event):
    assert [name for name in event().fields if PERSONAL.search(name)] == []
