"""Amounts as people type them, and refusals of services at their fields."""

import re

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from gateway.component_examples import ExampleForm, example_form_with_errors
from gateway.forms import EurosField, Form, PhoneField
from gateway.refusals import describe, tables
from gateway.typography import typographic
from services.chassis.refusals import Refused


class AmountForm(Form):
    amount = EurosField("Montant")


class ContactForm(Form):
    phone = PhoneField("Téléphone")


@pytest.fixture(autouse=True)
def in_request(app: Flask):
    with app.test_request_context(method="POST"):
        yield


@pytest.mark.parametrize(
    ("typed", "cents"),
    [
        ("12", 1200),
        ("12,5", 1250),
        ("12.50 €", 1250),
        (" 1 234,05 ", 123405),
        ("1\u202f234,00\u00a0€", 123400),
        ("0,01", 1),
    ],
)
def test_amounts_are_read_as_cents(typed: str, cents: int) -> None:
    assert AmountForm(MultiDict({"amount": typed})).amount.data == cents


@pytest.mark.parametrize("typed", ["douze", "12,505", "-3", "1e3", "12,", "99999999", "١٢"])
def test_what_is_no_amount_is_refused_and_kept_as_typed(typed: str) -> None:
    form = AmountForm(MultiDict({"amount": typed}))
    assert not form.validate()
    assert form.amount.data is None
    assert typed in form.amount()


def test_an_amount_in_cents_is_written_back_as_euros() -> None:
    assert 'value="12,05"' in AmountForm(formdata=None, amount=1205).amount()
    assert 'value="12"' in AmountForm(formdata=None, amount=1200).amount()


def test_errors_of_a_service_stand_at_their_fields_and_in_the_summary() -> None:
    form = example_form_with_errors()
    assert form.name.errors == ["Donnez le nom de la structure."]
    assert ("wrong-name", "Donnez le nom de la structure.") in form.listed_errors()


def test_errors_without_a_field_and_other_refusals_stand_at_the_top() -> None:
    form = ExampleForm()
    form.take_refusal(Refused("validation_failed", {"errors": {"elsewhere": {"0": ["Perdu."]}}}))
    form.take_refusal(Refused("not_allowed"))
    assert form.listed_errors() == [(None, "Perdu."), (None, "Votre compte ne permet pas cette action.")]


def test_refusals_say_their_fields_in_euros() -> None:
    said = describe(Refused("insufficient_balance", {"balance_cents": 2050}))
    assert said.status == 409
    assert "20,50" in said.text


def test_unknown_refusal_gets_a_general_sentence() -> None:
    assert describe(Refused("never_heard_of")).status == 409


def test_refusal_with_a_missing_field_still_speaks() -> None:
    assert "…" in describe(Refused("insufficient_balance", {})).text


def test_two_services_say_the_same_code_in_their_own_words() -> None:
    with_own_words = [name for name, table in tables().items() if "transition_refused" in table]
    for name in with_own_words:
        refused = Refused("transition_refused")
        refused.service = name
        assert describe(refused).text == typographic(tables()[name]["transition_refused"][1])


@pytest.mark.parametrize(
    ("status", "sentence"), [entry for table in tables().values() for _code, entry in sorted(table.items())]
)
def test_each_refusal_has_a_status_and_a_sentence(status: int, sentence: str) -> None:
    assert 400 <= status < 600
    assert sentence.strip().endswith((".", "?", "!", ")"))
    assert len(sentence) > 15


def test_the_summary_of_an_empty_form_names_each_field_once(visitor) -> None:
    page = visitor.post("/login/partner", data={}).text
    summary = page.partition('class="error-summary"')[2].partition("</div>")[0]
    assert "2 informations sont à corriger" in summary
    assert re.findall(r'<a href="#(\w+)">([^<]+)</a>', summary) == [
        ("login", "«\xa0Identifiant\xa0» est à remplir."),
        ("password", "«\xa0Mot de passe\xa0» est à remplir."),
    ]


@pytest.mark.parametrize(("kept", "shown"), [("+33148000000", "01 48 00 00 00"), ("", ""), (None, "")])
def test_a_number_is_shown_as_it_is_dialled(kept: str | None, shown: str) -> None:
    assert f'value="{shown}"' in ContactForm(formdata=None, data={"phone": kept}).phone()


def test_a_number_stays_as_it_was_typed() -> None:
    assert 'value="0148"' in ContactForm(MultiDict({"phone": "0148"})).phone()
