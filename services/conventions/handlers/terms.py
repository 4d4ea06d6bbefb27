"""Conventions that are proposed after the first: amendments, renewals, and another one after a refusal."""

from datetime import timedelta
from typing import Any

from services.chassis.database import UnitOfWork
from services.conventions import repository, text_files
from services.conventions.domain import texts
from services.conventions.domain.refusals import AmendmentPending, NotApproved, TextUpToDate, TransitionRefused
from services.conventions.domain.states import ConventionState, Kind
from services.conventions.handlers import succession

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
    """After a refusal, another convention to sign for the same approved application, with the facts of today. Raises
    ConventionUnknown, TransitionRefused, NotApproved, AmendmentPending."""
    found = repository.by_id(uow.session, convention_id, lock=True)
    if found.state != ConventionState.REFUSED or found.kind != Kind.INITIAL:
        raise TransitionRefused(state=found.state, act="prepare_again")
    if found.approved_at is None:
        raise NotApproved
    newest = repository.newest_of(uow.session, found.structure_id)
    if newest is not None and newest.id != found.id:
        raise AmendmentPending
    return {"convention_id": succession.following(uow, found, Kind.INITIAL).id}


def prepare_renewals(uow: UnitOfWork) -> int:
    """Two months before its term, each convention gets a successor to sign; returns how many."""
    found = repository.ending(uow.session, uow.today, uow.today + RENEW_BEFORE, AT_ONCE)
    for convention in found:
        succession.successor(uow, convention, Kind.RENEWAL)
    return len(found)
