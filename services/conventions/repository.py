"""The queries."""

import base64
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from services.conventions.domain.refusals import ConventionUnknown, JobUnknown
from services.conventions.domain.states import OPEN, ConventionState, Kind, RefusalCause
from services.conventions.models import (
    Convention,
    CountersignItem,
    CountersignJob,
    Document,
    EvidenceLink,
    SigningCode,
    Structure,
)

CLAIM_LASTS = timedelta(seconds=60)


def by_id(session: Session, convention_id: str, *, lock: bool = False) -> Convention:
    """Raises ConventionUnknown."""
    query = select(Convention).where(Convention.id == str(convention_id))
    found = session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise ConventionUnknown
    return found


def family_of(session: Session, convention_id: str) -> list[Convention]:
    """A convention and all others of its structure, locked, the newest first: in the order in which a counter-signature
    locks one and what it replaces. Raises ConventionUnknown."""
    structure_id = session.scalar(select(Convention.structure_id).where(Convention.id == str(convention_id)))
    if structure_id is None:
        raise ConventionUnknown
    query = select(Convention).where(Convention.structure_id == structure_id).order_by(Convention.id.desc())
    return list(session.scalars(query.with_for_update()))


def others_of(session: Session, found: Convention) -> list[Convention]:
    """All other conventions of the structure, the newest first."""
    query = select(Convention).where(Convention.structure_id == found.structure_id, Convention.id != found.id)
    return list(session.scalars(query.order_by(Convention.prepared_at.desc(), Convention.id.desc())))


def foremost_of(
    session: Session, structure_id: str | None, today: date, *, lock: bool = False
) -> Convention | None:
    """The convention that matters to the structure: the open one, else the newest that binds or will, else the one that
    ended last. What only fell with another is no story of its own."""
    if structure_id is None:
        return None
    fell = and_(Convention.state == ConventionState.REFUSED, Convention.cause == RefusalCause.TERMINATION)
    order = (
        Convention.state.in_(OPEN).desc(),
        _lives(today).desc(),
        func.coalesce(fell, False),
        Convention.waiting_since.desc(),
        Convention.prepared_at.desc(),
        Convention.id.desc(),
    )
    query = select(Convention).where(Convention.structure_id == structure_id).order_by(*order).limit(1)
    return session.scalar(query.with_for_update() if lock else query)


def _lives(today: date) -> Any:
    """Signed by both, and not over."""
    ends_later = and_(Convention.state == ConventionState.TERMINATED, Convention.terminated_on > today)
    return func.coalesce(or_(Convention.state == ConventionState.ACTIVE, ends_later), False)


def living_of(session: Session, structure_id: str, today: date) -> list[Convention]:
    """What both have signed and isn't over, in the order in which it binds."""
    query = select(Convention).where(Convention.structure_id == structure_id, _lives(today))
    return list(session.scalars(query.order_by(Convention.effective_on)))


def open_of(session: Session, structure_id: str) -> Convention | None:
    query = select(Convention).where(Convention.structure_id == structure_id, Convention.state.in_(OPEN))
    return session.scalar(query)


def to_sign(session: Session, structure_id: str | None, today: date) -> Convention:
    """The structure's open or foremost convention, locked. Raises ConventionUnknown."""
    found = foremost_of(session, structure_id, today, lock=True)
    if found is None:
        raise ConventionUnknown
    return found


def downloadable_of(session: Session, structure_id: str | None) -> Convention | None:
    """The newest convention signed by both, else the newest that has a document."""
    if structure_id is None:
        return None
    query = (
        select(Convention)
        .where(
            Convention.structure_id == structure_id,
            or_(Convention.sealed_sha256.is_not(None), Convention.document_id.is_not(None)),
        )
        .order_by(Convention.sealed_sha256.is_(None), Convention.prepared_at.desc())
        .limit(1)
    )
    return session.scalar(query)


