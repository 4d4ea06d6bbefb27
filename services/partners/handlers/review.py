"""The Caf's side: a verdict per item, a correction request, an approval or a rejection.

Each command locks the application first; of two agents who decide at once, the second one finds a decided application.
"""

from typing import Any

from services.chassis.database import UnitOfWork
from services.chassis.ids import new_id
from services.partners import messages, repository, secrets
from services.partners.domain.application import Action, State, next_state
from services.partners.domain.partner_number import partner_number
from services.partners.domain.refusals import ApplicationUnknown, ItemUnknown, ReasonMissing
from services.partners.domain.review import Verdict, check_approval, check_correction_request, check_verdict
from services.partners.handlers import structures
from services.partners.handlers.submission import present, record
from services.partners.models import Application, Note, PartnerNumber, Structure


def open_application(uow: UnitOfWork, application_id: str, *, lock: bool = False) -> Application:
    """A submitted application. Refuses `application_unknown`."""
    found = repository.application(uow.session, application_id, lock=lock)
    if found is None:
        raise ApplicationUnknown()
    return found


def _move(found: Application, action: Action) -> None:
    found.state = next_state(State(found.state), action).value
    found.version += 1


def take_application(uow: UnitOfWork, application_id: str) -> dict[str, Any]:
    """Put the application in the caller's hands; one that is under review changes hands."""
    found = open_application(uow, application_id, lock=True)
    _take(uow, found)
    return {"state": found.state, "assigned_to": found.assigned_to}


def _take(uow: UnitOfWork, found: Application) -> None:
    if found.state != State.IN_REVIEW:
        _move(found, Action.TAKE)
    if found.assigned_to != uow.actor.account_id:
        found.assigned_to = uow.actor.account_id
        record(uow, found, "application:take", public=True, by_caf=True)


def release_application(uow: UnitOfWork, application_id: str) -> dict[str, Any]:
    """Give it back to the queue, for a colleague to take; verdicts stay. Refuses `transition_refused`."""
    found = open_application(uow, application_id, lock=True)
    next_state(State(found.state), Action.JUDGE)
    if found.assigned_to is not None:
        found.assigned_to = None
        record(uow, found, "application:release", public=False, by_caf=True)
    return {"state": found.state, "assigned_to": None}


def _in_review(uow: UnitOfWork, application_id: str) -> Application:
    """The application, locked; judging one that nobody has taken takes it."""
    found = open_application(uow, application_id, lock=True)
    if found.state == State.SUBMITTED or (found.state == State.IN_REVIEW and found.assigned_to is None):
        _take(uow, found)
    return found


def record_verdict(
    uow: UnitOfWork, application_id: str, item: str, accepted: bool, round: int, reason: str
) -> dict[str, Any]:
    """Accept or refuse one item. Refuses `item_unknown`, `reason_missing`, `stale_round`, `transition_refused`."""
    found = _in_review(uow, application_id)
    next_state(State(found.state), Action.JUDGE)
    check_verdict(accepted, reason, round, found.round)
    row = repository.items(uow.session, application_id).get(item)
    if row is None:
        raise ItemUnknown(item=item)
    row.verdict = (Verdict.ACCEPTED if accepted else Verdict.REFUSED).value
    row.reason = None if accepted else reason.strip()
    row.answered = False
    row.decided_by, row.decided_at = uow.actor.account_id, uow.now
    found.version += 1
    action = "application:accept_item" if accepted else "application:refuse_item"
    record(uow, found, action, public=False, by_caf=True, item=item, **({} if accepted else {"reason": row.reason}))
    return {"item": item, "verdict": row.verdict, "version": found.version}


def add_note(uow: UnitOfWork, application_id: str, text: str) -> dict[str, Any]:
    """An internal note; the partner never sees it."""
    found = open_application(uow, application_id)
    note = Note(
        note_id=new_id(),
        application_id=found.application_id,
        at=uow.now,
        account_id=uow.actor.account_id,
        text=text.strip(),
    )
    uow.session.add(note)
    uow.audit("application:note", found.application_id, structure_id=found.structure_id)
    return {"note_id": note.note_id}


