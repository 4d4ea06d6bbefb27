"""Counter-signing many: a job with one item per convention. Items are worked off one by one by whichever process
claims them; one that fails is reported and doesn't stop the rest; a job for the same conventions later signs what is
left and finds the others signed already."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, insert

from services.chassis import serializer
from services.chassis.ages import Ages
from services.chassis.database import DATABASE_AWAY, BoundDatabase, UnitOfWork
from services.chassis.ids import new_id
from services.chassis.refusals import Unavailable, refusal_of
from services.conventions import repository
from services.conventions.domain.refusals import ConventionUnknown, NothingToSign
from services.conventions.domain.waiting import AGE_LIMITS_DAYS
from services.conventions.handlers import chain
from services.conventions.handlers.countersigning import Signatory, countersign
from services.conventions.models import Convention, CountersignItem, CountersignJob

MAX_ITEMS = 1000
AGES = Ages(*AGE_LIMITS_DAYS)
RECENT = 5
_ORIGIN = {"table": "countersign_job", "column": "origin"}
_TRANSIENT = frozenset({"unavailable", "seal_unavailable"})
_TRIES = 3
_log = logging.getLogger(__name__)


def start(uow: UnitOfWork, *, convention_ids: Sequence[str], ip: str, user_agent: str) -> dict[str, Any]:
    """Note what the actor wants signed; the work begins within a second. Raises ConventionUnknown."""
    wanted = list(dict.fromkeys(convention_ids))
    if set(wanted) != repository.known_ids(uow.session, wanted):
        raise ConventionUnknown
    job_id = new_id()
    origin = serializer.dumps({"ip": ip, "user_agent": user_agent})
    job = CountersignJob(
        id=job_id,
        account_id=uow.actor.account_id,
        origin_sealed=chain.VAULT.seal(origin, row_id=job_id, **_ORIGIN),
        started_at=uow.now,
    )
    uow.session.add(job)
    uow.session.flush()
    rows = [
        {"job_id": job_id, "convention_id": one, "position": position, "state": "waiting"}
        for position, one in enumerate(wanted, 1)
    ]
    uow.session.execute(insert(CountersignItem), rows)
    uow.audit("convention:start_countersigning", job_id, conventions=len(rows))
    return progress(uow, job_id=job_id)


def start_all(
    uow: UnitOfWork,
    *,
    ip: str,
    user_agent: str,
    seen_at: datetime,
    words: str | None = None,
    kind: str | None = None,
    age: str | None = None,
) -> dict[str, Any]:
    """Everything of a list that waits for the Caf's signature, as the list was at `seen_at`: what came later hasn't
    been seen. The longest waiting first, `MAX_ITEMS` at most. Raises NothingToSign."""
    waited = and_(AGES.within(age, Convention.waiting_since, seen_at), Convention.waiting_since <= seen_at)
    found = repository.countersignable_ids(uow.session, words, kind, waited, MAX_ITEMS)
    if not found:
        raise NothingToSign
    return start(uow, convention_ids=found, ip=ip, user_agent=user_agent)


def progress(uow: UnitOfWork, *, job_id: str) -> dict[str, Any]:
    """How far a job is, and what became of each item. Raises JobUnknown."""
    job = repository.job(uow.session, job_id)
    items = [_item(*row) for row in repository.items(uow.session, job.id)]
    return {**_standing(job, Counter(item["state"] for item in items)), "items": items}


def recent(uow: UnitOfWork) -> dict[str, Any]:
    """The last jobs of every signatory, newest first, for finding the way back to a report."""
    return {"items": [_standing(*found) for found in repository.recent_jobs(uow.session, RECENT)]}


def _standing(job: CountersignJob, counted: Mapping[str, int]) -> dict[str, Any]:
    states = {state: counted.get(state, 0) for state in ("waiting", "signed", "already_signed", "failed")}
    return {
        "job_id": job.id,
        "account_id": job.account_id,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
        "total": sum(states.values()),
        **states,
    }


def _item(item: CountersignItem, name: str | None, partner_number: str | None) -> dict[str, Any]:
    return {
        "convention_id": item.convention_id,
        "structure_name": name or "",
        "partner_number": partner_number,
        "state": item.state,
        "reason": item.reason,
        "done_at": item.done_at,
    }


def work(database: BoundDatabase, identity: Any) -> int:
    """Work off what waits; returns how many items were done. Raises nothing that belongs to one item."""
    done = 0
    while claimed := _claim(database):
        item, job = claimed
        _finish(database, item, *_attempt(database, identity, item, job))
        done += 1
    return done


def _claim(database: BoundDatabase) -> tuple[CountersignItem, CountersignJob] | None:
    with database.unit_of_work() as uow:
        item = repository.claim_item(uow.session, uow.now)
        if item is None:
            return None
        item.claimed_at = uow.now
        item.attempts += 1
        return item, repository.job(uow.session, item.job_id)


def _attempt(
    database: BoundDatabase, identity: Any, item: CountersignItem, job: CountersignJob
) -> tuple[str, str | None]:
    """The item's new state and the reason of a failure."""
    try:
        countersign(database, item.convention_id, _signatory(identity, job))
        return "signed", None
    except (Unavailable, *DATABASE_AWAY):
        code = "unavailable"
    except Exception as fault:
        refusal = refusal_of(fault)
        if refusal is None:
            _log.exception("counter-signing %s failed", item.convention_id)
        code = refusal.code if refusal else "internal_error"
    if code == "already_countersigned":
        return "already_signed", None
    if code in _TRANSIENT and item.attempts < _TRIES:
        return "waiting", None
    return "failed", code


def _signatory(identity: Any, job: CountersignJob) -> Signatory:
    origin = serializer.loads(chain.VAULT.open(job.origin_sealed, row_id=job.id, **_ORIGIN))
    people = identity.call("persons", {"account_ids": [job.account_id]}, idempotent=True)
    person = people.get(job.account_id) or {"first_name": "", "last_name": "Agent habilité"}
    return Signatory(job.account_id, person["first_name"], person["last_name"], origin["ip"], origin["user_agent"])


def _finish(database: BoundDatabase, item: CountersignItem, state: str, reason: str | None) -> None:
    with database.unit_of_work() as uow:
        row = uow.session.get(CountersignItem, (item.job_id, item.convention_id), with_for_update=True)
        if row is None or row.state != "waiting":
            return
        row.state, row.reason = state, reason
        row.claimed_at = uow.now if state == "waiting" else None
        row.done_at = None if state == "waiting" else uow.now
        uow.session.flush()
        job = uow.session.get(CountersignJob, item.job_id, with_for_update=True)
        if job is not None and not repository.has_waiting(uow.session, item.job_id):
            job.finished_at = uow.now