def signed_of(session: Session, structure_id: str | None) -> Convention | None:
    """The newest convention that the structure signed."""
    query = (
        select(Convention)
        .where(Convention.structure_id == structure_id, Convention.signed_at.is_not(None))
        .order_by(Convention.signed_at.desc())
        .limit(1)
    )
    return session.scalar(query) if structure_id else None


def initial_of(session: Session, application_id: str) -> Convention | None:
    """The application's convention; of several, prepared again after a refusal, the newest."""
    query = select(Convention).where(Convention.application_id == application_id, Convention.kind == "initial")
    return session.scalar(query.order_by(Convention.prepared_at.desc()).limit(1).with_for_update())


def add_initial(session: Session, **columns: Any) -> Convention | None:
    """The new convention, or None if the application has one."""
    query = (
        insert(Convention)
        .values(**columns)
        .on_conflict_do_nothing(
            index_elements=["application_id"],
            index_where=and_(Convention.kind == "initial", Convention.replaces_id.is_(None)),
        )
        .returning(Convention)
    )
    return session.scalar(query)


def document(session: Session, document_id: str | None) -> Document | None:
    return session.get(Document, document_id) if document_id else None


def last_code(session: Session, convention_id: str) -> SigningCode | None:
    """The code asked for last, whatever became of it."""
    query = (
        select(SigningCode)
        .where(SigningCode.convention_id == convention_id)
        .order_by(SigningCode.requested_at.desc(), SigningCode.id.desc())
        .limit(1)
    )
    return session.scalar(query)


def code_by_message(session: Session, provider: str, provider_id: str) -> SigningCode | None:
    query = select(SigningCode).where(SigningCode.provider == provider, SigningCode.provider_id == provider_id)
    return session.scalar(query)


def codes_on_their_way(session: Session, since: datetime) -> bool:
    """Whether the provider's answer is awaited for some code."""
    waiting = select(SigningCode.id).where(SigningCode.state == "requested", SigningCode.requested_at > since)
    return session.scalar(waiting.limit(1)) is not None


def sends_since(session: Session, convention_id: str, since: datetime) -> Sequence[datetime]:
    """When codes left for the representative; one that the provider refused doesn't count."""
    query = select(SigningCode.requested_at).where(
        SigningCode.convention_id == convention_id,
        SigningCode.requested_at > since,
        SigningCode.state != "not_sent",
    )
    return list(session.scalars(query))


def evidence(session: Session, convention_id: str) -> Sequence[EvidenceLink]:
    query = select(EvidenceLink).where(EvidenceLink.convention_id == convention_id).order_by(EvidenceLink.sequence)
    return list(session.scalars(query))


# ── the Caf's list ───────────────────────────────────────────────────────────────────────────────────
Line = tuple[Convention, Structure | None]
_ITS_STRUCTURE = (Structure, Structure.structure_id == Convention.structure_id)


def is_countersignable() -> Any:
    return and_(Convention.state == ConventionState.SIGNED_BY_PARTNER, Convention.approved_at.is_not(None))


def page(
    session: Session,
    *,
    state: str | None,
    countersignable: bool | None,
    words: str | None,
    cursor: str | None,
    limit: int,
    kind: str | None = None,
    sort: str = "oldest",
    waited: ColumnElement[bool] | None = None,
) -> tuple[list[Line], str | None]:
    """Longest waiting first, or last with ``sort="newest"``. ``waited``: the condition of a band of age."""
    query = select(Convention, Structure).outerjoin(*_ITS_STRUCTURE).where(*_narrowing(words, kind, waited))
    if state:
        query = query.where(Convention.state == state)
    if countersignable is not None:
        query = query.where(is_countersignable() if countersignable else ~is_countersignable())
    order, newest = (Convention.waiting_since, Convention.id), sort == "newest"
    if after := _decode(cursor):
        query = query.where(tuple_(*order) < after if newest else tuple_(*order) > after)
    query = query.order_by(*(column.desc() if newest else column for column in order)).limit(limit + 1)
    found: list[Line] = [(row[0], row[1]) for row in session.execute(query)]
    more = len(found) > limit
    lines = found[:limit]
    return lines, _encode(lines[-1][0]) if more and lines else None


