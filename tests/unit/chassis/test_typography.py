"""French dates and spaces, for pages, mails and documents alike."""

from datetime import date, timedelta
from pathlib import Path

import pytest

import gateway
from services.chassis import mail, typography
from services.chassis.typography import day_in_words, day_number, of

SOURCES = [Path(mail.SERVICES), Path(gateway.__path__[0])]


@pytest.mark.parametrize(
    ("on", "words"),
    [
        (date(2026, 9, 1), "1er septembre 2026"),
        (date(2026, 9, 2), "2 septembre 2026"),
        (date(2026, 9, 11), "11 septembre 2026"),
        (date(2026, 9, 21), "21 septembre 2026"),
        (date(2027, 2, 28), "28 février 2027"),
    ],
)
def test_a_date_in_words_has_the_ordinal_on_the_first_alone(on: date, words: str) -> None:
    assert day_in_words(on) == words


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Lina", "de Lina"), ("Inès", "d’Inès"), ("Élodie", "d’Élodie"), ("E\u0301va", "d’E\u0301va"),
        ("anna", "d’anna"),
        ("Œdipe", "d’Œdipe"), ("Yves", "d’Yves"), ("Yanis", "de Yanis"), ("Hugo", "de Hugo"), ("Ousmane", "d’Ousmane"),
        ("Y", "de Y"), ("", "de "), ("李", "de 李"),
    ],
)  # fmt: skip
def test_de_loses_its_vowel_before_another(name: str, shown: str) -> None:
    assert of(name) == shown


def test_each_day_of_a_year_is_told_in_its_own_words() -> None:
    year = [day_in_words(date(2026, 1, 1) + timedelta(days=count)) for count in range(365)]
    assert len(set(year)) == 365 and sum(words.startswith("1er ") for words in year) == 12


def test_the_days_of_a_month_have_one_ordinal() -> None:
    assert [day_number(day) for day in range(1, 32)] == ["1er", *map(str, range(2, 32))]


def test_mails_tell_days_the_same_way() -> None:
    assert mail.day(date(2026, 12, 1)) == "1er décembre 2026"


def test_nobody_else_names_the_months() -> None:
    """A second list would forget the ordinal one day."""
    sources = [path for folder in SOURCES for path in folder.rglob("*.py")]
    assert len(sources) > 100
    named = [path for path in sources if "février" in path.read_text(encoding="utf-8")]
    assert [path.name for path in named] == [Path(typography.__file__).name]
