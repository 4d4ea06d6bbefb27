"""The queries of partners that more than one use case needs."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, text
from sqlalchemy.orm import Session

from services.partners.domain.application import State
from services.partners.models import (
    Application,
    BankAccount,
    Base,
    Document,
    DraftLink,
    Establishment,
    HistoryEntry,
    Note,
    PartnerNumberCounter,
    ReviewItem,
    Revision,
    Structure,
)


def application_by_token(session: Session, token_digest: bytes, *, lock: bool = False) -> Application | None:
    """The application whose capability has this digest, whatever its state."""
    query = select(Application).where(Application.token_digest == token_digest)
    return session.scalars(query.with_for_update() if lock else query).one_or_none()


def application(session: Session, application_id: str, *, lock: bool = False) -> Application | None:
    """A submitted application; drafts are nobody's business."""
    query = select(Application).where(
        Application.application_id == application_id, Application.state != State.DRAFT.value
    )
    return session.scalars(query.with_for_update() if lock else query).one_or_none()


def application_of_structure(session: Session, structure_id: str, *, lock: bool = False) -> Application | None:
    """The structure's submitted application."""
    query = select(Application).where(Application.structure_id == structure_id, Application.state != State.DRAFT.value)
    return session.scalars(query.with_for_update() if lock else query).one_or_none()


def documents(session: Session, application_id: str) -> Sequence[Document]:
    """The files present, oldest first."""
    query = select(Document).where(Document.application_id == application_id, Document.removed_at.is_(None))
    return session.scalars(query.order_by(Document.uploaded_at, Document.document_id)).all()


def document(session: Session, application_id: str, document_id: str) -> Document | None:
    """A file of that application that was not removed."""
    found = session.get(Document, document_id)
    if found is None or found.application_id != application_id or found.removed_at is not None:
        return None
    return found


def items(session: Session, application_id: str) -> dict[str, ReviewItem]:
    """The verdicts of an application, by item."""
    query = select(ReviewItem).where(ReviewItem.application_id == application_id)
    return {row.item: row for row in session.scalars(query)}


def revision(session: Session, application_id: str, round_: int) -> dict[str, dict[str, object]]:
    """What each item held when that round was sent."""
    query = select(Revision).where(Revision.application_id == application_id, Revision.round == round_)
    return {row.item: row.content for row in session.scalars(query)}


def history(session: Session, application_id: str, *, public_only: bool) -> Sequence[HistoryEntry]:
    """What happened, oldest first."""
    query = select(HistoryEntry).where(HistoryEntry.application_id == application_id)
    if public_only:
        query = query.where(HistoryEntry.public)
    return session.scalars(query.order_by(HistoryEntry.at, HistoryEntry.entry_id)).all()


def notes(session: Session, application_id: str) -> Sequence[Note]:
    """Internal notes, oldest first."""
    query = select(Note).where(Note.application_id == application_id)
    return session.scalars(query.order_by(Note.at, Note.note_id)).all()


def links_sent_since(session: Session, application_id: str, since: object) -> int:
    """How many links were mailed for a draft since an instant."""
    query = select(func.count()).where(DraftLink.application_id == application_id, DraftLink.sent_at >= since)
    return session.scalar(query) or 0


def bank_accounts(session: Session, structure_id: str) -> Sequence[BankAccount]:
    """A structure's versions, the latest first."""
    query = select(BankAccount).where(BankAccount.structure_id == structure_id)
    return session.scalars(query.order_by(BankAccount.version.desc())).all()


def seat(session: Session, structure_id: str) -> Establishment | None:
    """The structure's seat."""
    query = select(Establishment).where(Establishment.structure_id == structure_id, Establishment.is_seat)
    return session.scalars(query).one_or_none()


def structures(session: Session, structure_ids: Iterable[str]) -> Sequence[Structure]:
    """Those of the structures that exist."""
    return session.scalars(select(Structure).where(Structure.structure_id.in_(list(structure_ids)))).all()


def named(session: Session, words: str, limit: int) -> Sequence[Structure]:
    """Structures with that partner number, or whose name holds these words."""
    found = or_(Structure.partner_number == words.upper(), Structure.name.icontains(words, autoescape=True))
    return session.scalars(select(Structure).where(found).order_by(Structure.name).limit(limit)).all()


def counter(session: Session) -> PartnerNumberCounter:
    """The one row of the counter, locked until the transaction ends."""
    return session.scalars(select(PartnerNumberCounter).with_for_update()).one()


def lookalikes(session: Session, found: Application) -> Sequence[Application]:
    """Other applications, not rejected drafts, that share an IBAN, a SIRET, an e-mail, a phone or a mobile."""
    siret = found.structure.get("siret")
    email = (found.structure.get("email") or "").lower()
    phone = found.structure.get("phone")
    rna = found.structure.get("rna")
    alike = [
        Application.iban_fingerprint == found.iban_fingerprint,
        Application.structure["siret"].astext == siret,
        func.lower(Application.structure["email"].astext) == email,
        Application.mobile_fingerprint == found.mobile_fingerprint,
        Application.person_email_fingerprint == found.person_email_fingerprint,
    ]
    if phone:
        alike.append(Application.structure["phone"].astext == phone)
    if rna:
        alike.append(Application.structure["rna"].astext == rna)
    query = select(Application).where(
        or_(*alike),
        Application.application_id != found.application_id,
        Application.state != State.DRAFT.value,
    )
    return session.scalars(query.order_by(Application.submitted_at.desc()).limit(20)).all()


def unpurged(session: Session, limit: int) -> Sequence[Document]:
    """Removed files whose content nobody will look at again: of drafts and of decided applications."""
    query = (
        select(Document)
        .join(Application, Application.application_id == Document.application_id)
        .where(
            Document.removed_at.is_not(None),
            Document.purged_at.is_(None),
            Application.state.in_([State.DRAFT.value, State.APPROVED.value, State.REJECTED.value]),
        )
    )
    return session.scalars(query.order_by(Document.removed_at).limit(limit)).all()


def documents_of_rejected(session: Session, before: datetime, limit: int) -> Sequence[Document]:
    """Files of applications that were rejected before this instant."""
    query = (
        select(Document)
        .join(Application, Application.application_id == Document.application_id)
        .where(
            Document.removed_at.is_(None),
            Application.state == State.REJECTED.value,
            Application.decided_at < before,
        )
    )
    return session.scalars(query.limit(limit)).all()


def content_needed(session: Session, sha256: str) -> bool:
    """Whether any row of this service still names this content: a document that is there, a RIB, a logo, a resource,
    an attachment."""
    there = and_(
        or_(Document.sha256 == sha256, Document.preview_sha256 == sha256),
        Document.purged_at.is_(None),
        Document.removed_at.is_(None),
    )
    if session.scalar(select(exists().where(there))):
        return True
    return any(session.scalar(select(exists().where(column == sha256))) for column in _columns_naming_content())


def _columns_naming_content() -> list[ColumnElement[str]]:
    """Every column of the other tables that holds a content's SHA-256."""
    tables = [table for table in Base.metadata.sorted_tables if table is not Document.__table__]
    return [column for table in tables for column in table.columns if column.name.endswith("sha256")]


def lock_content(session: Session, sha256: str) -> None:
    """Nobody else adds or purges the same content until this transaction ends."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:sha256, 1))"), {"sha256": sha256})