def _narrowing(
    words: str | None, kind: str | None, waited: ColumnElement[bool] | None
) -> list[ColumnElement[bool]]:
    """The conditions of the list's filters, of a convention beside its structure."""
    found = [] if waited is None else [waited]
    if kind:
        found.append(Convention.kind == kind)
    if words and words.strip():
        found.append(_matches(words))
    return found


def to_countersign(session: Session, words: str | None, kind: str | None, waited: ColumnElement[bool]) -> int:
    """How many of all pages of a list wait for the Caf's signature."""
    counted = select(func.count()).select_from(Convention).outerjoin(*_ITS_STRUCTURE)
    return session.scalar(counted.where(is_countersignable(), *_narrowing(words, kind, waited))) or 0


def _matches(words: str) -> Any:
    """Every word occurs in the name, accents and case aside by the client's typing, or it is the number."""
    typed = words.strip()
    every = [Structure.name.icontains(word, autoescape=True) for word in typed.split()]
    return or_(and_(*every), Convention.partner_number == typed)


def _encode(last: Convention) -> str:
    return base64.urlsafe_b64encode(f"{last.waiting_since.isoformat()} {last.id}".encode()).decode()


def _decode(cursor: str | None) -> tuple[datetime, str] | None:
    if not cursor:
        return None
    try:
        at, _, last_id = base64.urlsafe_b64decode(cursor).decode().partition(" ")
        return datetime.fromisoformat(at), last_id
    except ValueError:
        return None


def structure(session: Session, structure_id: str) -> Structure | None:
    return session.get(Structure, structure_id)


def counts(session: Session, ending_before: date) -> dict[str, Any]:
    waiting = Convention.state == ConventionState.SIGNED_BY_PARTNER
    prepared = Convention.state == ConventionState.PREPARED
    active = Convention.state == ConventionState.ACTIVE
    query: Any = select(
        func.count().filter(is_countersignable()).label("to_countersign"),
        func.count().filter(waiting, Convention.approved_at.is_(None)).label("awaiting_approval"),
        func.count().filter(prepared).label("awaiting_partner"),
        func.min(Convention.waiting_since).filter(prepared).label("oldest_awaiting_partner_at"),
        func.count().filter(active).label("active"),
        func.count()
        .filter(active, Convention.replaced_by_id.is_(None), Convention.ends_on < ending_before)
        .label("ending_soon"),
    )
    return dict(session.execute(query).mappings().one())


# ── jobs ─────────────────────────────────────────────────────────────────────────────────────────────
def job(session: Session, job_id: str) -> CountersignJob:
    """Raises JobUnknown."""
    found = session.get(CountersignJob, str(job_id))
    if found is None:
        raise JobUnknown
    return found


def recent_jobs(session: Session, limit: int) -> list[tuple[CountersignJob, dict[str, int]]]:
    """The newest jobs, each with how many items stand in which state."""
    jobs = list(session.scalars(select(CountersignJob).order_by(CountersignJob.id.desc()).limit(limit)))
    query = (
        select(CountersignItem.job_id, CountersignItem.state, func.count())
        .where(CountersignItem.job_id.in_([found.id for found in jobs]))
        .group_by(CountersignItem.job_id, CountersignItem.state)
    )
    counted: dict[str, dict[str, int]] = {found.id: {} for found in jobs}
    for job_id, state, count in session.execute(query):
        counted[job_id][state] = count
    return [(found, counted[found.id]) for found in jobs]


