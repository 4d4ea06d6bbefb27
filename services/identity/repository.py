"""The queries. Functions take a session; `locked` ones hold the row until the end of the transaction."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Delete, Insert, Update, delete, func, select, update
from sqlalchemy.orm import Session

from services.identity.domain.accounts import Kind
from services.identity.domain.delegations import Right, Role
from services.identity.models import (
    Account,
    Attempt,
    Delegation,
    EmailChange,
    Establishment,
    Link,
    Membership,
    MobileCode,
    Pairing,
    RepresentativeTransfer,
    Reservation,
    SignInStep,
    Structure,
    Terminal,
    UserSession,
)


def changed(session: Session, statement: Delete | Update | Insert) -> int:
    """Execute a statement that writes; returns how many rows it touched."""
    return cast(CursorResult[Any], session.execute(statement)).rowcount


def account(session: Session, account_id: str, *, locked: bool = False) -> Account | None:
    return session.get(Account, account_id, with_for_update=locked)


def account_by_fingerprint(session: Session, fingerprint: str) -> Account | None:
    return session.scalar(select(Account).where(Account.email_fingerprint == fingerprint))


def accounts(session: Session, account_ids: Iterable[str]) -> Sequence[Account]:
    return session.scalars(select(Account).where(Account.account_id.in_(set(account_ids)))).all()


def agents(session: Session) -> Sequence[Account]:
    return session.scalars(
        select(Account)
        .where(Account.kind == Kind.AGENT, Account.state != "erased")
        .order_by(Account.created_at, Account.account_id)
    ).all()


def agents_with_role(session: Session, role: str) -> Sequence[Account]:
    """Agents who can be written to: those who may sign in."""
    return session.scalars(
        select(Account).where(
            Account.kind == Kind.AGENT,
            Account.state.in_(("provisional", "active")),
            Account.agent_roles.contains([role]),
        )
    ).all()


def reservation(session: Session, registration_id: str) -> Reservation | None:
    return session.get(Reservation, registration_id, with_for_update=True)


def stale_reservations(session: Session, before: datetime) -> Sequence[Reservation]:
    return session.scalars(
        select(Reservation)
        .where(Reservation.activated_at.is_(None), Reservation.reserved_at < before)
        .with_for_update(skip_locked=True)
        .limit(500)
    ).all()


def attempt(session: Session, key: str) -> Attempt | None:
    return session.get(Attempt, key, with_for_update=True)


def forget_attempts(session: Session, *keys: str) -> None:
    session.execute(delete(Attempt).where(Attempt.key.in_(keys)))


def open_sessions(session: Session, account_id: str) -> Sequence[UserSession]:
    return session.scalars(
        select(UserSession)
        .where(UserSession.account_id == account_id, UserSession.closed_at.is_(None))
        .order_by(UserSession.last_seen_at.desc())
    ).all()


def rights_of(session: Session, account_id: str) -> Sequence[Delegation]:
    """The person's delegations that weren't ended."""
    return session.scalars(
        select(Delegation).where(Delegation.account_id == account_id, Delegation.ended_at.is_(None))
    ).all()


def rights_on(session: Session, structure_id: str, *, locked: bool = False) -> Sequence[Delegation]:
    """The structure's delegations that weren't ended."""
    query = select(Delegation).where(Delegation.structure_id == structure_id, Delegation.ended_at.is_(None))
    return session.scalars(query.with_for_update() if locked else query).all()


def right(delegation: Delegation) -> Right:
    """The row as the rules see it."""
    return Right(
        delegation_id=delegation.delegation_id,
        account_id=delegation.account_id,
        role=Role(delegation.role),
        ends_on=delegation.ends_on,
        revoked=delegation.ended_at is not None,
    )


def representative(session: Session, structure_id: str) -> Account | None:
    return session.scalar(
        select(Account)
        .join(Delegation, Delegation.account_id == Account.account_id)
        .where(
            Delegation.structure_id == structure_id,
            Delegation.ended_at.is_(None),
            Delegation.role == Role.LEGAL_REPRESENTATIVE,
        )
    )


def lock_structure(session: Session, structure_id: str) -> Structure | None:
    """The structure's row, held: rights of one structure change one at a time."""
    return session.get(Structure, structure_id, with_for_update=True)


