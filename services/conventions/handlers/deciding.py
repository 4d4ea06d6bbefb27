"""The Caf's other decisions, and its lists."""

from datetime import date, timedelta
from typing import Any

from services.chassis.database import UnitOfWork
from services.conventions import messages, repository, text_files
from services.conventions.domain import states, texts
from services.conventions.domain.evidence import Evidence
from services.conventions.domain.refusals import TerminationInThePast
from services.conventions.domain.states import Act, ConventionState, Kind, RefusalCause
from services.conventions.domain.waiting import AGE_BANDS, BANDS
from services.conventions.handlers import chain, preparing, reading, views
from services.conventions.models import Convention, Document, Structure

ENDING_SOON = timedelta(days=60)


def conventions(uow: UnitOfWork, *, age: str | None = None, **filters: Any) -> dict[str, Any]:
    """One page of the Caf's list; `age`: the code of a band."""
    span = BANDS[age].began_between(uow.now) if age else None
    lines, next_cursor = repository.page(uow.session, waiting=span, **filters)
    return {
        "items": [views.line(*found, uow.now) for found in lines],
        "next_cursor": next_cursor,
        "ages": [views.band(band) for band in AGE_BANDS],
    }


def counts(uow: UnitOfWork) -> dict[str, Any]:
    """For the back office's home; `ages`: those to counter-sign, by band."""
    found = repository.counts(uow.session, uow.today + ENDING_SOON)
    spans = [band.began_between(uow.now) for band in AGE_BANDS]
    by_age = repository.countersignable_by_age(uow.session, spans)
    ages = [views.band(band) | {"count": count} for band, count in zip(AGE_BANDS, by_age, strict=True)]
    return found | {"ages": ages}


def convention(uow: UnitOfWork, *, convention_id: str) -> dict[str, Any]:
    """The Caf's screen of one convention. Raises ConventionUnknown."""
    found = repository.by_id(uow.session, convention_id)
    structure = repository.structure(uow.session, found.structure_id)
    document = repository.document(uow.session, found.signed_document_id or found.document_id)
    return {
        **views.line(found, structure, uow.now),
        "commune_name": structure.commune_name if structure else None,
        "approved_at": found.approved_at,
        "refused_at": found.refused_at,
        "terminated_on": found.terminated_on,
        "reason": found.reason,
        "replaces_id": found.replaces_id,
        "replaced_by_id": found.replaced_by_id,
        "renamed": _renamed(found, document, structure),
        "document_sha256": document.sha256 if document else None,
        "sealed_sha256": found.sealed_sha256,
        "chain_length": found.chain_length,
        "chain_head": found.chain_head,
        "history": [views.link(link) for link in chain.read(uow.session, found.id)],
        "may": _may(uow, found),
    }


def _may(uow: UnitOfWork, found: Convention) -> list[str]:
    """What the state allows; the roles are for the page to mind, and for the methods."""
    checks = {
        "countersign": found.state == ConventionState.SIGNED_BY_PARTNER and found.approved_at is not None,
        "refuse": found.state in states.OPEN,
        "terminate": found.state == ConventionState.ACTIVE,
        "withdraw_termination": _may_withdraw_termination(uow, found),
        "evidence": found.signed_at is not None,
        "document": found.document_id is not None,
        "amend": _may_amend(uow, found),
        "prepare_again": _may_prepare_again(uow, found),
        "unblock": found.code_blocked_until is not None and found.code_blocked_until > uow.now,
    }
    return [name for name, allowed in checks.items() if allowed]


def _may_withdraw_termination(uow: UnitOfWork, found: Convention) -> bool:
    return (
        found.state == ConventionState.TERMINATED
        and found.terminated_on is not None
        and uow.today < found.terminated_on
    )


def _may_amend(uow: UnitOfWork, found: Convention) -> bool:
    newest = texts.in_effect(text_files.all_texts().values(), uow.today).version
    return (
        states.in_force(found.state, found.effective_on, found.ends_on, uow.today)
        and found.replaced_by_id is None
        and found.text_version != newest
        and repository.open_of(uow.session, found.structure_id) is None
    )


def _may_prepare_again(uow: UnitOfWork, found: Convention) -> bool:
    if found.state != ConventionState.REFUSED or found.kind != Kind.INITIAL or found.approved_at is None:
        return False
    newest = repository.newest_of(uow.session, found.structure_id)
    return newest is not None and newest.id == found.id


def _renamed(found: Convention, document: Document | None, structure: Structure | None) -> bool:
    """Whether the structure has another name now than in the document that was signed."""
    if document is None or structure is None or found.state not in states.OPEN:
        return False
    return bool(reading.facts_of(document)["structure"]["name"] != structure.name)


def refuse(uow: UnitOfWork, *, convention_id: str, reason: str) -> None:
    """Raises ConventionUnknown, TransitionRefused."""
    preparing.refuse(uow, repository.by_id(uow.session, convention_id, lock=True), reason, RefusalCause.DECISION)


def terminate(uow: UnitOfWork, *, convention_id: str, reason: str, effective_on: date) -> None:
    """End a convention: from the business day ``effective_on`` on, scans are refused. A version that waits for
    signatures ends with it. Raises ConventionUnknown, TransitionRefused, TerminationInThePast."""
    found = repository.by_id(uow.session, convention_id, lock=True)
    states.after(found.state, Act.TERMINATE)
    if effective_on < uow.today:
        raise TerminationInThePast(today=uow.today.isoformat())
    end(uow, found, reason, effective_on)
    uow.publish(
        messages.ConventionTerminated,
        convention_id=found.id,
        structure_id=found.structure_id,
        effective_on=effective_on,
        reason=reason,
    )
    waiting = repository.open_of(uow.session, found.structure_id)
    if waiting is not None and waiting.replaces_id == found.id:
        open_one = repository.by_id(uow.session, waiting.id, lock=True)
        preparing.refuse(uow, open_one, reason, RefusalCause.TERMINATION)


def end(uow: UnitOfWork, found: Convention, reason: str, effective_on: date) -> None:
    """The transition itself, on record. Raises TransitionRefused."""
    found.state = states.after(found.state, Act.TERMINATE)
    found.terminated_at = found.waiting_since = uow.now
    found.terminated_on, found.reason = effective_on, reason
    chain.append(
        uow,
        found,
        Evidence.TERMINATED,
        account_id=uow.actor.account_id,
        reason=reason,
        effective_on=effective_on.isoformat(),
    )
    uow.audit("convention:terminate", found.id, structure_id=found.structure_id, effective_on=effective_on.isoformat())


def withdraw_termination(uow: UnitOfWork, *, convention_id: str, reason: str) -> None:
    """Keep a convention whose termination hasn't taken effect: it binds without a gap. What was waiting for signatures
    and fell with it can be proposed anew. Raises ConventionUnknown, TransitionRefused, TerminationInEffect."""
    found = repository.by_id(uow.session, convention_id, lock=True)
    announced_for = found.terminated_on
    found.state = states.check_withdrawal(found.state, announced_for, uow.today)
    found.waiting_since = uow.now
    found.terminated_at = found.terminated_on = found.reason = None
    assert announced_for is not None
    about = {"reason": reason, "announced_for": announced_for.isoformat()}
    chain.append(uow, found, Evidence.TERMINATION_WITHDRAWN, account_id=uow.actor.account_id, **about)
    uow.publish(
        messages.ConventionTerminationWithdrawn,
        convention_id=found.id,
        structure_id=found.structure_id,
        effective_on=announced_for,
        reason=reason,
    )
    uow.audit("convention:withdraw_termination", found.id, structure_id=found.structure_id, **about)