def items(session: Session, job_id: str) -> list[tuple[CountersignItem, str | None, str | None]]:
    """Each item with its structure's name and its partner number, in order."""
    query = (
        select(CountersignItem, Structure.name, Convention.partner_number)
        .outerjoin(Convention, Convention.id == CountersignItem.convention_id)
        .outerjoin(Structure, Structure.structure_id == Convention.structure_id)
        .where(CountersignItem.job_id == job_id)
        .order_by(CountersignItem.position)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query)]


def claim_item(session: Session, now: datetime) -> CountersignItem | None:
    """The next waiting item that no process works on."""
    free = or_(CountersignItem.claimed_at.is_(None), CountersignItem.claimed_at < now - CLAIM_LASTS)
    query = (
        select(CountersignItem)
        .where(CountersignItem.state == "waiting", free)
        .order_by(CountersignItem.job_id, CountersignItem.position)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return session.scalar(query)


def countersignable_ids(
    session: Session, words: str | None, kind: str | None, waited: ColumnElement[bool], limit: int
) -> list[str]:
    """Those of a list that wait for the Caf's signature, the longest waiting first."""
    query = select(Convention.id).outerjoin(*_ITS_STRUCTURE)
    query = query.where(is_countersignable(), *_narrowing(words, kind, waited))
    return list(session.scalars(query.order_by(Convention.waiting_since, Convention.id).limit(limit)))


def known_ids(session: Session, convention_ids: Sequence[str]) -> set[str]:
    return set(session.scalars(select(Convention.id).where(Convention.id.in_(convention_ids))))


def has_waiting(session: Session, job_id: str) -> bool:
    query = select(CountersignItem.convention_id).where(
        CountersignItem.job_id == job_id, CountersignItem.state == "waiting"
    )
    return session.scalar(query.limit(1)) is not None


# ── what time does ───────────────────────────────────────────────────────────────────────────────────
def _in_force(today: date) -> Any:
    return and_(
        Convention.state == ConventionState.ACTIVE,
        Convention.replaced_by_id.is_(None),
        Convention.effective_on <= today,
        Convention.ends_on >= today,
    )


def _has_nothing_open() -> Any:
    other = aliased(Convention)
    return ~exists().where(other.structure_id == Convention.structure_id, other.state.in_(OPEN))


def _locked(session: Session, *conditions: Any, limit: int) -> list[Convention]:
    query = select(Convention).where(*conditions).order_by(Convention.id).limit(limit)
    return list(session.scalars(query.with_for_update(of=Convention)))


def with_older_text(session: Session, newest: str, today: date, limit: int) -> list[Convention]:
    """In force, with another text than the newest, and nothing of the structure waiting to be signed."""
    return _locked(session, _in_force(today), Convention.text_version != newest, _has_nothing_open(), limit=limit)


def ending(session: Session, today: date, until: date, limit: int) -> list[Convention]:
    """In force, ending by ``until``, without a successor, and with no renewal that the Caf refused."""
    soon = Convention.ends_on <= until
    return _locked(session, _in_force(today), soon, _has_nothing_open(), _is_to_be_renewed(), limit=limit)


def _is_to_be_renewed() -> Any:
    """What only fell with a termination that was withdrawn was never refused for itself."""
    other = aliased(Convention)
    refused = and_(other.kind == Kind.RENEWAL, other.state == ConventionState.REFUSED)
    for_itself = other.cause.is_distinct_from(RefusalCause.TERMINATION)
    return ~exists().where(other.replaces_id == Convention.id, refused, for_itself)


def ended(session: Session, today: date, limit: int) -> list[Convention]:
    """Active although their last day is over."""
    return _locked(session, Convention.state == ConventionState.ACTIVE, Convention.ends_on < today, limit=limit)


def text_versions_in_force(session: Session, today: date) -> dict[str, int]:
    """How many conventions in force have each version of the text."""
    query = select(Convention.text_version, func.count()).where(_in_force(today)).group_by(Convention.text_version)
    return {row[0]: row[1] for row in session.execute(query)}