def open_establishment(session: Session, structure_id: str, establishment_id: str) -> Establishment | None:
    found = session.get(Establishment, establishment_id)
    return found if found and found.open and found.structure_id == structure_id else None


def members(session: Session, structure_id: str) -> Sequence[tuple[Membership, Account]]:
    found = session.execute(
        select(Membership, Account)
        .join(Account, Account.account_id == Membership.account_id)
        .where(Membership.structure_id == structure_id)
        .order_by(Membership.added_at, Membership.account_id)
    )
    return [(membership, account) for membership, account in found]


def membership(session: Session, structure_id: str, account_id: str) -> Membership | None:
    return session.scalar(
        select(Membership).where(Membership.structure_id == structure_id, Membership.account_id == account_id)
    )


def people_of(session: Session, structure_id: str) -> set[str]:
    """Accounts that hold or held a right on the structure, or are in its list."""
    held = select(Delegation.account_id).where(Delegation.structure_id == structure_id)
    listed = select(Membership.account_id).where(Membership.structure_id == structure_id)
    return set(session.scalars(held.union(listed)))


def link(session: Session, token_hash: bytes) -> Link | None:
    return session.scalar(select(Link).where(Link.token_hash == token_hash).with_for_update())


def close_links(session: Session, account_id: str, purpose: str, at: datetime) -> None:
    """Make earlier links of one purpose worthless."""
    session.execute(
        update(Link)
        .where(Link.account_id == account_id, Link.purpose == purpose, Link.used_at.is_(None))
        .values(used_at=at)
    )


def open_email_change(session: Session, account_id: str) -> EmailChange | None:
    return session.scalar(
        select(EmailChange)
        .where(EmailChange.account_id == account_id, EmailChange.closed_at.is_(None))
        .with_for_update()
    )


def codes_sent_since(session: Session, account_id: str, since: datetime) -> int:
    return (
        session.scalar(select(func.count()).where(MobileCode.account_id == account_id, MobileCode.sent_at > since)) or 0
    )


def latest_mobile_code(session: Session, account_id: str) -> MobileCode | None:
    return session.scalar(
        select(MobileCode)
        .where(MobileCode.account_id == account_id, MobileCode.closed_at.is_(None))
        .order_by(MobileCode.sent_at.desc())
        .limit(1)
        .with_for_update()
    )


def sign_in_step(session: Session, token_hash: bytes) -> SignInStep | None:
    return session.scalar(select(SignInStep).where(SignInStep.token_hash == token_hash).with_for_update())


def waiting_pairings(session: Session, structure_id: str, now: datetime) -> int:
    return (
        session.scalar(
            select(func.count()).where(
                Pairing.structure_id == structure_id, Pairing.used_at.is_(None), Pairing.expires_at > now
            )
        )
        or 0
    )


def terminals(session: Session, structure_id: str) -> Sequence[Terminal]:
    return session.scalars(
        select(Terminal)
        .where(Terminal.structure_id == structure_id)
        .order_by(Terminal.revoked_at.is_not(None), Terminal.paired_at.desc())
    ).all()


def latest_transfer(session: Session, structure_id: str) -> RepresentativeTransfer | None:
    return session.scalar(
        select(RepresentativeTransfer)
        .where(RepresentativeTransfer.structure_id == structure_id)
        .order_by(RepresentativeTransfer.transfer_id.desc())
        .limit(1)
    )


def transfers(
    session: Session, state: str | None, waited: ColumnElement[bool], cursor: str | None, limit: int
) -> Sequence[tuple[RepresentativeTransfer, Structure]]:
    """Oldest first, after the cursor (a transfer id: they grow with time). `waited`: the condition of a band of age."""
    conditions = [waited]
    if state:
        conditions.append(RepresentativeTransfer.state == state)
    if cursor:
        conditions.append(RepresentativeTransfer.transfer_id > cursor)
    found = session.execute(
        select(RepresentativeTransfer, Structure)
        .join(Structure, Structure.structure_id == RepresentativeTransfer.structure_id)
        .where(*conditions)
        .order_by(RepresentativeTransfer.transfer_id)
        .limit(limit)
    )
    return [(transfer, structure) for transfer, structure in found]