def request_correction(uow: UnitOfWork, application_id: str, message: str) -> dict[str, Any]:
    """Send what was refused back to the partner, and only that. Refuses `nothing_refused`, `transition_refused`."""
    found = _in_review(uow, application_id)
    rows, _, items = present(uow, found)
    _move(found, Action.REQUEST_CORRECTION)
    refused = check_correction_request(items.values())
    found.message = message.strip() or None
    found.waiting_since = uow.now
    asked = [{"kind": item.key, "label": item.label, "reason": rows[item.key].reason or ""} for item in refused]
    record(uow, found, "application:request_correction", public=True, by_caf=True, items=asked, message=found.message)
    uow.publish(
        messages.ApplicationCorrectionRequested,
        application_id=found.application_id,
        structure_id=found.structure_id,
        round=found.round,
        items=asked,
        message=found.message,
    )
    return {"state": found.state, "items": asked}


def approve_application(uow: UnitOfWork, application_id: str) -> dict[str, Any]:
    """All is accepted: give the partner number and put the bank account in force.

    Refuses `transition_refused`, `items_refused`, `verdicts_missing`.
    """
    found = _in_review(uow, application_id)
    _, _, items = present(uow, found)
    _move(found, Action.APPROVE)
    check_approval(items.values())
    found.decided_at = uow.now
    number = give_number(uow, found.structure_id)
    verify_bank_account(uow, found.structure_id)
    record(uow, found, "application:approve", public=True, by_caf=True, partner_number=number)
    uow.publish(
        messages.ApplicationApproved,
        application_id=found.application_id,
        structure_id=found.structure_id,
        partner_number=number,
        approved_at=uow.now,
    )
    structures.announce_structure(uow, uow.session.get_one(Structure, found.structure_id))
    return {"state": found.state, "partner_number": number}


def give_number(uow: UnitOfWork, structure_id: str) -> str:
    """The next number, for ever this structure's. The counter's row is locked until the commit: no gap, no twin."""
    counter = repository.counter(uow.session)
    counter.last_rank += 1
    number = partner_number(counter.last_rank)
    uow.session.add(PartnerNumber(rank=counter.last_rank, number=number, structure_id=structure_id, given_at=uow.now))
    structure = uow.session.get_one(Structure, structure_id)
    structure.partner_number, structure.updated_at = number, uow.now
    return number


def verify_bank_account(uow: UnitOfWork, structure_id: str) -> None:
    """The account that came with the application is the first one in force."""
    account = repository.bank_accounts(uow.session, structure_id)[0]
    account.state = "verified"
    account.decided_at, account.decided_by = uow.now, uow.actor.account_id
    iban = secrets.open_iban(account.iban_sealed, "bank_accounts", account.bank_account_id)
    uow.publish(
        messages.BankAccountVerified,
        structure_id=structure_id,
        bank_account_id=account.bank_account_id,
        version=account.version,
        iban_sealed=secrets.seal_for_transport(iban, account.bank_account_id),
        iban_masked=account.iban_masked,
        bic=account.bic,
        holder=account.holder,
        in_force_at=uow.now,
    )
    uow.audit("bank_account:verify", account.bank_account_id, structure_id=structure_id, version=account.version)


def reject_application(uow: UnitOfWork, application_id: str, reason: str) -> dict[str, Any]:
    """Say no, and why. Refuses `reason_missing`, `transition_refused`."""
    if not reason.strip():
        raise ReasonMissing()
    found = open_application(uow, application_id, lock=True)
    if found.state == State.SUBMITTED:
        _take(uow, found)
    _move(found, Action.REJECT)
    found.decided_at = uow.now
    found.rejection_reason = reason.strip()
    record(uow, found, "application:reject", public=True, by_caf=True, reason=found.rejection_reason)
    uow.publish(
        messages.ApplicationRejected,
        application_id=found.application_id,
        structure_id=found.structure_id,
        reason=found.rejection_reason,
    )
    return {"state": found.state}
