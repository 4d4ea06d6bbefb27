"""Identifiers: what is written right is accepted, one wrong character is found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.partners.domain.identifiers import (
    LA_POSTE_SIREN,
    grouped_siret,
    is_iban_shape,
    is_postcode,
    is_rna,
    is_siret,
    luhn_holds,
    masked_iban,
    naf_code,
    plain,
)


def with_luhn(digits: str) -> str:
    """The digits and the one that makes Luhn's sum right, by trying them: an independent definition."""
    return next(digits + last for last in "0123456789" if luhn_holds(digits + last))


def siret_of(siren_head: str, nic_head: str) -> str:
    return with_luhn(with_luhn(siren_head) + nic_head)


digits = st.text("0123456789", min_size=1)
sirets = st.builds(
    siret_of,
    st.text("0123456789", min_size=8, max_size=8).filter(lambda text: int(text) > 0),
    st.text("0123456789", min_size=4, max_size=4),
)


@pytest.mark.parametrize("known", ["73282932000074", "55210055400013", "40483304800022", "35600000000048"])
def test_accepts_sirets_that_exist(known):
    assert is_siret(known)


@given(sirets)
def test_accepts_every_siret_with_two_luhn_digits(siret):
    assert is_siret(siret)


@given(sirets.filter(lambda siret: not siret.startswith(LA_POSTE_SIREN)), st.integers(0, 13), st.integers(1, 9))
def test_one_wrong_digit_of_a_siret_is_found(siret, place, shift):
    wrong = str((int(siret[place]) + shift) % 10)
    assert not is_siret(siret[:place] + wrong + siret[place + 1 :])


@given(st.text(max_size=20).filter(lambda text: not (text.isascii() and text.isdigit() and len(text) == 14)))
def test_what_isnt_fourteen_digits_is_no_siret(text):
    assert not is_siret(text)


def test_fourteen_zeros_are_no_siret():
    assert not is_siret("0" * 14)


@given(st.integers(0, 99999))
def test_la_postes_establishments_add_up_to_a_multiple_of_five(nic):
    siret = f"{LA_POSTE_SIREN}{nic:05d}"
    expected = sum(map(int, siret)) % 5 == 0 or luhn_holds(siret)
    assert is_siret(siret) == expected


def test_la_postes_rule_is_for_la_poste_only():
    assert is_siret("35600000000001") and not luhn_holds("35600000000001")
    assert sum(map(int, "73282932000004")) % 5 == 0 and not is_siret("73282932000004")


@given(st.from_regex(r"W[0-9]{9}", fullmatch=True))
def test_accepts_every_rna(rna):
    assert is_rna(rna)


@given(st.text(max_size=12).filter(lambda text: not (len(text) == 10 and text[0] == "W")))
def test_what_isnt_w_and_nine_digits_is_no_rna(text):
    assert not is_rna(text)


def test_digits_of_other_scripts_are_no_rna():
    assert not is_rna("W" + "١" * 9)


@pytest.mark.parametrize(
    ("typed", "code"), [("9312Z", "93.12Z"), ("93.12z", "93.12Z"), (" 85 51 Z", "85.51Z"), ("93.1Z", None), ("", None)]
)
def test_a_naf_code_is_written_as_insee_does(typed, code):
    assert naf_code(typed) == code


@pytest.mark.parametrize(
    ("text", "right"), [("93000", True), ("97400", True), ("00100", False), ("9300", False), ("93000 ", False)]
)
def test_a_postcode_has_five_digits(text, right):
    assert is_postcode(text) is right


def iban_of(country: str, bban: str) -> str:
    """The IBAN of an account, ISO 13616 check digits computed."""
    number = int("".join(str(int(char, 36)) for char in bban + country + "00"))
    return f"{country}{98 - number % 97:02d}{bban}"


ibans = st.builds(iban_of, st.sampled_from(["FR", "DE", "BE", "ES"]), st.text("0123456789", min_size=12, max_size=24))


@given(ibans)
def test_accepts_every_iban_with_right_check_digits(iban):
    assert is_iban_shape(iban)


@given(ibans, st.integers(0, 40), st.integers(1, 9))
def test_one_wrong_digit_of_an_iban_is_found(iban, place, shift):
    place = 4 + place % (len(iban) - 4)
    wrong = str((int(iban[place]) + shift) % 10)
    assert not is_iban_shape(iban[:place] + wrong + iban[place + 1 :])


@given(ibans)
def test_a_masked_iban_shows_eight_characters_of_it(iban):
    shown = masked_iban(iban).replace("•", "").replace(" ", "")
    assert shown == iban[:4] + iban[-4:]


def test_a_siret_is_grouped_as_insee_prints_it():
    assert grouped_siret("73282932000074") == "732 829 320 00074"


@pytest.mark.parametrize(
    ("one", "other"),
    [("Épinay-sur-Seine", "EPINAY SUR SEINE"), ("L’Île-Saint-Denis", "l'ile saint denis"), ("Nœux", "noeux")],
)
def test_names_are_compared_without_accents_and_punctuation(one, other):
    assert plain(one) == plain(other)
