"""How often one terminal may ask (INTERFACES: 50 a second, bursts of 200): each has a bucket of its own."""

import pytest

from gateway.terminal.v1 import limits
from gateway.terminal.v1.problems import Problem


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def buckets(clock: Clock) -> limits.Buckets:
    return limits.Buckets(*limits.PER_TERMINAL, now=clock)


def taken(buckets: limits.Buckets, key: str, tries: int) -> int:
    return sum(1 for _ in range(tries) if not buckets.take(key))


def test_a_burst_of_200_then_50_a_second(buckets: limits.Buckets, clock: Clock) -> None:
    assert taken(buckets, "one", 500) == 200
    clock.now += 1
    assert taken(buckets, "one", 500) == 50
    clock.now += 3600
    assert taken(buckets, "one", 500) == 200


def test_one_that_asks_too_much_takes_nothing_from_another(buckets: limits.Buckets) -> None:
    taken(buckets, "one", 500)
    assert buckets.take("other") == 0


def test_ten_pairings_a_minute_and_address(clock: Clock) -> None:
    pairings = limits.Buckets(*limits.PAIRING, now=clock)
    assert taken(pairings, "192.0.2.1", 50) == 10
    clock.now += 60
    assert taken(pairings, "192.0.2.1", 50) == 10


def test_who_is_turned_away_is_told_when_to_come_back(buckets: limits.Buckets) -> None:
    for _ in range(200):
        limits.check(buckets, "one")
    with pytest.raises(Problem) as problem:
        limits.check(buckets, "one")
    assert problem.value.code == "rate_limited"


def test_the_api_answers_429_with_its_code(visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the gateway, as a device sees it."""
    monkeypatch.setattr(limits, "pairings", limits.Buckets(0.001, 1.0))
    body = {"pairing_code": "ABCD-EFGH", "device": {"name": "Pixel"}}
    answers = [visitor.post("/api/v1/terminals/pair", json=body) for _ in range(2)]
    assert answers[0].status_code != 429
    assert answers[1].status_code == 429
    assert answers[1].json["code"] == "rate_limited"
    assert int(answers[1].headers["Retry-After"]) >= 1
