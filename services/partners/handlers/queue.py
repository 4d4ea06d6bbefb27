"""«Demandes à instruire»: the queue, its counts, and the screen of one application."""

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from datetime import date as day
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_
from sqlalchemy.orm import Session

from services.chassis.ages import Ages
from services.chassis.database import BoundDatabase, UnitOfWork
from services.partners import catalogue, repository, views
from services.partners.domain.application import Action, State, allowed
from services.partners.domain.bank_account import compared_with_rib
from services.partners.domain.documents import BANK_DETAILS
from services.partners.domain.waiting import AGE_LIMITS_DAYS
from services.partners.handlers import revisions
from services.partners.handlers.review import open_application
from services.partners.handlers.submission import present
from services.partners.models import Application, Document

PAGE = 25
AGES = Ages(*AGE_LIMITS_DAYS)
CORRECTED = "corrected"
"""Asked for like a state: under review again, with the partner's corrections."""
_NEVER = datetime.min.replace(tzinfo=UTC)
WAITING_FOR_THE_CAF = (State.SUBMITTED.value, State.IN_REVIEW.value)
_NAME = func.lower(Application.structure["name"].astext)
_SORTS: dict[str, tuple[Any, bool]] = {
    "oldest": (Application.waiting_since, False),
    "newest": (Application.waiting_since, True),
    "name": (_NAME, False),
}


def applications(
    uow: UnitOfWork,
    state: str | None,
    assigned_to: str | None,
    structure_type: str | None,
    words: str | None,
    age: str | None,
    sort: str,
    cursor: str | None,
) -> dict[str, Any]:
    """One page of the queue; without a state, what waits for the Caf. `assigned_to`: an id, "me", "nobody", or
    "me_or_nobody": what waits for the caller. `age`: the code of a band."""
    query = select(Application).where(*_filters(uow, state, assigned_to, structure_type, words))
    query = query.where(AGES.within(age, Application.waiting_since, uow.now))
    rows: list[Application] = list(uow.session.scalars(_page(query, sort, cursor)))
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    return {
        "items": [_line(row, uow.now) for row in rows],
        "next_cursor": _cursor(rows[-1], sort) if more else None,
        "counts": _counts(uow.session),
        "ages": AGES.shown(),
    }


def _filters(
    uow: UnitOfWork, state: str | None, assigned_to: str | None, structure_type: str | None, words: str | None
) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = _standing(state)
    if assigned_to == "nobody":
        found.append(Application.assigned_to.is_(None))
    elif assigned_to == "me_or_nobody":
        found.append(_for_the_caller(uow))
    elif assigned_to:
        found.append(Application.assigned_to == (uow.actor.account_id if assigned_to == "me" else assigned_to))
    if structure_type:
        found.append(Application.structure_type == structure_type)
    if words and words.strip():
        found.append(_matching(words.strip()))
    return found


def _standing(state: str | None) -> list[ColumnElement[bool]]:
    if state == "all":
        return [Application.state != State.DRAFT.value]
    if state == CORRECTED:
        return [Application.state == State.IN_REVIEW.value, Application.round > 1]
    wanted = [state] if state and state != State.DRAFT else WAITING_FOR_THE_CAF
    return [Application.state.in_(wanted)]


def _for_the_caller(uow: UnitOfWork) -> ColumnElement[bool]:
    """In the caller's hands or in nobody's."""
    return or_(Application.assigned_to.is_(None), Application.assigned_to == uow.actor.account_id)


def _matching(words: str) -> ColumnElement[bool]:
    """Reference, SIRET, or words of the name or the commune."""
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    like = f"%{escaped.lower()}%"
    return or_(
        func.lower(Application.reference) == words.lower(),
        Application.structure["siret"].astext == words.replace(" ", ""),
        _NAME.like(like),
        func.lower(Application.structure["commune_name"].astext).like(like),
    )


def _page(query: Select[Application], sort: str, cursor: str | None) -> Select[Application]:
    """Keyset paging: the order's column, then the id, so that no line is seen twice or missed."""
    column, descending = _SORTS[sort]
    order = (column, Application.application_id)
    if cursor:
        place = tuple_(*_place(cursor, sort))
        query = query.where(tuple_(*order) < place if descending else tuple_(*order) > place)
    ordered = [part.desc() for part in order] if descending else list(order)
    return query.order_by(*ordered).limit(PAGE + 1)


