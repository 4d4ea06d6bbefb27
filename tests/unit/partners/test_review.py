"""The review: only what was refused reopens; approval needs everything accepted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.partners.catalogue import structure_types
from services.partners.domain.application import State
from services.partners.domain.refusals import (
    CorrectionsIncomplete,
    ItemLocked,
    ItemsRefused,
    NothingRefused,
    ReasonMissing,
    StaleRound,
    VerdictsMissing,
)
from services.partners.domain.review import (
    Item,
    Verdict,
    check_approval,
    check_correction_request,
    check_open,
    check_resubmission,
    check_verdict,
    expected_items,
    is_open,
)


def an_item(key="document:statutes", required=True, present=True, verdict=Verdict.PENDING, answered=False):
    return Item(key=key, label=key, required=required, present=present, verdict=verdict, answered=answered)


any_item = st.builds(
    an_item, st.just("document:x"), st.booleans(), st.booleans(), st.sampled_from(Verdict), st.booleans()
)


@given(any_item)
def test_what_was_accepted_stays_locked(item):
    if item.verdict is Verdict.ACCEPTED and item.present:
        assert not is_open(State.CORRECTION_REQUESTED, item)


@given(any_item)
def test_what_was_refused_reopens(item):
    if item.verdict is Verdict.REFUSED:
        assert is_open(State.CORRECTION_REQUESTED, item)


@given(any_item, st.sampled_from([State.SUBMITTED, State.IN_REVIEW, State.APPROVED, State.REJECTED]))
def test_nothing_is_open_unless_a_correction_is_asked(item, state):
    with pytest.raises(ItemLocked):
        check_open(state, item)


@given(any_item)
def test_everything_is_open_in_a_draft(item):
    check_open(State.DRAFT, item)


def test_a_document_that_a_corrected_type_demands_is_open():
    check_open(State.CORRECTION_REQUESTED, an_item(present=False))


def test_a_refusal_says_why():
    check_verdict(accepted=True, reason="", seen_round=1, round_=1)
    with pytest.raises(ReasonMissing):
        check_verdict(accepted=False, reason="  ", seen_round=1, round_=1)


def test_an_agent_who_looks_at_an_old_round_is_told():
    with pytest.raises(StaleRound):
        check_verdict(accepted=True, reason="", seen_round=1, round_=2)


def test_approval_wants_a_verdict_on_all_there_is():
    check_approval([an_item(verdict=Verdict.ACCEPTED), an_item(required=False, present=False)])
    with pytest.raises(VerdictsMissing) as missing:
        check_approval([an_item(verdict=Verdict.ACCEPTED), an_item("fields:structure")])
    assert missing.value.fields["missing"] == ["fields:structure"]
    with pytest.raises(ItemsRefused):
        check_approval([an_item(verdict=Verdict.REFUSED)])


def test_an_optional_document_that_is_there_needs_a_verdict_too():
    with pytest.raises(VerdictsMissing):
        check_approval([an_item(required=False)])


def test_a_correction_is_asked_for_something():
    with pytest.raises(NothingRefused):
        check_correction_request([an_item(), an_item(verdict=Verdict.ACCEPTED)])
    refused = an_item(verdict=Verdict.REFUSED)
    assert check_correction_request([an_item(), refused]) == [refused]


def test_all_that_was_refused_must_be_answered():
    with pytest.raises(CorrectionsIncomplete):
        check_resubmission([an_item(verdict=Verdict.REFUSED)])
    answered = an_item(verdict=Verdict.REFUSED, answered=True)
    assert check_resubmission([answered, an_item(verdict=Verdict.ACCEPTED)]) == [answered]


def test_a_refused_required_document_cant_be_answered_by_removing_it():
    with pytest.raises(CorrectionsIncomplete):
        check_resubmission([an_item(verdict=Verdict.REFUSED, answered=True, present=False)])


def test_a_refused_optional_document_may_be_removed():
    removed = an_item(verdict=Verdict.REFUSED, answered=True, present=False, required=False)
    assert check_resubmission([removed]) == [removed]


@pytest.mark.parametrize("code", list(structure_types()))
def test_each_type_has_its_groups_and_documents_to_judge(code):
    items = expected_items(structure_types()[code])
    groups = [key for key in items if key.startswith("fields:")]
    assert groups == [
        f"fields:{name}" for name in ("structure_type", "structure", "representative", "activities", "bank_account")
    ]
    assert {key for key in items if key.startswith("document:")} == {
        f"document:{document.kind}" for document in structure_types()[code].documents
    }
