"""What partners announce becomes conventions to sign, approvals to wait for, and names for lists."""

from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert

from services.chassis.database import UnitOfWork
from services.chassis.ids import new_id
from services.conventions import messages, repository, text_files
from services.conventions.domain import states, texts
from services.conventions.domain.evidence import GENESIS, Evidence
from services.conventions.domain.states import Act, ConventionState, Kind, RefusalCause
from services.conventions.handlers import chain
from services.conventions.models import Convention, Structure


def on_application_submitted(uow: UnitOfWork, *, application_id: str, structure_id: str) -> None:
    """The representative may read and sign as soon as the account is open (guide, «Signer sa convention»)."""
    _initial(uow, application_id, structure_id)


def _initial(uow: UnitOfWork, application_id: str, structure_id: str) -> Convention:
    """The application's convention, made if need be: announcements may overtake each other."""
    text = texts.in_effect(text_files.all_texts().values(), uow.today)
    made = repository.add_initial(
        uow.session,
        id=new_id(),
        structure_id=structure_id,
        application_id=application_id,
        kind=Kind.INITIAL.value,
        state=ConventionState.PREPARED.value,
        text_version=text.version,
        prepared_at=uow.now,
        waiting_since=uow.now,
        chain_head=GENESIS,
    )
    if made is None:
        found = repository.initial_of(uow.session, application_id)
        if found is None:
            raise LookupError(f"the convention of application {application_id} vanished")
        return found
    announce_prepared(uow, made)
    return made


def announce_prepared(uow: UnitOfWork, convention: Convention) -> None:
    """First link of the chain, event and journal of a new convention."""
    chain.append(
        uow,
        convention,
        Evidence.PREPARED,
        structure_id=convention.structure_id,
        application_id=convention.application_id,
        kind=convention.kind,
        replaces_id=convention.replaces_id,
        text_version=convention.text_version,
    )
    uow.publish(
        messages.ConventionPrepared,
        convention_id=convention.id,
        structure_id=convention.structure_id,
        replaces_id=convention.replaces_id,
        **place(uow, convention),
    )
    uow.audit("convention:prepare", convention.id, structure_id=convention.structure_id, kind=convention.kind)


def on_application_approved(
    uow: UnitOfWork, *, application_id: str, structure_id: str, partner_number: str, approved_at: datetime
) -> None:
    """From now on the Caf may counter-sign."""
    convention = _initial(uow, application_id, structure_id)
    if convention.approved_at is not None or convention.state not in states.OPEN:
        return
    convention.approved_at = approved_at
    convention.partner_number = partner_number
    chain.append(uow, convention, Evidence.APPROVED, partner_number=partner_number, approved_at=approved_at.isoformat())
    if convention.state == ConventionState.SIGNED_BY_PARTNER:
        convention.waiting_since = uow.now
        announce_countersignable(uow, convention)


def announce_countersignable(uow: UnitOfWork, convention: Convention) -> None:
    """From now on it waits for the Caf's signature."""
    uow.publish(
        messages.ConventionCountersignable,
        convention_id=convention.id,
        structure_id=convention.structure_id,
        **place(uow, convention),
    )


def place(uow: UnitOfWork, convention: Convention) -> dict[str, Any]:
    """``{"kind", "current_ends_on"}``: the last day of the convention in force that this one would replace, if any."""
    ends_on = None
    if convention.replaces_id is not None:
        before = repository.by_id(uow.session, convention.replaces_id)
        binds = states.in_force(before.state, before.effective_on, before.ends_on, uow.today)
        ends_on = before.ends_on if binds else None
    return {"kind": convention.kind, "current_ends_on": ends_on}


def on_application_rejected(uow: UnitOfWork, *, application_id: str, structure_id: str, reason: str) -> None:
    """A rejected application takes its convention with it."""
    convention = _initial(uow, application_id, structure_id)
    if convention.state in states.OPEN:
        refuse(uow, convention, reason, RefusalCause.APPLICATION_REJECTED)


def refuse(uow: UnitOfWork, convention: Convention, reason: str, cause: RefusalCause) -> None:
    """The Caf doesn't sign. Raises TransitionRefused."""
    convention.state = states.after(convention.state, Act.REFUSE)
    convention.refused_at = convention.waiting_since = uow.now
    convention.reason, convention.cause = reason, cause.value
    about = {"reason": reason, "cause": cause.value}
    chain.append(uow, convention, Evidence.REFUSED, account_id=uow.actor.account_id, **about)
    uow.publish(
        messages.ConventionRefused,
        convention_id=convention.id,
        structure_id=convention.structure_id,
        reason=reason,
        cause=cause.value,
    )
    uow.audit("convention:refuse", convention.id, structure_id=convention.structure_id)


def on_structure_updated(
    uow: UnitOfWork, *, announced_at: datetime, structure_id: str, name: str, partner_number: str | None,
    commune_name: str | None,
) -> None:  # fmt: skip
    """Keep the newest announcement; a retried older one changes nothing."""
    row = {
        "structure_id": structure_id,
        "name": name,
        "partner_number": partner_number,
        "commune_name": commune_name,
        "announced_at": announced_at,
    }
    query = insert(Structure).values(**row)
    uow.session.execute(
        query.on_conflict_do_update(
            index_elements=["structure_id"], set_=row, where=Structure.announced_at <= query.excluded.announced_at
        )
    )
