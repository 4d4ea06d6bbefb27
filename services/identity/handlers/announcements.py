"""What identity does when others announce something: it keeps names up to date and writes to people. What the
conventions service announces is in `conventions.py`."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from services.chassis.database import UnitOfWork
from services.chassis.tables import mail
from services.identity import repository
from services.identity.domain.agents import AgentRole
from services.identity.domain.reminders import Waiting
from services.identity.handlers import letters
from services.identity.handlers.waiting import done_waiting, wait_for
from services.identity.models import Establishment, Structure


def on_structure_updated(
    uow: UnitOfWork, told_at: datetime, structure_id: str, name: str, partner_number: str | None
) -> None:
    """Keep the newest name and number, whatever the order of arrival."""
    row = {"structure_id": structure_id, "name": name, "partner_number": partner_number, "told_at": told_at}
    statement = insert(Structure).values(row)
    newer = Structure.told_at.is_(None) | (Structure.told_at < told_at)
    uow.session.execute(statement.on_conflict_do_update(index_elements=["structure_id"], set_=row, where=newer))


def on_establishment_saved(
    uow: UnitOfWork, told_at: datetime, structure_id: str, establishment_id: str, name: str, open: bool
) -> None:
    row = {
        "establishment_id": establishment_id,
        "structure_id": structure_id,
        "name": name,
        "open": open,
        "told_at": told_at,
    }
    statement = insert(Establishment).values(row)
    uow.session.execute(
        statement.on_conflict_do_update(
            index_elements=["establishment_id"], set_=row, where=Establishment.told_at < told_at
        )
    )


def on_application_correction_requested(
    uow: UnitOfWork, application_id: str, structure_id: str, items: list[dict[str, str]], message: str | None
) -> None:
    done_waiting(uow, Waiting.REVIEW, application_id)
    wait_for(uow, Waiting.CORRECTION, application_id, structure_id)
    letters.to_representative(uow, structure_id, "correction_requested", items=items, message=message)


def on_application_resubmitted(uow: UnitOfWork, application_id: str, structure_id: str) -> None:
    done_waiting(uow, Waiting.CORRECTION, application_id)
    wait_for(uow, Waiting.REVIEW, application_id, structure_id)


def on_application_approved(uow: UnitOfWork, application_id: str, structure_id: str) -> None:
    """No mail of its own: the next one is the counter-signature's."""
    for kind in (Waiting.REVIEW, Waiting.CORRECTION):
        done_waiting(uow, kind, application_id)


def on_application_rejected(uow: UnitOfWork, application_id: str, structure_id: str, reason: str) -> None:
    for kind in (Waiting.REVIEW, Waiting.CORRECTION):
        done_waiting(uow, kind, application_id)
    done_waiting(uow, Waiting.SIGNATURE, structure_id)
    letters.to_representative(uow, structure_id, "application_rejected", reason=reason)


def on_bank_account_submitted(
    uow: UnitOfWork,
    structure_id: str,
    bank_account_id: str,
    version: int,
    in_force_not_before: datetime | None,
) -> None:
    """Both addresses are told of a change (DOMAIN, «Review»); the first account came with the application."""
    if version <= 1:
        return
    wait_for(uow, Waiting.BANK_ACCOUNT, bank_account_id, structure_id)
    letters.to_both_addresses(uow, structure_id, "bank_account_submitted", not_before=in_force_not_before)


def on_bank_account_verified(
    uow: UnitOfWork, structure_id: str, bank_account_id: str, version: int, iban_masked: str
) -> None:
    done_waiting(uow, Waiting.BANK_ACCOUNT, bank_account_id)
    if version > 1:
        letters.to_both_addresses(uow, structure_id, "bank_account_verified", iban_masked=iban_masked)


def on_bank_account_rejected(uow: UnitOfWork, structure_id: str, bank_account_id: str, reason: str) -> None:
    done_waiting(uow, Waiting.BANK_ACCOUNT, bank_account_id)
    letters.to_both_addresses(uow, structure_id, "bank_account_rejected", reason=reason)


def on_assistance_message_posted(
    uow: UnitOfWork,
    request_id: str,
    structure_id: str | None,
    account_id: str | None,
    from_caf: bool,
    assigned_to: str | None,
) -> None:
    """An answer of the Caf is told to who asked; a question to the agent who has it, or to all instructors.

    Who asked without an account is written to by the partners service, which holds that address.
    """
    if from_caf:
        found = repository.account(uow.session, account_id) if account_id else None
        letters.send(uow, found, "assistance_answered", request_url=letters.link(f"/assistance/{request_id}"))
        return
    url = letters.link(f"/caf/assistance/{request_id}")
    assigned = repository.account(uow.session, assigned_to) if assigned_to else None
    if assigned is not None:
        letters.send(uow, assigned, "assistance_asked", request_url=url)
    else:
        letters.to_agents(uow, AgentRole.INSTRUCTOR, "assistance_asked", request_url=url)


def on_payout_state_changed(
    uow: UnitOfWork, payout_id: str, structure_id: str, slip_number: str, state: str, reason: str | None
) -> None:
    """One mail per payout and state, although a long payout is announced in several pieces."""
    template = {"paid": "payout_paid", "returned": "payout_returned"}.get(state)
    reference = f"payout:{payout_id}:{state}"
    if template is None or uow.session.scalar(select(mail.c.id).where(mail.c.reference == reference).limit(1)):
        return
    letters.to_representative(uow, structure_id, template, slip_number=slip_number, reason=reason, reference=reference)


def on_payout_held(uow: UnitOfWork, structure_id: str, reason: str, amount_cents: int) -> None:
    """The partner is told why its payout waits; payouts announces each reason once."""
    letters.to_representative(uow, structure_id, "payout_held", reason=reason, amount_cents=amount_cents)


def on_contestation_opened(
    uow: UnitOfWork, contestation_id: str, structure_id: str, number: str, opened_by: str
) -> None:
    """The instructors have something to decide; a club learns what a family says."""
    letters.to_agents(
        uow,
        AgentRole.INSTRUCTOR,
        "contestation_to_decide",
        number=number,
        opened_by=opened_by,
        structure_name=letters.structure_name(uow, structure_id),
        caf_url=letters.link(f"/caf/contestations/{contestation_id}"),
    )
    if opened_by == "family":
        url = letters.link(f"/transactions/{number}")
        letters.to_representative(uow, structure_id, "contestation_opened", number=number, transaction_url=url)


def on_contestation_decided(
    uow: UnitOfWork, structure_id: str, number: str, accepted: bool, correction_cents: int
) -> None:
    """The Caf's words stay where they were written: the mail leads there."""
    letters.to_representative(
        uow,
        structure_id,
        "contestation_decided",
        number=number,
        accepted=accepted,
        correction_cents=correction_cents,
        transaction_url=letters.link(f"/transactions/{number}"),
    )
