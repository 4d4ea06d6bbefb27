"""The RIB against what was typed: what a machine reads in its text, and what it tells the agent."""

import pytest

from services.partners.checks import ibans_in
from services.partners.domain.bank_account import compared_with_rib

IBAN = "FR7630006000011234567890189"
OTHER = "FR1420041010050500013M02606"
GERMAN = "DE89370400440532013000"


@pytest.mark.parametrize(
    "text",
    [
        f"IBAN : {IBAN}",
        "IBAN FR76 3000 6000 0112 3456 7890 189  BIC AGRIFRPP",
        "Titulaire CLUB\nFR76 3000 6000\n0112 3456 7890 189",
        "fr76 3000 6000 0112 3456 7890 189",
        f"TITULAIRE{IBAN}BICAGRIFRPP882",
    ],
)
def test_an_iban_is_read_however_it_is_spaced(text: str) -> None:
    assert ibans_in(text) == [IBAN]


def test_all_are_read_and_each_once() -> None:
    assert ibans_in(f"{IBAN} puis {OTHER} et {GERMAN}, encore {IBAN}") == [IBAN, OTHER, GERMAN]


@pytest.mark.parametrize(
    "text", ["", "Statuts de l'association", "FR76 3000 6000 0112 3456 7890 188", "FR76", "ZZ" + IBAN[2:]]
)
def test_what_is_no_iban_is_not_taken_for_one(text: str) -> None:
    assert ibans_in(text) == []


@pytest.mark.parametrize(
    ("read", "tone"), [(None, "waiting"), ([], "waiting"), (["a"], "good"), (["b", "a"], "good"), (["b"], "bad")]
)
def test_the_agent_is_told_whether_they_agree(read: list[str] | None, tone: str) -> None:
    assert compared_with_rib("a", read)["tone"] == tone
