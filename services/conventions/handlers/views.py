"""What callers are told: plain values, no row objects."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

from services.chassis.database import UnitOfWork
from services.conventions import documents, repository
from services.conventions.domain import signing_codes, states, texts
from services.conventions.domain.evidence import Link
from services.conventions.domain.signing_codes import Tries
from services.conventions.domain.states import ConventionState
from services.conventions.models import Convention, Document, Structure


def standing(convention: Convention, living: Sequence[Convention], today: date) -> dict[str, Any]:
    """Where a convention stands, for its partner. ``living``: what both have signed and isn't over, by which
    ``in_force`` says whether the structure is a partner today, and ``current_ends_on`` until when at least."""
    binding = next((one for one in living if _in_force(one, today)), None)
    return {
        "convention_id": convention.id,
        "kind": convention.kind,
        "state": convention.state,
        "text_version": convention.text_version,
        "prepared_at": convention.prepared_at,
        "signed_at": convention.signed_at,
        "activated_at": convention.activated_at,
        "effective_on": convention.effective_on,
        "ends_on": convention.ends_on,
        "terminated_on": convention.terminated_on,
        "reason": convention.reason,
        "cause": convention.cause,
        "downloadable": convention.document_id is not None,
        "in_force": binding is not None,
        "current_ends_on": _last_day(binding) if binding else None,
    }


def _in_force(found: Convention, today: date) -> bool:
    return states.in_force(found.state, found.effective_on, found.ends_on, today, found.terminated_on)


def _last_day(found: Convention) -> date | None:
    """The day before a termination that is decided, else the end of the term."""
    return found.terminated_on - timedelta(days=1) if found.terminated_on else found.ends_on


def document(convention: Convention, found: Document, *, sealed: bool = False) -> dict[str, Any]:
    """Where the document lies; with ``sealed`` the sealed one if there is one."""
    named = {"filename": filename(convention), "media_type": documents.MEDIA_TYPE}
    if sealed and convention.sealed_sha256:
        return {
            "sha256": convention.sealed_sha256,
            "size": convention.sealed_size,
            "pages": convention.sealed_pages,
            **named,
        }
    return {"sha256": found.sha256, "size": found.size, "pages": found.pages, **named}


def filename(convention: Convention) -> str:
    return f"convention-{documents.reference_of(convention.id)}.pdf"


def text(found: texts.Text) -> dict[str, Any]:
    return {
        "title": found.title,
        "parties": list(found.parties),
        "articles": [{**asdict(article), "paragraphs": list(article.paragraphs)} for article in found.articles],
    }


def code(uow: UnitOfWork, convention: Convention) -> dict[str, Any]:
    """Where the convention stands with its signing code."""
    last = repository.last_code(uow.session, convention.id)
    sent = repository.sends_since(uow.session, convention.id, uow.now - signing_codes.SENDS_WINDOW)
    tries = Tries(convention.code_failures, convention.code_blocked_until).at(uow.now)
    alive = last is not None and last.state == "sent"
    state = "none"
    if tries.blocked_until is not None:
        state = "blocked"
    elif last is not None and alive:
        state = "sent" if uow.now < last.expires_at else "expired"
    next_at = signing_codes.next_send_at(sent, uow.now)
    return {
        "state": state,
        "masked_phone": last.masked_phone if last else None,
        "delivery_state": last.delivery_state if last and alive else None,
        "sent_at": last.requested_at if last and alive else None,
        "expires_at": last.expires_at if last and alive else None,
        "tries_left": tries.left,
        "sends_left": signing_codes.sends_left(sent, uow.now),
        "next_send_at": next_at if next_at > uow.now else None,
        "blocked_until": tries.blocked_until,
    }


def line(convention: Convention, structure: Structure | None, now: datetime) -> dict[str, Any]:
    """One line of the Caf's list. ``age_days``: whole days of waiting for a signature."""
    return {
        "convention_id": convention.id,
        "kind": convention.kind,
        "structure_id": convention.structure_id,
        "structure_name": structure.name if structure else "",
        "partner_number": convention.partner_number,
        "state": convention.state,
        "countersignable": convention.state == ConventionState.SIGNED_BY_PARTNER and convention.approved_at is not None,
        "text_version": convention.text_version,
        "has_document": convention.document_id is not None,
        "prepared_at": convention.prepared_at,
        "signed_at": convention.signed_at,
        "activated_at": convention.activated_at,
        "effective_on": convention.effective_on,
        "ends_on": convention.ends_on,
        "waiting_since": convention.waiting_since if convention.state in states.OPEN else None,
        "age_days": (now - convention.waiting_since).days if convention.state in states.OPEN else None,
    }


def of_the_same_structure(convention: Convention, today: date) -> dict[str, Any]:
    """One line among the conventions of a structure."""
    facts = ("kind", "state", "cause", "prepared_at", "effective_on", "ends_on", "terminated_on")
    return {
        "convention_id": convention.id,
        **{name: getattr(convention, name) for name in facts},
        "in_force": _in_force(convention, today),
    }


def link(found: Link) -> dict[str, Any]:
    return {
        "sequence": found.sequence,
        "at": found.at,
        "kind": found.kind,
        "facts": dict(found.facts),
        "previous": found.previous,
        "hash": found.hash,
    }
