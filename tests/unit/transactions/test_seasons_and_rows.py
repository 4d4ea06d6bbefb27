"""Who gets how much, and what makes a line of a file wrong."""

from datetime import date

import pytest

from services.transactions.domain.ledger import BUDGET, PASS, move
from services.transactions.domain.refusals import ValidationFailed
from services.transactions.domain.rows import HeadingsWrong, RowRefused, plain, read_headings, read_row
from services.transactions.domain.seasons import AmountRule, amount_for, check_dates, check_rules

LOW = AmountRule(10_000, min_age=6, max_age=17, max_quotient=600)
HIGH = AmountRule(5_000, min_age=6, max_age=17, min_quotient=601)
DAY = date(2026, 9, 1)


@pytest.mark.parametrize(
    ("birth_on", "quotient", "amount_cents"),
    [
        (date(2016, 5, 5), 600, 10_000),
        (date(2016, 5, 5), 601, 5_000),
        (date(2016, 5, 5), None, None),
        (date(2020, 9, 1), 100, 10_000),
        (date(2020, 9, 2), 100, None),
        (date(2008, 9, 2), 100, 10_000),
        (date(2008, 9, 1), 100, None),
    ],
)
def test_amounts_follow_age_and_quotient(birth_on, quotient, amount_cents):
    assert amount_for([LOW, HIGH], birth_on, DAY, quotient) == amount_cents


def test_rules_leave_no_child_with_two_amounts():
    check_rules([LOW, HIGH])
    with pytest.raises(ValidationFailed) as refused:
        check_rules([LOW, AmountRule(1, min_age=17, max_age=18, min_quotient=600)])
    assert "se recouvrent" in refused.value.fields["errors"]["amount_rules"][0]


@pytest.mark.parametrize("rules", [[], [AmountRule(0)], [AmountRule(1, min_age=9, max_age=8)]])
def test_rules_must_make_sense(rules):
    with pytest.raises(ValidationFailed):
        check_rules(rules)


def test_a_season_ends_after_it_starts():
    check_dates(DAY, DAY)
    with pytest.raises(ValidationFailed):
        check_dates(DAY, date(2026, 8, 31))


@pytest.mark.parametrize(("starts_on", "ends_on"), [(date(26, 9, 1), DAY), (DAY, date(9999, 12, 31))])
def test_a_season_lies_in_years_that_calendars_know(starts_on, ends_on):
    with pytest.raises(ValidationFailed):
        check_dates(starts_on, ends_on)


def test_a_movement_sums_to_zero():
    entries = move((BUDGET, "s"), (PASS, "p"), 500)
    assert sum(entry.amount_cents for entry in entries) == 0
    with pytest.raises(ValueError, match="positive"):
        move((BUDGET, "s"), (PASS, "p"), 0)


HEADINGS = ["Matricule", "Identifiant Enfant", "NOM", "Prénom", "Date de naissance", "Quotient familial", "E-mail"]
CELLS = ["1234567A", "E-1", "Diallo", "Awa", "05/05/2016", "734,50", "Famille@Example.org"]


def test_headings_are_found_whatever_their_dress_and_order():
    columns = read_headings(HEADINGS[::-1])
    row = read_row(CELLS[::-1], columns)
    assert (row.last_name, row.birth_on, row.quotient) == ("Diallo", date(2016, 5, 5), 734)
    assert row.email == "famille@example.org"


def test_missing_headings_are_named():
    with pytest.raises(HeadingsWrong) as wrong:
        read_headings(["nom", "prénom"])
    assert "e-mail" in wrong.value.missing and "quotient familial" not in wrong.value.missing


@pytest.mark.parametrize(
    ("column", "text", "reason"),
    [
        (2, "", "nom : manquant"),
        (4, "31/02/2016", "date de naissance"),
        (4, "mai 2016", "date de naissance"),
        (5, "beaucoup", "quotient familial"),
        (6, "famille@", "e-mail"),
        (6, "a@b.fr,c@d.fr", "e-mail"),
        (0, "=1+1", "matricule allocataire"),
        (3, "A" * 101, "prénom"),
        (3, "A\x07", "prénom"),
    ],
)
def test_a_wrong_cell_is_told(column, text, reason):
    cells = [*CELLS[:column], text, *CELLS[column + 1 :]]
    with pytest.raises(RowRefused) as refused:
        read_row(cells, read_headings(HEADINGS))
    assert any(reason in told for told in refused.value.reasons)


def test_every_reason_is_told_at_once():
    with pytest.raises(RowRefused) as refused:
        read_row(["", "", "", "", "", "", ""], read_headings(HEADINGS))
    assert len(refused.value.reasons) == 6


@pytest.mark.parametrize("text", ["2016-05-05", "05.05.2016", "05-05-2016"])
def test_usual_ways_to_write_a_day(text):
    assert read_row([*CELLS[:4], text, *CELLS[5:]], read_headings(HEADINGS)).birth_on == date(2016, 5, 5)


def test_names_are_searched_without_accents():
    assert plain("  D'Éléphant-Noël ") == plain("d elephant noel")
