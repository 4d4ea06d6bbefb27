"""Who may see what, and what happens to those who may not."""

import pytest
from flask import Flask

from gateway.access import allow, safe_next
from services.chassis import actor
from services.chassis.refusals import Unavailable


def test_every_route_states_who_may_use_it(app: Flask) -> None:
    silent = [
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if not rule.rule.startswith("/api/") and not getattr(app.view_functions[rule.endpoint], "allowed_roles", None)
    ]
    assert silent == []


def test_a_route_without_a_role_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="role"):
        allow()


def test_wrong_role_gets_a_page_that_says_so(sign_in) -> None:
    answer = sign_in("accountant").get("/transactions/nouvelle")
    assert answer.status_code == 403
    assert "Cette page ne vous est pas ouverte" in answer.text


def test_session_is_resolved_once_and_remembered(sign_in, bus) -> None:
    client = sign_in("instructor")
    assert client.get("/caf").status_code == 200
    assert client.get("/caf").status_code == 200
    assert len(bus.called("identity.resolve_session")) == 1


def test_session_is_not_remembered_past_the_life_of_its_actor_token(sign_in, bus) -> None:
    client = sign_in("instructor", actor_expires_at="2020-01-01T00:00:00+00:00")
    client.get("/caf")
    client.get("/caf")
    assert len(bus.called("identity.resolve_session")) == 2


def test_identity_out_of_reach_is_said_and_not_taken_for_a_visitor(sign_in, bus) -> None:
    client = sign_in("instructor")
    bus.answers["identity.resolve_session"] = Unavailable("identity did not answer in time")
    assert client.get("/caf").status_code == 503


def test_calls_of_a_visitor_carry_a_token_signed_by_the_gateway(visitor, bus) -> None:
    for service in ("identity", "partners", "conventions", "transactions", "payouts"):
        bus.answers[f"{service}.ready"] = {}
    assert visitor.get("/readyz").status_code == 200
    spoken_for = actor.verify(bus.calls[0][2])
    assert (spoken_for.issuer, spoken_for.roles) == ("gateway", frozenset({"visitor"}))


def test_calls_of_a_person_carry_the_persons_token(sign_in, bus) -> None:
    client = sign_in("cashier")
    client.get("/transactions/nouvelle")
    assert [token for name, _arguments, token in bus.calls if name == "transactions.partner"] == ["actor-token"]


@pytest.mark.parametrize(
    "target", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:x", "", None]
)
def test_only_paths_of_this_site_are_come_back_to(target: str | None) -> None:
    assert safe_next(target, "/accueil") == "/accueil"


def test_a_path_of_this_site_is_come_back_to() -> None:
    assert safe_next("/transactions/?state=paid", "/") == "/transactions/?state=paid"
