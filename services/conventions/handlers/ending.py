"""How conventions end: by a decision, which can be withdrawn until its day, or by their last day."""

from datetime import date, timedelta

from services.chassis.database import UnitOfWork
from services.conventions import messages, repository
from services.conventions.domain import endings, states
from services.conventions.domain.evidence import Evidence
from services.conventions.domain.refusals import TerminationPending
from services.conventions.domain.states import Act, ConventionState, EndCause, Kind, RefusalCause
from services.conventions.handlers import chain, preparing, succession
from services.conventions.models import Convention

AT_ONCE = 500


def terminate(uow: UnitOfWork, *, convention_id: str, reason: str, effective_on: date) -> None:
    """End a structure's convention: from the business day ``effective_on`` on, scans are refused. Every other that both
    have signed and that would bind then ends with it, one that waits for signatures is refused; one announcement tells
    all of it. Raises ConventionUnknown, TransitionRefused, TerminationInThePast, TerminationAfterTerm,
    TerminationPending."""
    family = repository.family_of(uow.session, convention_id)
    found = next(one for one in family if one.id == convention_id)
    _check(uow, found, family, effective_on)
    for one in family:
        if one is found or _ends_too(one, effective_on):
            end(uow, one, reason, effective_on, EndCause.DECISION)
        elif one.state in states.OPEN:
            preparing.refuse(uow, one, reason, RefusalCause.TERMINATION)
    _announce_end(uow, found)


def _check(uow: UnitOfWork, found: Convention, family: list[Convention], effective_on: date) -> None:
    assert found.state != ConventionState.ACTIVE or found.ends_on is not None
    endings.check_termination(found.state, found.ends_on or date.max, effective_on, uow.today)
    decided = _decided_for(uow, family)
    if decided is not None:
        raise TerminationPending(effective_on=decided.isoformat())


def _decided_for(uow: UnitOfWork, family: list[Convention]) -> date | None:
    """The day of the termination that is decided and hasn't come."""
    days = (one.terminated_on for one in family if endings.pending(one.state, one.terminated_on, uow.today))
    return next(days, None)


def _ends_too(one: Convention, effective_on: date) -> bool:
    return one.state == ConventionState.ACTIVE and one.ends_on is not None and endings.falls(one.ends_on, effective_on)


def end(uow: UnitOfWork, found: Convention, reason: str, effective_on: date, cause: EndCause) -> None:
    """The transition itself, on record. Raises TransitionRefused."""
    found.state = states.after(found.state, Act.TERMINATE)
    found.terminated_at = found.waiting_since = uow.now
    found.terminated_on, found.reason, found.cause = effective_on, reason, cause.value
    chain.append(
        uow,
        found,
        Evidence.TERMINATED,
        account_id=uow.actor.account_id,
        reason=reason,
        cause=cause.value,
        effective_on=effective_on.isoformat(),
    )
    uow.audit("convention:terminate", found.id, structure_id=found.structure_id, effective_on=effective_on.isoformat())


def _announce_end(uow: UnitOfWork, found: Convention, renewal: Convention | None = None) -> None:
    """The structure is no partner any more from the day on which this convention ends."""
    uow.publish(
        messages.ConventionTerminated,
        convention_id=found.id,
        structure_id=found.structure_id,
        effective_on=found.terminated_on,
        reason=found.reason,
        cause=found.cause,
        renewal=renewal.state if renewal else None,
    )


def withdraw_termination(uow: UnitOfWork, *, convention_id: str, reason: str) -> None:
    """Keep what a decision would have ended: all that it concerned binds without a gap, and what waited for signatures
    is proposed anew. Raises ConventionUnknown, TransitionRefused, TerminationInEffect."""
    family = repository.family_of(uow.session, convention_id)
    found = next(one for one in family if one.id == convention_id)
    announced_for = found.terminated_on
    endings.check_withdrawal(found.state, announced_for, uow.today)
    assert announced_for is not None
    decided_at = found.terminated_at
    for one in family:
        if endings.pending(one.state, one.terminated_on, uow.today):
            _keep(uow, one, reason, announced_for)
    for one in family:
        if one.cause == RefusalCause.TERMINATION and one.refused_at == decided_at:
            _propose_anew(uow, one)
    uow.publish(
        messages.ConventionTerminationWithdrawn,
        convention_id=found.id,
        structure_id=found.structure_id,
        effective_on=announced_for,
        reason=reason,
    )


def _keep(uow: UnitOfWork, one: Convention, reason: str, announced_for: date) -> None:
    one.state = endings.check_withdrawal(one.state, one.terminated_on, uow.today)
    one.waiting_since = uow.now
    one.terminated_at = one.terminated_on = one.reason = one.cause = None
    about = {"reason": reason, "announced_for": announced_for.isoformat()}
    chain.append(uow, one, Evidence.TERMINATION_WITHDRAWN, account_id=uow.actor.account_id, **about)
    uow.audit("convention:withdraw_termination", one.id, structure_id=one.structure_id, **about)


def _propose_anew(uow: UnitOfWork, fell: Convention) -> None:
    """A refusal stays one, whatever was signed: what is proposed is another convention."""
    if fell.replaces_id is not None:
        before = repository.by_id(uow.session, fell.replaces_id)
        succession.successor(uow, before, Kind(fell.kind))


def end_terms(uow: UnitOfWork) -> int:
    """Conventions whose last day is over end; the partner stays one if another has replaced it. Returns how many."""
    found = repository.ended(uow.session, uow.today, AT_ONCE)
    for convention in found:
        assert convention.ends_on is not None
        first_day_after = convention.ends_on + timedelta(days=1)
        if convention.replaced_by_id is not None:
            end(uow, convention, "Remplacée par une nouvelle convention", first_day_after, EndCause.REPLACEMENT)
        else:
            reason = "Terme échu sans renouvellement signé par les deux parties"
            end(uow, convention, reason, first_day_after, EndCause.TERM)
            _announce_end(uow, convention, repository.open_of(uow.session, convention.structure_id))
    return len(found)
