"""A convention that follows another: an amendment, a renewal, or the next one after an end."""

from services.chassis.database import UnitOfWork
from services.chassis.ids import new_id
from services.conventions import repository, text_files
from services.conventions.domain import states, texts
from services.conventions.domain.evidence import GENESIS
from services.conventions.domain.refusals import AmendmentPending, NotInForce
from services.conventions.domain.states import ConventionState, Kind
from services.conventions.handlers import preparing
from services.conventions.models import Convention


def successor(uow: UnitOfWork, before: Convention, kind: Kind) -> Convention:
    """A convention to sign that replaces one in force; its application needs no new approval. Raises NotInForce,
    AmendmentPending."""
    if not states.in_force(before.state, before.effective_on, before.ends_on, uow.today) or before.replaced_by_id:
        raise NotInForce
    if repository.open_of(uow.session, before.structure_id) is not None:
        raise AmendmentPending
    return following(uow, before, kind)


def following(uow: UnitOfWork, before: Convention, kind: Kind) -> Convention:
    """The same structure's next convention to sign, with the text in effect today."""
    made = Convention(
        id=new_id(),
        structure_id=before.structure_id,
        application_id=before.application_id,
        kind=kind.value,
        replaces_id=before.id,
        state=ConventionState.PREPARED.value,
        text_version=texts.in_effect(text_files.all_texts().values(), uow.today).version,
        prepared_at=uow.now,
        waiting_since=uow.now,
        approved_at=before.approved_at,
        partner_number=before.partner_number,
        chain_length=0,
        chain_head=GENESIS,
    )
    uow.session.add(made)
    uow.session.flush()
    preparing.announce_prepared(uow, made)
    return made
