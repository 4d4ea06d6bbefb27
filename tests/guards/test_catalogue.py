"""What readers are told of events is what the code does."""

import json

from deploy import catalogue
from tests.guards import house


def test_the_catalogue_is_up_to_date(capsys):
    assert catalogue.main(["--check"]) == 0, capsys.readouterr().out


def test_every_event_is_in_the_asyncapi_file():
    written = json.loads((house.ROOT / "docs" / "asyncapi.json").read_text())
    types = {message["name"] for message in written["components"]["messages"].values()}
    assert written["asyncapi"] == "3.0.0"
    assert types == {event.type for service in house.services() for event in house.announced(service)}
