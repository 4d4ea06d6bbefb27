"""Granting and ending rights on structures, told to everybody."""

from services.chassis.database import UnitOfWork
from services.chassis.ids import new_id
from services.chassis.revocations import revoke
from services.identity.messages import DelegationGranted, DelegationRevoked
from services.identity.models import Delegation


def grant(uow: UnitOfWork, **values: object) -> Delegation:
    """Write a right and announce it."""
    delegation = Delegation(delegation_id=new_id(), granted_at=uow.now, granted_by=uow.actor.account_id, **values)
    uow.session.add(delegation)
    uow.session.flush()
    announced = ("delegation_id", "structure_id", "account_id", "role", "establishment_id", "ends_on")
    uow.publish(DelegationGranted, **{name: getattr(delegation, name) for name in announced})
    return delegation


def end(uow: UnitOfWork, delegation: Delegation) -> None:
    """End a right: refused from now on, everywhere."""
    delegation.ended_at = uow.now
    uow.session.flush()
    revoke(uow, delegation.delegation_id)
    uow.publish(DelegationRevoked, delegation_id=delegation.delegation_id)
