"""Where those who may not see a page are led."""

import pytest

from services.chassis.refusals import Refused


def test_visitor_is_led_to_the_sign_in_page_and_back(visitor) -> None:
    answer = visitor.get("/transactions/?state=paid")
    assert answer.status_code == 302
    assert answer.location == "/login/partner?suite=/transactions/?state%3Dpaid"


def test_visitor_of_the_back_office_signs_in_as_an_agent(visitor) -> None:
    answer = visitor.get("/caf")
    assert answer.status_code == 302
    assert answer.location.startswith("/login/agent")


def test_provisional_password_is_personalised_before_anything_else(sign_in) -> None:
    client = sign_in("unpersonalised", must_personalise=True)
    answer = client.get("/tableau-de-bord")
    assert answer.status_code == 302
    assert answer.location == "/compte/premiere-connexion"


def test_person_without_structure_chooses_one(sign_in) -> None:
    answer = sign_in("person").get("/tableau-de-bord")
    assert answer.status_code == 302
    assert "login" not in answer.location


def test_unknown_session_is_a_visitor(sign_in, bus) -> None:
    client = sign_in("instructor")
    bus.answers["identity.resolve_session"] = Refused("session_unknown")
    assert client.get("/caf").status_code == 302
    assert client.get("/").status_code == 200


def test_revoked_actor_is_forgotten_at_once_and_signs_in_again(sign_in, bus) -> None:
    client = sign_in("cashier")
    bus.answers["transactions.partner"] = Refused("actor_revoked")
    answer = client.get("/transactions/nouvelle")
    assert answer.status_code == 302
    assert answer.location == "/login/partner"
    assert "psl_session=; Expires=Thu, 01 Jan 1970" in answer.headers["Set-Cookie"]
    client.set_cookie("psl_session", "session-cashier")
    client.get("/")
    assert len(bus.called("identity.resolve_session")) == 2


@pytest.mark.parametrize("role", ["legal_representative", "manager", "accountant", "cashier"])
def test_a_page_that_could_do_without_the_answer_leads_to_sign_in_too(sign_in, bus, role) -> None:
    """The dashboard shows what it can; to a session that was closed elsewhere it shows nothing."""
    client = sign_in(role)
    bus.answers["conventions.own_convention"] = Refused("actor_revoked")
    answer = client.get("/tableau-de-bord")
    assert (answer.status_code, answer.location) == (302, "/login/partner")
