"""Writing and reading a convention's chain of evidence. Whoever writes holds the convention's row lock, so that links
come one after the other."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from services.chassis import serializer
from services.chassis.actor import Actor
from services.chassis.database import UnitOfWork
from services.chassis.ids import new_id
from services.chassis.vault import Vault
from services.conventions import repository
from services.conventions.domain import evidence
from services.conventions.domain.evidence import Evidence, Link
from services.conventions.models import Convention, EvidenceLink

VAULT = Vault("conventions")
_TABLE, _COLUMN = "evidence", "facts"


def next_link(convention: Convention, kind: Evidence, facts: Mapping[str, Any], at: datetime) -> Link:
    """The link that would come next, not stored."""
    return evidence.link(
        convention.id, convention.chain_length + 1, evidence.instant(at), kind, facts, convention.chain_head
    )


def store(uow: UnitOfWork, convention: Convention, link: Link) -> None:
    """Store a link made by `next_link` for the convention as it is now."""
    row_id = new_id()
    clear = evidence.canonical(link.facts).decode()
    uow.session.add(
        EvidenceLink(
            id=row_id,
            convention_id=convention.id,
            sequence=link.sequence,
            at=datetime.fromisoformat(link.at),
            kind=link.kind,
            facts_sealed=VAULT.seal(clear, table=_TABLE, column=_COLUMN, row_id=row_id),
            previous=link.previous,
            hash=link.hash,
        )
    )
    convention.chain_length = link.sequence
    convention.chain_head = link.hash


def append(uow: UnitOfWork, convention: Convention, kind: Evidence, /, **facts: Any) -> Link:
    """Add what has just happened to the convention's chain."""
    link = next_link(convention, kind, facts, uow.now)
    store(uow, convention, link)
    return link


def read(session: Session, convention_id: str) -> list[Link]:
    """The whole chain in clear, in order."""
    return [_opened(row) for row in repository.evidence(session, convention_id)]


def _opened(row: EvidenceLink) -> Link:
    clear = VAULT.open(row.facts_sealed, table=_TABLE, column=_COLUMN, row_id=row.id)
    return Link(row.sequence, evidence.instant(row.at), row.kind, serializer.loads(clear), row.previous, row.hash)


def who(actor: Actor, ip: str, user_agent: str) -> dict[str, Any]:
    """The part of the facts that says who acted and from where."""
    return {
        "account_id": actor.account_id,
        "session_id": actor.scope.get("session_id"),
        "ip": ip,
        "user_agent": user_agent,
    }
