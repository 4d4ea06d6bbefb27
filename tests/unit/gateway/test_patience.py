"""However many services a page asks, those that keep silent cost it little."""

import pytest
from flask import g

from gateway.clients import base
from gateway.clients.base import ServiceClient
from services.chassis.bus import DEADLINE_S
from services.chassis.refusals import Unavailable


class Silent:
    """A bus on which nobody answers; remembers how long each call was willing to wait."""

    def __init__(self) -> None:
        self.deadlines: list[float] = []

    def call(self, *_, deadline_s: float, **__):
        self.deadlines.append(deadline_s)
        raise Unavailable


@pytest.fixture
def silent(monkeypatch):
    made = Silent()
    monkeypatch.setattr(base, "bus", lambda: made)
    return made


def ask(deadline_s: float | None = None) -> None:
    with pytest.raises(Unavailable):
        ServiceClient(token="t")._call("anything", deadline_s=deadline_s)


def test_a_call_waits_as_long_as_is_promised(app, silent) -> None:
    with app.test_request_context("/"):
        ask()
    assert silent.deadlines == [DEADLINE_S] == [2.5]


def test_later_calls_of_a_request_get_what_is_left_of_its_patience(app, silent) -> None:
    with app.test_request_context("/"):
        g.waited_in_vain_s = 2.0
        ask()
        g.waited_in_vain_s = 2.5
        ask()
        ask(deadline_s=30)
    assert silent.deadlines == pytest.approx([0.5, base.LEAST_S, base.LEAST_S], abs=0.05)


def test_a_patient_call_stays_patient_while_everybody_answers(app, silent) -> None:
    with app.test_request_context("/"):
        ask(deadline_s=30)
    assert silent.deadlines == [30]
