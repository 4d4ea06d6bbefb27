"""Links of families that nobody was given: told as gone, and slowed down when one address tries many."""

import pytest
from prometheus_client import REGISTRY

from services.chassis.refusals import Refused

FAMILY = {"email": "f…@example.org", "debit_mails": True, "passes": []}
UNKNOWN = {"REMOTE_ADDR": "192.0.2.7"}


@pytest.fixture(autouse=True)
def _links(bus) -> None:
    known = {"known": FAMILY}

    def family(arguments: dict) -> dict:
        if arguments["link"] not in known:
            raise Refused("link_unknown")
        return known[arguments["link"]]

    bus.answers["transactions.family"] = family
    bus.answers["transactions.renew_pass"] = Refused("link_unknown")


def refused(reason: str) -> float:
    return REGISTRY.get_sample_value("psl_family_links_refused_total", {"reason": reason}) or 0.0


def test_one_address_that_tries_many_links_is_slowed_down(visitor, bus) -> None:
    before = refused("unknown"), refused("limited")
    answers = [visitor.get(f"/pass/guess-{n}", environ_base=UNKNOWN) for n in range(22)]
    assert [answer.status_code for answer in answers] == [410] * 20 + [429] * 2
    assert len(bus.called("transactions.family")) == 20
    assert (refused("unknown"), refused("limited")) == (before[0] + 20, before[1] + 2)
    assert "Trop de liens inconnus" in answers[-1].text
    assert "dernier e-mail" in answers[-1].text
    assert answers[-1].headers["Retry-After"] == "60"


def test_every_way_of_using_a_link_counts(visitor) -> None:
    path = "/pass/guess/0192a0b0-0000-7000-8000-000000000001/renouveler"
    answers = [visitor.post(path, environ_base=UNKNOWN) for _ in range(20)]
    assert {answer.status_code for answer in answers} == {410}
    assert visitor.get("/pass/guess", environ_base=UNKNOWN).status_code == 429


def test_a_family_that_opens_its_page_often_is_not_counted(visitor) -> None:
    assert {visitor.get("/pass/known", environ_base=UNKNOWN).status_code for _ in range(30)} == {200}


def test_other_addresses_are_not_slowed_down(visitor) -> None:
    for n in range(21):
        visitor.get(f"/pass/guess-{n}", environ_base=UNKNOWN)
    assert visitor.get("/pass/known", environ_base=UNKNOWN).status_code == 429
    assert visitor.get("/pass/known", environ_base={"REMOTE_ADDR": "192.0.2.8"}).status_code == 200


def test_a_busy_moment_is_told_as_one(visitor) -> None:
    answers = (visitor.get("/pass/known", environ_base=UNKNOWN) for _ in range(2_000))
    limited = next(answer for answer in answers if answer.status_code == 429)
    assert "Trop de demandes à la fois" in limited.text


def test_what_is_no_link_at_all_is_gone_too(visitor, bus) -> None:
    bus.answers["transactions.family"] = Refused("validation_failed", {"errors": {"link": ["Trop long."]}})
    assert visitor.get("/pass/" + "x" * 201).status_code == 410
