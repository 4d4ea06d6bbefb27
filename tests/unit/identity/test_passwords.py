"""The rule for passwords (CNIL 2022, case 2) and the provisional ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity import hashing
from services.identity.domain import passwords
from services.identity.domain.accounts import provisional_password


def problems(password, *own_words):
    return passwords.problems(password, is_listed=hashing.is_common, own_words=own_words)


@pytest.mark.parametrize(
    "password",
    [
        "Trois-Chevaux-Bleus",
        "correct horse battery staple",
        "éléphant mauve à pois",
        "8Kz!pQ2#vL9w",
        "4951 7203 8846 1597",
    ],
)
def test_accepts_what_is_long_and_varied(password):
    assert problems(password) == []


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("Court-1!", "au moins 12"),
        ("", "au moins 12"),
        ("x" * 129, "dépasser 128"),
        ("aaaaaaaaaaaaaaaa", "courant"),
        ("abcabcabcabcabc", "courant"),
        ("qwerty123456", "courant"),
        ("Qwerty123456!", "courant"),
        ("LEAVEMEALONE2024", "courant"),
        ("123456789012345678", "facile"),
        ("abcdefghijklmnop", "facile"),
        ("fedcba9876543210", "facile"),
        ("495172038846", "facile"),
    ],
)
def test_refuses_what_is_short_common_or_regular(password, said):
    assert said in problems(password)[0]


def test_refuses_ones_own_name_and_address():
    assert "votre nom" in problems("Martin-2026!!", "Martin")[0]
    assert "votre nom" in problems("ada.martin@x1", "ada.martin@exemple.fr", "ada.martin")[0]
    assert problems("Martin-pêcheur-au-bord-de-l'eau", "Martin") == []


def test_twelve_lower_case_letters_reach_fifty_bits_and_twelve_digits_do_not():
    assert passwords.bits("kqzvmwtrnpxe") >= passwords.MIN_BITS
    assert passwords.bits("739164820573") < passwords.MIN_BITS


@given(st.text(max_size=200))
def test_never_fails_whatever_is_typed(password):
    assert all(isinstance(problem, str) for problem in problems(password))


@given(st.text(min_size=12, max_size=128))
def test_what_passes_has_the_bits(password):
    if not problems(password):
        assert passwords.bits(passwords.normalise(password)) >= passwords.MIN_BITS


def test_the_same_letter_typed_on_two_keyboards_is_the_same_password():
    assert passwords.normalise("e\u0301le\u0301phant") == passwords.normalise("éléphant")


def test_provisional_passwords_are_random_and_pass_the_rule():
    made = {provisional_password() for _ in range(500)}
    assert len(made) == 500
    assert not [password for password in made if problems(password)]
