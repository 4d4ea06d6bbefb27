"""Conventions that are proposed after the first: amendments, renewals, and another one after a refusal or an end."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from services.chassis.database import UnitOfWork
from services.conventions import repository, text_files
from services.conventions.domain import endings, states, texts
from services.conventions.domain.refusals import AmendmentPending, NotApproved, TextUpToDate, TransitionRefused
from services.conventions.domain.states import ConventionState, Kind
from services.conventions.handlers import succession
from services.conventions.models import Convention

RENEW_BEFORE = timedelta(days=60)  # the text, article 10: two months before the term
AT_ONCE = 500


def amend(uow: UnitOfWork, *, convention_id: str) -> dict[str, Any]:
    """Propose the newest text to a partner: a new convention to sign, which replaces this one once both have signed.
    Raises ConventionUnknown, NotInForce, AmendmentPending, TextUpToDate."""
    found = repository.by_id(uow.session, convention_id, lock=True)
    if found.text_version == texts.in_effect(text_files.all_texts().values(), uow.today).version:
        raise TextUpToDate(text_version=found.text_version)
    return {"convention_id": succession.successor(uow, found, Kind.AMENDMENT).id}


def amend_all(uow: UnitOfWork) -> dict[str, Any]:
    """Propose the newest text to every partner whose convention in force has an older one and who has nothing else to
    sign: ``{"proposed"}``, 500 at most in one go."""
    newest = texts.in_effect(text_files.all_texts().values(), uow.today).version
    found = repository.with_older_text(uow.session, newest, uow.today, AT_ONCE)
    for convention in found:
        succession.successor(uow, convention, Kind.AMENDMENT)
    return {"proposed": len(found)}


def prepare_again(uow: UnitOfWork, *, convention_id: str) -> dict[str, Any]:
    """After a refusal or an end, another convention to sign for the same approved application, under the same partner
    number, with the facts of today. Raises ConventionUnknown, TransitionRefused, NotApproved, AmendmentPending."""
    family = repository.family_of(uow.session, convention_id)
    found = next(one for one in family if one.id == convention_id)
    before, kind = followed(found, family, uow.today)
    return {"convention_id": succession.following(uow, before, kind).id}


def followed(found: Convention, family: Sequence[Convention], today: date) -> tuple[Convention, Kind]:
    """What another convention prepared from ``found`` would follow, and as what: a refused amendment or renewal is
    proposed once more while what it was to replace binds; else the structure begins anew. ``family``: all conventions
    of the structure, the newest first. Raises TransitionRefused, NotApproved, AmendmentPending."""
    if found.state not in states.OVER:
        raise TransitionRefused(state=found.state, act="prepare_again")
    if found.approved_at is None:
        raise NotApproved
    if any(one.state in states.OPEN for one in family):
        raise AmendmentPending
    living = [one for one in family if _lives(one, today)]
    if not living:
        signed = (one for one in family if one.activated_at is not None)
        return next(signed, found), Kind.INITIAL
    if [found.replaces_id] != [one.id for one in living] or living[0].state != ConventionState.ACTIVE:
        raise TransitionRefused(state=found.state, act="prepare_again")
    return living[0], Kind(found.kind)


def _lives(one: Convention, today: date) -> bool:
    return one.state == ConventionState.ACTIVE or endings.pending(one.state, one.terminated_on, today)


def prepare_renewals(uow: UnitOfWork) -> int:
    """Two months before its term, each convention gets a successor to sign; returns how many."""
    found = repository.ending(uow.session, uow.today, uow.today + RENEW_BEFORE, AT_ONCE)
    for convention in found:
        succession.successor(uow, convention, Kind.RENEWAL)
    return len(found)
