"""Addresses, states, masks, pairing codes, reminders."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity import contact
from services.identity.domain import accounts, reminders, terminals, transfers
from services.identity.domain.accounts import State
from services.identity.domain.refusals import TransferDecided
from services.identity.domain.reminders import Waiting
from services.identity.domain.transfers import TransferState

AT = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("typed", ["Ada@Exemple.fr", " ada@exemple.fr ", "ADA@EXEMPLE.FR"])
def test_case_and_blanks_make_no_other_address(typed):
    assert accounts.normalise_email(typed) == "ada@exemple.fr"


@given(st.emails())
def test_comparing_twice_changes_nothing(email):
    once = accounts.normalise_email(email)
    assert accounts.normalise_email(once) == once


@pytest.mark.parametrize(
    "typed", ["", "ada", "ada@", "@exemple.fr", "ada@exemple", "a b@exemple.fr", "a@b.fr\nBcc: c@d.fr"]
)
def test_what_is_no_address_is_refused(typed):
    with pytest.raises(ValueError, match="adresse e-mail"):
        contact.email(typed)


@pytest.mark.parametrize(
    ("typed", "known"),
    [
        ("06 12 34 56 78", "+33612345678"),
        ("+33 (0)7.81.22.33.44", "+33781223344"),
        ("0692 12 34 56", "+262692123456"),
        ("0696 12 34 56", "+596696123456"),
        ("0694 20 00 00", "+594694200000"),
    ],
)
def test_french_mobiles_overseas_included(typed, known):
    assert contact.mobile(typed) == known


@pytest.mark.parametrize("typed", ["", "01 42 00 00 00", "06 12", "+49 1512 3456789", "0800 000 000", "bonjour"])
def test_what_is_no_french_mobile_is_refused(typed):
    with pytest.raises(ValueError, match="téléphone portable"):
        contact.mobile(typed)


def test_a_phone_is_shown_by_its_ends():
    assert accounts.mask_phone("+33612345678") == "+33 6 •• •• •• 78"


def test_a_provisional_password_lasts_fourteen_days():
    assert not accounts.provisional_expired(AT, AT + timedelta(days=14) - timedelta(seconds=1))
    assert accounts.provisional_expired(AT, AT + timedelta(days=14))


@pytest.mark.parametrize("state", list(State))
def test_only_the_drawn_transitions_are_allowed(state):
    for to in State:
        if to in accounts.TRANSITIONS[state]:
            assert accounts.move(state, to) is to
        else:
            with pytest.raises(accounts.TransitionRefused):
                accounts.move(state, to)


def test_a_decided_transfer_stays_decided():
    assert transfers.move(TransferState.REQUESTED, TransferState.APPROVED) is TransferState.APPROVED
    for state in set(TransferState) - {TransferState.REQUESTED}:
        for to in TransferState:
            with pytest.raises(TransferDecided):
                transfers.move(state, to)


def test_pairing_codes_are_read_as_typed_or_from_the_qr():
    code = terminals.pairing_code()
    plain = code.replace("-", "")
    assert len(plain) == 8
    for typed in (code, code.lower(), f" {plain} ", f"https://x.example/terminal#pairing={code}"):
        assert terminals.normalise_pairing_code(typed) == plain


@pytest.mark.parametrize("kind", list(Waiting))
def test_reminders_come_later_and_later_and_end(kind):
    rule = reminders.RULES[kind]
    due = [reminders.next_reminder(kind, AT, sent) for sent in range(rule.times)]
    assert due == sorted(due)
    assert due[0] == AT + rule.first
    assert reminders.next_reminder(kind, AT, rule.times) is None


def test_an_operator_writes_other_numbers_for_reminders():
    table = reminders.rules("review=3/7x2 signature=1/1x0")
    due = [reminders.next_reminder(Waiting.REVIEW, AT, sent, table) for sent in range(3)]
    assert due == [AT + timedelta(days=3), AT + timedelta(days=10), None]
    assert reminders.next_reminder(Waiting.SIGNATURE, AT, 0, table) is None
    assert table[Waiting.CORRECTION] == reminders.RULES[Waiting.CORRECTION]
    assert reminders.rules("") == reminders.RULES


@pytest.mark.parametrize("written", ["review", "review=3/7", "lunch=1/1x1", "review=a/7x2", "review=3/7x2;"])
def test_a_slip_in_the_reminders_is_told(written):
    with pytest.raises(ValueError, match="is not a reminder"):
        reminders.rules(written)