def _cursor(row: Application, sort: str) -> str:
    value = row.structure["name"].lower() if sort == "name" else (row.waiting_since or row.saved_at).isoformat()
    return base64.urlsafe_b64encode(json.dumps([value, row.application_id]).encode()).decode()


def _place(cursor: str, sort: str) -> tuple[Any, str]:
    """A cursor that isn't one of ours means the first page's end: nothing more."""
    try:
        value, application_id = json.loads(base64.urlsafe_b64decode(cursor))
        return (value if sort == "name" else datetime.fromisoformat(value)), str(application_id)
    except (ValueError, TypeError):
        return ("" if sort == "name" else _NEVER), "00000000-0000-0000-0000-000000000000"


def _line(row: Application, now: datetime) -> dict[str, Any]:
    waiting_since = row.waiting_since or row.saved_at
    return {
        "application_id": row.application_id,
        "reference": row.reference,
        "structure_id": row.structure_id,
        "name": row.structure.get("name", ""),
        "structure_type": row.structure_type,
        "structure_type_label": views.structure_type_label(row.structure_type),
        "commune_name": row.structure.get("commune_name", ""),
        "state": row.state,
        "round": row.round,
        "submitted_at": row.submitted_at,
        "waiting_since": waiting_since,
        "age_days": (now - waiting_since).days,
        "assigned_to": row.assigned_to,
    }


def _counts(session: Session) -> dict[str, int]:
    """How many applications stand in each state."""
    query = select(Application.state, func.count()).where(Application.state != State.DRAFT.value)
    found: dict[str, int] = dict(session.execute(query.group_by(Application.state)).tuples().all())
    return {state.value: found.get(state.value, 0) for state in State if state is not State.DRAFT}


def application_counts(uow: UnitOfWork) -> dict[str, Any]:
    """What the back office's home says of applications: how many stand where (`to_take`: in nobody's hands,
    `in_review`: in somebody's, `mine`: in the caller's); and of those that wait for the caller (`waiting`; `corrected`:
    with corrections) how many, since when, and by age."""
    counts = _counts(uow.session)
    holder = Application.assigned_to
    held = {"to_take": holder.is_(None), "in_review": holder.is_not(None), "mine": holder == uow.actor.account_id}
    counted = select(*(func.count().filter(condition).label(name) for name, condition in held.items()))
    return {
        **uow.session.execute(counted.where(*_standing(None))).mappings().one(),
        **{state: counts[state] for state in ("correction_requested", "approved", "rejected")},
        "waiting": _waiting(uow, None),
        "corrected": _waiting(uow, CORRECTED),
    }


def _waiting(uow: UnitOfWork, state: str | None) -> dict[str, Any]:
    """What the list of that state holds for the caller."""
    return AGES.waiting(
        uow.session.execute, Application.waiting_since, uow.now, *_standing(state), _for_the_caller(uow)
    )


def application(database: BoundDatabase, call: Any, identity: Any) -> dict[str, Any]:
    """The instructor's screen; the representative is identity's to tell."""
    with database.unit_of_work(call) as uow:
        found = open_application(uow, call.arguments["application_id"])
        shown = _shown(uow, found)
        whose = found.registration_id, found.structure_id
        uow.audit("application:look", found.application_id, structure_id=found.structure_id)
    shown["representative"] = revisions.person_of(identity, call, *whose)
    return shown


