"""Amounts, dates and states, as people read them."""

from datetime import UTC, date, datetime

import pytest
from flask import Flask
from flask_babel import force_locale

from gateway import formatting
from gateway.statuses import STATUSES
from gateway.typography import typographic

NNBSP, NBSP = "\u202f", "\u00a0"


@pytest.fixture(autouse=True)
def in_request(app: Flask):
    with app.test_request_context():
        yield


@pytest.mark.parametrize(
    ("cents", "shown"),
    [
        (0, f"0,00{NBSP}€"),
        (5, f"0,05{NBSP}€"),
        (123450, f"1{NNBSP}234,50{NBSP}€"),
        (-2000, f"−20,00{NBSP}€"),
        (9007199254740993, f"90{NNBSP}071{NNBSP}992{NNBSP}547{NNBSP}409,93{NBSP}€"),
        (None, "–"),
    ],
)
def test_euros(cents: int | None, shown: str) -> None:
    assert formatting.euros(cents) == shown


def test_instants_are_shown_in_paris_time() -> None:
    assert formatting.instant("2026-07-01T22:30:00+00:00") == "02/07/2026 à 00:30"
    assert formatting.instant(datetime(2026, 12, 31, 23, 30, tzinfo=UTC)) == "01/01/2027 à 00:30"
    assert formatting.clock_time("2026-10-25T01:30:00+00:00") == "02:30"


def test_days_of_instants_are_those_of_paris() -> None:
    assert formatting.day("2026-12-31T23:30:00+00:00") == "1er janvier 2027"
    assert formatting.day(date(2026, 11, 24), "weekday") == "mardi 24 novembre 2026"
    assert formatting.day("2026-11-24", "short") == "24/11/2026"


@pytest.mark.parametrize(
    ("form", "first", "eleventh"),
    [
        ("long", "1er décembre 2026", "11 décembre 2026"),
        ("weekday", "mardi 1er décembre 2026", "vendredi 11 décembre 2026"),
        ("d MMM", "1er déc.", "11 déc."),
        ("short", "01/12/2026", "11/12/2026"),
        ("MMMM yyyy", "décembre 2026", "décembre 2026"),
    ],
)
def test_the_first_of_a_month_is_an_ordinal_wherever_the_month_is_named(form: str, first: str, eleventh: str) -> None:
    assert (formatting.day("2026-12-01", form), formatting.day("2026-12-11", form)) == (first, eleventh)


def test_an_instant_with_its_month_in_words_has_the_ordinal_too() -> None:
    assert formatting.instant("2026-12-01T09:00:00+00:00", "long") == "1er décembre 2026 à 10:00"
    assert formatting.instant("2026-12-01T09:00:00+00:00") == "01/12/2026 à 10:00"


def test_english_counts_the_first_as_it_does() -> None:
    with force_locale("en"):
        assert formatting.day("2026-12-01") == "1 December 2026"


def test_nothing_is_a_dash() -> None:
    assert [formatting.day(None), formatting.instant(""), formatting.grouped(None), formatting.file_size(None)] == [
        "–"
    ] * 4


def test_sizes_and_codes() -> None:
    assert formatting.file_size(412_000) == "412 Ko"
    assert formatting.file_size(1_300_000) == "1,3 Mo"
    assert formatting.grouped("abcd-efghjklm") == "abcd efgh jklm"


def test_a_badge_has_words_and_a_tone() -> None:
    assert formatting.status("paid", "transaction") == '<span class="badge" data-tone="good">Remboursée</span>'


def test_an_unknown_state_is_shown_as_it_is_and_escaped() -> None:
    assert formatting.status("<b>", "transaction") == '<span class="badge" data-tone="neutral">&lt;b&gt;</span>'


def test_tones_are_those_that_the_style_sheet_knows() -> None:
    tones = {shown.tone for states in STATUSES.values() for shown in states.values()}
    assert tones <= {"neutral", "waiting", "good", "bad", "muted"}


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("cliquez sur « SUIVANT »", f"cliquez sur «{NBSP}SUIVANT{NBSP}»"),
        ("Attention : lisez !", f"Attention{NBSP}: lisez{NNBSP}!"),
        ("Comment ça marche ?", f"Comment ça marche{NNBSP}?"),
        ("entre 10 et 1 000 caractères", f"entre 10 et 1{NNBSP}000 caractères"),
        ("100 % numérique, 12 €", f"100{NBSP}% numérique, 12{NBSP}€"),
        ("Étape 3 %(name)s", "Étape 3 %(name)s"),
        ("à 12:30, http://x.fr/?a=1", "à 12:30, http://x.fr/?a=1"),
        ("10 Mo au plus, à 20 km", f"10{NBSP}Mo au plus, à 20{NBSP}km"),
        ("n° %(number)s", f"n°{NBSP}%(number)s"),
    ],
)
def test_french_spaces_do_not_break(written: str, shown: str) -> None:
    assert typographic(written) == shown


def test_texts_of_pages_are_typographic_in_french_only(visitor) -> None:
    assert f"Comment ça marche{NNBSP}?" in visitor.get("/").text
    visitor.get("/langue/en")
    assert NNBSP not in visitor.get("/preferences").text


@pytest.mark.parametrize(
    ("number", "shown"),
    [("+33148000000", "01 48 00 00 00"), ("0639980012", "06 39 98 00 12"), ("+4420 7946 0958", "+44 20 7946 0958")],
)
def test_phone_numbers_as_people_say_them(number: str, shown: str) -> None:
    assert formatting.phone(number) == shown.replace(" ", NBSP)


@pytest.mark.parametrize("masked", ["+33 6 •• •• •• 12", "06 •• •• •• 12"])
def test_a_masked_number_reads_as_it_is_dialled(masked: str) -> None:
    assert formatting.phone(masked) == "06 •• •• •• 12".replace(" ", NBSP)


def test_what_is_no_phone_number_stays() -> None:
    assert [formatting.phone(None), formatting.phone("poste 12 bis")] == ["–", "poste 12 bis"]


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(None, 599, "0 à 599"), (600, None, "600 et plus"), (600, 999, "600 à 999"), (None, None, "tous")],
)
def test_a_range_is_told_in_words(low: int | None, high: int | None, words: str) -> None:
    assert formatting.bounds(low, high) == words
