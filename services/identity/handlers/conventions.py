"""What identity does when conventions are announced: it writes to those who sign and to those whom an end concerns."""

from datetime import date, timedelta
from typing import Any

from services.chassis.database import UnitOfWork
from services.identity.domain.agents import AgentRole
from services.identity.domain.reminders import Waiting
from services.identity.handlers import letters
from services.identity.handlers.waiting import done_waiting, wait_for

_OFFERED = {"renewal": "renewal_offered", "amendment": "amendment_offered"}


def on_convention_prepared(
    uow: UnitOfWork, convention_id: str, structure_id: str, kind: str, replaces_id: str | None,
    current_ends_on: date | None,
) -> None:  # fmt: skip
    """The first one is told by the activation mail (guide, page 9). A later one concerns a structure that has been a
    partner: both addresses are told what is offered, and until when."""
    if kind == "renewal" and current_ends_on is not None:
        wait_for(uow, Waiting.RENEWAL, structure_id, structure_id, current_ends_on)
    else:
        wait_for(uow, Waiting.SIGNATURE, structure_id, structure_id)
    if replaces_id is not None:
        offered = _OFFERED.get(kind, "convention_offered") if current_ends_on else "convention_offered"
        letters.to_both_addresses(uow, structure_id, offered, current_ends_on=current_ends_on)


def on_convention_signed(
    uow: UnitOfWork, convention_id: str, structure_id: str, countersignable: bool, kind: str,
    current_ends_on: date | None,
) -> None:  # fmt: skip
    """Guide, page 10: the partner is told that the convention was received; «La Caf reçoit un mail pour signer». Where
    the application is approved already, that mail is the next announcement's."""
    _nothing_to_sign(uow, structure_id)
    letters.to_representative(uow, structure_id, "convention_received", current_ends_on=current_ends_on)
    if not countersignable:
        _to_signatories(uow, "convention_to_sign", convention_id, structure_id)


def on_convention_countersignable(
    uow: UnitOfWork, convention_id: str, structure_id: str, kind: str, current_ends_on: date | None
) -> None:
    """Signed and approved: from now on it waits for the Caf, whose signatories are told at once and reminded."""
    deadline_on = current_ends_on if kind == "renewal" else None
    wait_for(uow, Waiting.COUNTER_SIGNATURE, convention_id, structure_id, deadline_on)
    about = {"kind": kind, "deadline_on": deadline_on}
    _to_signatories(uow, "convention_countersignable", convention_id, structure_id, **about)


def _nothing_to_sign(uow: UnitOfWork, structure_id: str) -> None:
    for kind in (Waiting.SIGNATURE, Waiting.RENEWAL):
        done_waiting(uow, kind, structure_id)


def _to_signatories(uow: UnitOfWork, template: str, convention_id: str, structure_id: str, **context: Any) -> None:
    letters.to_agents(
        uow,
        AgentRole.SIGNATORY,
        template,
        structure_name=letters.structure_name(uow, structure_id),
        caf_url=letters.link(f"/caf/conventions/{convention_id}"),
        **context,
    )


def on_convention_activated(uow: UnitOfWork, convention_id: str, structure_id: str, partner_number: str) -> None:
    """Guide, page 10: «Félicitations !»."""
    _nothing_to_sign(uow, structure_id)
    done_waiting(uow, Waiting.COUNTER_SIGNATURE, convention_id)
    letters.to_representative(
        uow, structure_id, "congratulations", partner_number=partner_number, terminal_url=letters.link("/terminal")
    )


def on_convention_replaced(uow: UnitOfWork, convention_id: str, structure_id: str, effective_on: date) -> None:
    """An amendment or a renewal: the partner stays one, so no congratulations."""
    done_waiting(uow, Waiting.COUNTER_SIGNATURE, convention_id)
    letters.to_representative(uow, structure_id, "convention_replaced", effective_on=effective_on)


def on_convention_refused(uow: UnitOfWork, convention_id: str, structure_id: str, reason: str, cause: str) -> None:
    """One refusal is one mail: what follows from a rejected application or a termination is told by theirs."""
    _nothing_to_sign(uow, structure_id)
    done_waiting(uow, Waiting.COUNTER_SIGNATURE, convention_id)
    if cause == "decision":
        letters.to_representative(uow, structure_id, "convention_refused", reason=reason)


def on_convention_terminated(
    uow: UnitOfWork, convention_id: str, structure_id: str, effective_on: date, reason: str, cause: str,
    renewal: str | None,
) -> None:  # fmt: skip
    """A decision of the Caf is told with its reason. A term that nobody renewed is told as such, and a renewal that the
    representative may still sign is recalled like any convention."""
    if cause != "term":
        about = {"effective_on": effective_on, "reason": reason}
        letters.to_both_addresses(uow, structure_id, "convention_terminated", **about)
        return
    if renewal == "prepared":
        _nothing_to_sign(uow, structure_id)
        wait_for(uow, Waiting.SIGNATURE, structure_id, structure_id)
    ended_on = effective_on - timedelta(days=1)
    letters.to_both_addresses(uow, structure_id, "convention_not_renewed", ended_on=ended_on, renewal=renewal)


def on_convention_termination_withdrawn(
    uow: UnitOfWork, convention_id: str, structure_id: str, effective_on: date, reason: str
) -> None:
    """Who was told of the end is told that it doesn't come."""
    letters.to_both_addresses(
        uow,
        structure_id,
        "convention_termination_withdrawn",
        effective_on=effective_on,
        reason=reason,
    )