def _shown(uow: UnitOfWork, found: Application) -> dict[str, Any]:
    rows, files, _ = present(uow, found)
    session, application_id = uow.session, found.application_id
    after = repository.revision(session, application_id, found.round)
    before = repository.revision(session, application_id, found.round - 1) if found.round > 1 else {}
    structure = repository.structures(session, [found.structure_id])[0]
    return {
        "application_id": application_id,
        "structure_id": found.structure_id,
        "reference": found.reference,
        "state": found.state,
        "version": found.version,
        "round": found.round,
        "assigned_to": found.assigned_to,
        "structure_type": found.structure_type,
        "structure_type_label": views.structure_type_label(found.structure_type),
        "structure": found.structure,
        "before": views.told_before(before),
        "activities": views.activities(found.activities),
        "federation": found.federation,
        "bank_account": views.bank_account(found),
        "representative": None,
        "items": views.items(found, rows, files, before, after),
        "checks": checks_of(found, files, uow.today),
        "duplicates": duplicates(session, found),
        "notes": views.notes(repository.notes(session, application_id)),
        "history": views.history(repository.history(session, application_id, public_only=False)),
        "reasons": catalogue.reasons(),
        "may": sorted(_may(found)),
        "partner_number": structure.partner_number,
        "rejection_reason": found.rejection_reason,
        "message": found.message,
        "submitted_at": found.submitted_at,
    }


def _may(found: Application) -> set[str]:
    """What the agent may do now; judging an application that nobody has taken takes it."""
    state = State(found.state)
    actions = {action.value for action in allowed(state) if action not in (Action.SUBMIT, Action.RESUBMIT)}
    return actions | {Action.JUDGE, Action.REJECT} if state is State.SUBMITTED else actions


def checks_of(found: Application, files: Sequence[Document], today: day) -> list[dict[str, str]]:
    """What the machine can say of the answers, to spare the agent a look."""
    structure, told = found.structure, []
    told.append({"tone": "good", "text": "SIRET : clé de contrôle exacte."})
    if structure.get("rna"):
        told.append({"tone": "good", "text": "RNA : forme exacte."})
    elif found.structure_type == "association":
        told.append({"tone": "waiting", "text": "RNA absent : normal en Alsace-Moselle seulement."})
    bank = found.bank_name or "banque inconnue du répertoire"
    told.append({"tone": "good", "text": f"IBAN : clés exactes ; {bank}."})
    told += [compared_with_rib(found.iban_fingerprint, file.ibans_read) for file in files if file.kind == BANK_DETAILS]
    if not structure.get("commune_code"):
        told.append({"tone": "waiting", "text": "Siège hors du département."})
    if (found.holder or "").casefold() != (structure.get("name") or "").casefold():
        told.append({"tone": "waiting", "text": f"Titulaire du compte : « {found.holder} », à comparer avec le nom."})
    return told + _checks_of_dates(found, today)


def _checks_of_dates(found: Application, today: day) -> list[dict[str, str]]:
    """Documents that are over or too old, by the date that the applicant read on them."""
    kinds = {kind.kind: kind for kind in catalogue.structure_types()[found.structure_type or ""].documents}
    told = []
    for name, written in found.document_dates.items():
        kind, on = kinds.get(name), day.fromisoformat(written)
        if kind is None:
            continue
        word = "valable jusqu’au" if kind.date == "expires" else "du"
        over = kind.out_of_date(on, today)
        verdict = " : pièce périmée ou trop ancienne." if over else "."
        told.append({"tone": "bad" if over else "good", "text": f"{kind.label} {word} {on:%d/%m/%Y}{verdict}"})
    return told


def duplicates(session: Session, found: Application) -> list[dict[str, Any]]:
    """The same IBAN, SIRET, RNA, e-mail or phone elsewhere: a warning with the other's name."""
    warned = []
    for other in repository.lookalikes(session, found):
        for what in _alike(found, other):
            warned.append(
                {
                    "what": what,
                    "structure_id": other.structure_id,
                    "application_id": other.application_id,
                    "name": other.structure.get("name", ""),
                    "state": other.state,
                }
            )
    return warned


def _alike(one: Application, other: Application) -> list[str]:
    same = {
        "iban": one.iban_fingerprint == other.iban_fingerprint,
        "mobile": one.mobile_fingerprint == other.mobile_fingerprint,
        "person_email": one.person_email_fingerprint == other.person_email_fingerprint,
    }
    for name in ("siret", "rna", "phone"):
        value = one.structure.get(name)
        same[name] = bool(value) and value == other.structure.get(name)
    same["email"] = (one.structure.get("email") or "").lower() == (other.structure.get("email") or "").lower()
    return [what for what, found in same.items() if found]
