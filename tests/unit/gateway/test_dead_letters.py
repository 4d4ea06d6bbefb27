"""«Messages en échec»: all services' dead letters as one list; look, send again, drop."""

import json
from typing import Any

import pytest

from services.chassis.config import SERVICES
from services.chassis.refusals import Refused, Unavailable

PATH = "/caf/messages-en-echec"


def letter(number: int, service: str, **changed: Any) -> dict[str, Any]:
    return {
        "id": f"e-{number}", "service": service, "type": "structure_updated.v1", "fault": "KeyError", "attempts": 9,
        "origin": f"{service}.partners.structure_updated.v1", "since": f"2026-11-25T09:00:{number:02d}Z", **changed,
    }  # fmt: skip


@pytest.fixture
def administrator(sign_in, bus):
    bus.answers |= {f"{service}.dead_letters": {"items": []} for service in SERVICES}
    bus.answers["payouts.dead_letters"] = {"items": [letter(2, "payouts"), letter(3, "payouts")]}
    bus.answers["transactions.dead_letters"] = {"items": [letter(1, "transactions", type="", since="", id="raw-1")]}
    for service in ("payouts", "transactions"):
        bus.answers |= {f"{service}.replay_dead_letter": {}, f"{service}.drop_dead_letter": {}}
    return sign_in("administrator", "agent", kind="agent")


def test_all_letters_are_listed_with_cause_and_age(administrator) -> None:
    page = administrator.get(PATH).text
    assert all(text in page for text in ("Remboursements", "Pass et transactions", "KeyError", "Illisible", "raw-1"))


def test_nothing_failed_is_said(sign_in, bus) -> None:
    bus.answers |= {f"{service}.dead_letters": {"items": []} for service in SERVICES}
    client = sign_in("administrator", "agent", kind="agent")
    assert "tout ce qui a été annoncé est traité" in client.get(PATH).text


def test_a_service_that_is_away_is_named(administrator, bus) -> None:
    bus.answers["identity.dead_letters"] = Unavailable("silent")
    page = administrator.get(PATH).text
    assert "Comptes et droits" in page
    assert "ne répond pas pour le moment" in page
    assert "KeyError" in page


def test_one_letter_is_shown_with_what_it_says(administrator, bus) -> None:
    content = json.dumps({"id": "e-2", "data": {"name": "<b>"}}, indent=2)
    bus.answers["payouts.dead_letter"] = {**letter(2, "payouts"), "content": content}
    page = administrator.get(f"{PATH}/payouts/e-2").text
    assert "&lt;b&gt;" in page
    assert "payouts.partners.structure_updated.v1" in page


@pytest.mark.parametrize(("act", "method"), [("rejouer", "replay_dead_letter"), ("supprimer", "drop_dead_letter")])
def test_a_letter_is_sent_again_or_dropped(administrator, bus, act, method) -> None:
    answer = administrator.post(f"{PATH}/payouts/e-2/{act}")
    assert answer.headers["Location"].endswith(PATH)
    assert bus.called(f"payouts.{method}") == [{"letter_id": "e-2"}]


def test_all_letters_of_a_service_are_sent_again_once(administrator, bus) -> None:
    administrator.post(f"{PATH}/payouts/rejouer-tout")
    assert bus.called("payouts.replay_dead_letter") == [{"letter_id": "e-2"}, {"letter_id": "e-3"}]


def test_one_that_is_gone_is_said_so(administrator, bus) -> None:
    bus.answers["payouts.drop_dead_letter"] = Refused("dead_letter_unknown", {"id": "e-2"})
    administrator.post(f"{PATH}/payouts/e-2/supprimer")
    assert "n’est plus dans la liste" in administrator.get(PATH).text


def test_a_service_that_does_not_exist_is_not_found(administrator) -> None:
    assert administrator.post(f"{PATH}/nobody/e-2/rejouer").status_code == 404


def test_only_administrators_may_look(sign_in) -> None:
    assert sign_in("instructor", "agent", kind="agent").get(PATH).status_code == 403
