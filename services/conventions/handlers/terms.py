"""What time does to conventions: renewals are proposed, terms end, amendments replace."""

from datetime import timedelta
from typing import Any

from services.chassis.database import UnitOfWork
from services.chassis.ids import new_id
from services.conventions import messages, repository, text_files
from services.conventions.domain import states, texts
from services.conventions.domain.evidence import GENESIS
from services.conventions.domain.refusals import (
    AmendmentPending,
    NotApproved,
    NotInForce,
    TextUpToDate,
    TransitionRefused,
)
from services.conventions.domain.states import ConventionState, Kind
from services.conventions.handlers import deciding, preparing
from services.conventions.models import Convention

RENEW_BEFORE = timedelta(days=60)  # the text, article 10: two months before the term
AT_ONCE = 500


def amend(uow: UnitOfWork, *, convention_id: str) -> dict[str, Any]:
    """Propose the newest text to a partner: a new convention to sign, which replaces this one once both have signed.
    Raises ConventionUnknown, NotInForce, AmendmentPending, TextUpToDate."""
    found = repository.by_id(uow.session, convention_id, lock=True)
    if found.text_version == texts.in_effect(text_files.all_texts().values(), uow.today).version:
        raise TextUpToDate(text_version=found.text_version)
    return {"convention_id": _successor(uow, found, Kind.AMENDMENT).id}


def amend_all(uow: UnitOfWork) -> dict[str, Any]:
    """Propose the newest text to every partner whose convention in force has an older one and who has nothing else to
    sign: ``{"proposed"}``, 500 at most in one go."""
    newest = texts.in_effect(text_files.all_texts().values(), uow.today).version
    found = repository.with_older_text(uow.session, newest, uow.today, AT_ONCE)
    for convention in found:
        _successor(uow, convention, Kind.AMENDMENT)
    return {"proposed": len(found)}


def _successor(uow: UnitOfWork, before: Convention, kind: Kind) -> Convention:
    """A convention to sign that replaces one in force; its application needs no new approval."""
    if not states.in_force(before.state, before.effective_on, before.ends_on, uow.today) or before.replaced_by_id:
        raise NotInForce
    if repository.open_of(uow.session, before.structure_id) is not None:
        raise AmendmentPending
    return _made(uow, before, kind)


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
    return {"convention_id": _made(uow, found, Kind.INITIAL).id}


def _made(uow: UnitOfWork, before: Convention, kind: Kind) -> Convention:
    made = Convention(
        id=new_id(),
        structure_id=before.structure_id,
        application_id=before.application_id,
        kind=kind.value,
        replaces_id=before.id,
        state=ConventionState.PREPARED.value,
        text_version=texts.in_effect(text_files.all_texts().values(), uow.today).version,
        prepared_at=uow.now,
        waiting_since=uow.now,
        approved_at=before.approved_at,
        partner_number=before.partner_number,
        chain_length=0,
        chain_head=GENESIS,
    )
    uow.session.add(made)
    uow.session.flush()
    preparing.announce_prepared(uow, made)
    return made


def prepare_renewals(uow: UnitOfWork) -> int:
    """Two months before its term, each convention gets a successor to sign; returns how many."""
    found = repository.ending(uow.session, uow.today, uow.today + RENEW_BEFORE, AT_ONCE)
    for convention in found:
        _successor(uow, convention, Kind.RENEWAL)
    return len(found)


def end_terms(uow: UnitOfWork) -> int:
    """Conventions whose last day is over end; the partner stays one if another has replaced it. Returns how many."""
    found = repository.ended(uow.session, uow.today, AT_ONCE)
    for convention in found:
        assert convention.ends_on is not None
        first_day_after = convention.ends_on + timedelta(days=1)
        if convention.replaced_by_id is not None:
            deciding.end(uow, convention, "Remplacée par une nouvelle convention", first_day_after)
            continue
        reason = "Terme échu sans renouvellement signé par les deux parties"
        deciding.end(uow, convention, reason, first_day_after)
        uow.publish(
            messages.ConventionTerminated,
            convention_id=convention.id,
            structure_id=convention.structure_id,
            effective_on=first_day_after,
            reason=reason,
        )
    return len(found)
