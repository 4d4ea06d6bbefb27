"""Recalls what waits too long. See `domain.reminders` for when."""

from services.chassis.database import UnitOfWork
from services.identity import personal, repository
from services.identity.domain.accounts import PROVISIONAL_PASSWORD_LIFETIME, State
from services.identity.domain.agents import AgentRole
from services.identity.domain.reminders import Waiting, next_reminder
from services.identity.handlers import letters
from services.identity.handlers.waiting import table
from services.identity.models import WaitingItem

AT_ONCE = 100
NAMED = 20
"""So many are named in one mail to agents; the others are counted."""

_TO_AGENTS = {
    Waiting.REVIEW: (AgentRole.INSTRUCTOR, "reminder_review"),
    Waiting.COUNTER_SIGNATURE: (AgentRole.SIGNATORY, "reminder_counter_signature"),
    Waiting.BANK_ACCOUNT: (AgentRole.INSTRUCTOR, "reminder_bank_account"),
}
_TO_PARTNERS = {
    Waiting.SIGNATURE: "reminder_signature",
    Waiting.RENEWAL: "reminder_renewal",
    Waiting.CORRECTION: "reminder_correction",
}


def send_due(uow: UnitOfWork) -> int:
    """Send what is due, to agents one mail for all of a kind; returns how many things were recalled."""
    due = (
        uow.session.query(WaitingItem)
        .filter(WaitingItem.due_at <= uow.now)
        .order_by(WaitingItem.due_at)
        .with_for_update(skip_locked=True)
        .limit(AT_ONCE)
        .all()
    )
    for kind in _TO_AGENTS:
        _remind_agents(uow, kind, [item for item in due if item.kind == kind])
    for item in due:
        _remind_partner(uow, item)
        item.reminded += 1
        item.due_at = next_reminder(Waiting(item.kind), item.since, item.reminded, table())
    return len(due)


def _remind_agents(uow: UnitOfWork, kind: Waiting, items: list[WaitingItem]) -> None:
    if not items:
        return
    role, template = _TO_AGENTS[kind]
    oldest_first = sorted(items, key=lambda item: item.since)
    named = [
        {
            "structure_name": letters.structure_name(uow, item.structure_id or ""),
            "since": item.since,
            "deadline_on": item.deadline_on,
        }
        for item in oldest_first[:NAMED]
    ]
    more = len(items) - len(named)
    letters.to_agents(uow, role, template, items=named, more=more, count=len(items), caf_url=letters.link("/caf"))


def _remind_partner(uow: UnitOfWork, item: WaitingItem) -> None:
    kind = Waiting(item.kind)
    if kind in _TO_PARTNERS:
        about = {"since": item.since, "deadline_on": item.deadline_on}
        letters.to_representative(uow, item.structure_id or "", _TO_PARTNERS[kind], **about)
    elif kind is Waiting.ACTIVATION:
        _remind_activation(uow, item)


def _remind_activation(uow: UnitOfWork, item: WaitingItem) -> None:
    """Without the password: it was mailed once. «Mot de passe oublié» leads in, even when it has expired."""
    account = repository.account(uow.session, item.subject_id)
    if account is None or account.state != State.PROVISIONAL or account.password_set_at is None:
        return
    until = account.password_set_at + PROVISIONAL_PASSWORD_LIFETIME
    letters.send(
        uow,
        account,
        "reminder_activation",
        structure_name=letters.structure_name(uow, item.structure_id or ""),
        identifier=personal.email_of(account),
        valid_until=until if until > uow.now else None,
        forgotten_url=letters.link("/mot-de-passe"),
    )
