"""The life of an application: what may happen when, and what is still missing."""

from itertools import product

import pytest

from services.partners.domain.application import (
    SAVED_STEPS,
    TRANSITIONS,
    Action,
    State,
    Step,
    allowed,
    changed_fields,
    check_version,
    missing_of,
    next_state,
    next_step,
)
from services.partners.domain.refusals import StaleVersion, TransitionRefused

HAPPY = {
    (State.DRAFT, Action.SUBMIT): State.SUBMITTED,
    (State.SUBMITTED, Action.TAKE): State.IN_REVIEW,
    (State.IN_REVIEW, Action.JUDGE): State.IN_REVIEW,
    (State.IN_REVIEW, Action.REQUEST_CORRECTION): State.CORRECTION_REQUESTED,
    (State.CORRECTION_REQUESTED, Action.RESUBMIT): State.IN_REVIEW,
    (State.IN_REVIEW, Action.APPROVE): State.APPROVED,
    (State.IN_REVIEW, Action.REJECT): State.REJECTED,
    (State.CORRECTION_REQUESTED, Action.REJECT): State.REJECTED,
}


@pytest.mark.parametrize(("state", "action"), HAPPY)
def test_each_allowed_transition_leads_where_it_should(state, action):
    assert next_state(state, action) is HAPPY[state, action]


@pytest.mark.parametrize(("state", "action"), [pair for pair in product(State, Action) if pair not in HAPPY])
def test_every_other_transition_is_refused(state, action):
    with pytest.raises(TransitionRefused) as refused:
        next_state(state, action)
    assert refused.value.fields == {"state": state.value, "action": action.value}


def test_the_table_holds_nothing_else():
    assert dict(TRANSITIONS) == HAPPY


@pytest.mark.parametrize("state", [State.APPROVED, State.REJECTED])
def test_a_decided_application_is_over(state):
    assert allowed(state) == set()


def test_a_draft_goes_on_at_the_first_step_never_saved():
    assert next_step([]) is Step.STRUCTURE_TYPE
    assert next_step([2, 3, 5]) is Step.REPRESENTATIVE
    assert next_step([2, 3, 4, 5, 6]) is Step.DATA_USE


def test_steps_never_saved_are_missing_in_order():
    assert [one.step for one in missing_of(None, [3], [])] == [2, 4, 5, 6]
    assert missing_of(None, SAVED_STEPS, []) == []


def test_who_has_not_seen_the_latest_version_is_refused():
    check_version(3, 3)
    with pytest.raises(StaleVersion):
        check_version(4, 3)


def test_an_empty_field_is_as_good_as_an_absent_one():
    assert changed_fields({"phone": None, "name": "A"}, {"name": "B"}) == ["name"]
