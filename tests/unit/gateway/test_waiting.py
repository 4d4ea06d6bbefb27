"""What waits for somebody stands beside the menu, and is asked anew when it may have changed."""

import time

import pytest

from services.chassis.refusals import Unavailable

TO_SIGN = {"convention": {"state": "prepared", "kind": "initial", "in_force": False, "reason": None}}


@pytest.fixture
def club(sign_in, bus):
    """A representative whose convention waits for the signature."""
    bus.answers |= {"conventions.own_convention": TO_SIGN, "partners.own_application": {"application": None}}
    bus.answers["identity.delegates"] = {"items": []}
    return sign_in("legal_representative")


def asked(bus) -> int:
    return len(bus.called("conventions.own_convention"))


def test_what_waits_is_counted_in_the_menu_of_every_page(club) -> None:
    assert 'class="count">1<' in club.get("/preferences").text


def test_it_is_asked_once_a_minute_and_not_on_each_page(club, bus, monkeypatch) -> None:
    for _ in range(3):
        club.get("/preferences")
    assert asked(bus) == 1
    later = time.time() + 61
    monkeypatch.setattr(time, "time", lambda: later)
    club.get("/preferences")
    assert asked(bus) == 2


def test_the_dashboard_asks_for_itself_and_for_the_menu_at_once(club, bus) -> None:
    club.get("/tableau-de-bord")
    club.get("/preferences")
    assert asked(bus) == 1


def test_it_is_asked_anew_after_something_was_sent(club, bus) -> None:
    club.get("/preferences")
    club.post("/preferences", data={"language": "fr", "appearance": "auto"})
    bus.answers["conventions.own_convention"] = {"convention": None}
    assert 'class="count"' not in club.get("/preferences").text


def test_another_structure_has_its_own(club, bus, sign_in) -> None:
    club.get("/preferences")
    other = {"structure_id": "s-2", "name": "Danse", "role": "manager", "establishment_id": None}
    bus.answers["identity.resolve_session"] = {**bus.answers["identity.resolve_session"], "structure": other}
    club.set_cookie("psl_session", "another")
    club.get("/preferences")
    assert asked(bus) == 2


def test_pages_show_when_what_waits_cannot_be_told(club, bus) -> None:
    bus.answers["conventions.own_convention"] = Unavailable("away")
    assert club.get("/preferences").status_code == 200


def test_a_visitor_asks_nobody(visitor, bus) -> None:
    visitor.get("/preferences")
    assert bus.calls == []
