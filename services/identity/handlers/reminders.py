"""Recalls what waits too long. See `domain.reminders` for when."""

from services.chassis.database import UnitOfWork
from services.identity import personal, repository
from services.identity.domain.accounts import PROVISIONAL_PASSWORD_LIFETIME, State
from services.identity.domain.agents import AgentRole
from services.identity.domain.reminders import Waiting, next_reminder
from services.identity.handlers import letters
from services.identity.models import WaitingItem

AT_ONCE = 100

_TO_AGENTS = {
    Waiting.REVIEW: (AgentRole.INSTRUCTOR, "reminder_review"),
    Waiting.COUNTER_SIGNATURE: (AgentRole.SIGNATORY, "reminder_counter_signature"),
    Waiting.BANK_ACCOUNT: (AgentRole.INSTRUCTOR, "reminder_bank_account"),
}
_TO_PARTNERS = {Waiting.SIGNATURE: "reminder_signature", Waiting.CORRECTION: "reminder_correction"}


def send_due(uow: UnitOfWork) -> int:
    """Send what is due; returns how many things were recalled."""
    due = (
        uow.session.query(WaitingItem)
        .filter(WaitingItem.due_at <= uow.now)
        .order_by(WaitingItem.due_at)
        .with_for_update(skip_locked=True)
        .limit(AT_ONCE)
        .all()
    )
    for item in due:
        _remind(uow, item)
        item.reminded += 1
        item.due_at = next_reminder(Waiting(item.kind), item.since, item.reminded)
    return len(due)


def _remind(uow: UnitOfWork, item: WaitingItem) -> None:
    kind = Waiting(item.kind)
    since = item.since
    structure_id = item.structure_id or ""
    if kind in _TO_AGENTS:
        role, template = _TO_AGENTS[kind]
        name = letters.structure_name(uow, structure_id)
        letters.to_agents(uow, role, template, structure_name=name, since=since, caf_url=letters.link("/caf"))
    elif kind in _TO_PARTNERS:
        letters.to_representative(uow, structure_id, _TO_PARTNERS[kind], since=since)
    else:
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
