"""What the Caf sees of conventions, what it may do with each, and the refusal to sign one."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from services.chassis.ages import Ages
from services.chassis.database import UnitOfWork
from services.conventions import repository, text_files
from services.conventions.domain import endings, states, texts
from services.conventions.domain.refusals import AmendmentPending, NotApproved, TransitionRefused
from services.conventions.domain.states import ConventionState, RefusalCause
from services.conventions.domain.waiting import AGE_LIMITS_DAYS
from services.conventions.handlers import chain, preparing, reading, terms, views
from services.conventions.handlers.jobs import MAX_ITEMS
from services.conventions.models import Convention, Document, Structure

ENDING_SOON = timedelta(days=60)
AGES = Ages(*AGE_LIMITS_DAYS)


def conventions(uow: UnitOfWork, *, age: str | None = None, **filters: Any) -> dict[str, Any]:
    """One page of the Caf's list; `age`: the code of a band. `to_countersign`: how many of all pages wait for the Caf's
    signature; with `at`, the instant of the list, `start_all` signs just those, `at_once` at most."""
    waited = AGES.within(age, Convention.waiting_since, uow.now)
    lines, next_cursor = repository.page(uow.session, waited=waited, **filters)
    return {
        "items": [views.line(*found, uow.now) for found in lines],
        "next_cursor": next_cursor,
        "ages": AGES.shown(),
        "to_countersign": repository.to_countersign(uow.session, filters.get("words"), filters.get("kind"), waited),
        "at_once": MAX_ITEMS,
        "at": uow.now,
    }


def counts(uow: UnitOfWork) -> dict[str, Any]:
    """For the back office's home; `waiting`: those to counter-sign, how many, since when, and by age."""
    since = Convention.waiting_since
    waiting = AGES.waiting(uow.session.execute, since, uow.now, repository.is_countersignable())
    return repository.counts(uow.session, uow.today + ENDING_SOON) | {"waiting": waiting}


def convention(uow: UnitOfWork, *, convention_id: str) -> dict[str, Any]:
    """The Caf's screen of one convention. Raises ConventionUnknown."""
    found = repository.by_id(uow.session, convention_id)
    structure = repository.structure(uow.session, found.structure_id)
    document = repository.document(uow.session, found.signed_document_id or found.document_id)
    others = repository.others_of(uow.session, found)
    return {
        **views.line(found, structure, uow.now),
        "commune_name": structure.commune_name if structure else None,
        "approved_at": found.approved_at,
        "refused_at": found.refused_at,
        "terminated_on": found.terminated_on,
        "reason": found.reason,
        "cause": found.cause,
        "replaces_id": found.replaces_id,
        "replaced_by_id": found.replaced_by_id,
        "renamed": _renamed(found, document, structure),
        "document_sha256": document.sha256 if document else None,
        "sealed_sha256": found.sealed_sha256,
        "chain_length": found.chain_length,
        "chain_head": found.chain_head,
        "history": [views.link(link) for link in chain.read(uow.session, found.id)],
        "others": [views.of_the_same_structure(one, uow.today) for one in others],
        "may": _may(uow, found, others),
    }


def _may(uow: UnitOfWork, found: Convention, others: Sequence[Convention]) -> list[str]:
    """What the state allows; the roles are for the page to mind, and for the methods."""
    checks = {
        "countersign": found.state == ConventionState.SIGNED_BY_PARTNER and found.approved_at is not None,
        "refuse": found.state in states.OPEN,
        "terminate": _may_terminate(found, others, uow.today),
        "withdraw_termination": endings.pending(found.state, found.terminated_on, uow.today),
        "evidence": found.signed_at is not None,
        "document": found.document_id is not None,
        "amend": _may_amend(uow, found),
        "prepare_again": _may_prepare_again(found, others, uow.today),
        "unblock": found.code_blocked_until is not None and found.code_blocked_until > uow.now,
    }
    return [name for name, allowed in checks.items() if allowed]


def _may_terminate(found: Convention, others: Sequence[Convention], today: date) -> bool:
    decided = any(endings.pending(one.state, one.terminated_on, today) for one in others)
    return found.state == ConventionState.ACTIVE and not decided


def _may_amend(uow: UnitOfWork, found: Convention) -> bool:
    newest = texts.in_effect(text_files.all_texts().values(), uow.today).version
    return (
        states.in_force(found.state, found.effective_on, found.ends_on, uow.today)
        and found.replaced_by_id is None
        and found.text_version != newest
        and repository.open_of(uow.session, found.structure_id) is None
    )


def _may_prepare_again(found: Convention, others: Sequence[Convention], today: date) -> bool:
    family = sorted([found, *others], key=lambda one: one.id, reverse=True)
    try:
        return bool(terms.followed(found, family, today))
    except (TransitionRefused, NotApproved, AmendmentPending):
        return False


def _renamed(found: Convention, document: Document | None, structure: Structure | None) -> bool:
    """Whether the structure has another name now than in the document that was signed."""
    if document is None or structure is None or found.state not in states.OPEN:
        return False
    return bool(reading.facts_of(document)["structure"]["name"] != structure.name)


def refuse(uow: UnitOfWork, *, convention_id: str, reason: str) -> None:
    """Raises ConventionUnknown, TransitionRefused."""
    preparing.refuse(uow, repository.by_id(uow.session, convention_id, lock=True), reason, RefusalCause.DECISION)
