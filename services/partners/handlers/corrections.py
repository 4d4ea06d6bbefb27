"""The partner's side of the review: what was refused is open, everything else is locked."""

from collections.abc import Mapping
from typing import Any

from services.chassis.database import BoundDatabase, UnitOfWork
from services.chassis.files import FileStore
from services.chassis.refusals import NotAllowed
from services.partners import messages, repository, views
from services.partners.domain.application import Action, State, check_version, next_state
from services.partners.domain.refusals import ApplicationUnknown, DocumentUnknown, ItemLocked, ItemUnknown
from services.partners.domain.review import (
    GROUPS,
    Verdict,
    check_open,
    check_resubmission,
    document_key,
    group_key,
)
from services.partners.handlers import documents, revisions, structures
from services.partners.handlers.drafts import load_answers, touch, write_answers
from services.partners.handlers.submission import present, record, sync_items
from services.partners.models import Application

_PERSON_FIELDS = ("civility", "first_name", "last_name", "position")
"""What the representative corrects here. The e-mail address and the mobile are changed on the account's own page,
where each is confirmed."""


def own_application(uow: UnitOfWork) -> dict[str, Any]:
    """The caller's application, {"application": None} when there is none."""
    found = _own(uow)
    return {"application": _shown(uow, found) if found else None}


def _own(uow: UnitOfWork, *, lock: bool = False) -> Application | None:
    structure_id = uow.actor.scope.get("structure_id")
    return repository.application_of_structure(uow.session, structure_id, lock=lock) if structure_id else None


def _open_own(uow: UnitOfWork, *, lock: bool = True) -> Application:
    found = _own(uow, lock=lock)
    if found is None:
        raise ApplicationUnknown()
    return found


def _shown(uow: UnitOfWork, found: Application) -> dict[str, Any]:
    rows, files, _ = present(uow, found)
    decided = found.state == State.APPROVED
    return {
        "application_id": found.application_id,
        "reference": found.reference,
        "state": found.state,
        "version": found.version,
        "round": found.round,
        "structure_type": found.structure_type,
        "structure_type_label": views.structure_type_label(found.structure_type),
        "structure": found.structure,
        "activities": found.activities,
        "federation": found.federation,
        "bank_account": views.bank_account(found),
        "items": [_without_unsent(item, found) for item in views.items(found, rows, files, {}, {})],
        "message": found.message if found.state == State.CORRECTION_REQUESTED else None,
        "partner_number": _number_of(uow, found) if decided else None,
        "rejection_reason": found.rejection_reason,
        "submitted_at": found.submitted_at,
        "history": views.history(repository.history(uow.session, found.application_id, public_only=True)),
    }


def _without_unsent(item: dict[str, Any], found: Application) -> dict[str, Any]:
    """Verdicts are the Caf's own business until it sends them."""
    sent = found.state in (State.CORRECTION_REQUESTED, State.APPROVED)
    return item if sent else {**item, "verdict": Verdict.PENDING.value, "reason": None}


def _number_of(uow: UnitOfWork, found: Application) -> str | None:
    rows = repository.structures(uow.session, [found.structure_id])
    return rows[0].partner_number if rows else None


def correct_fields(database: BoundDatabase, call: Any, identity: Any) -> dict[str, Any]:
    """Correct one refused group of fields. What concerns an account is identity's to change, between two transactions.

    Refuses `item_unknown`, `item_locked`, `stale_version`, `validation_failed`, `email_already_used`.
    """
    group, version, given = (call.arguments[name] for name in ("group", "version", "answers"))
    if group == "representative" and not call.actor.has("legal_representative"):
        raise NotAllowed  # identity changes the caller's own account
    with database.unit_of_work(call) as uow:
        found = _open_group(uow, group, version)
        loaded = {} if group == "representative" else load_answers(found, GROUPS[group][0], given)
        structure_id, email = found.structure_id, found.structure["email"]
    if group == "representative":
        identity.call("update_person", {name: given.get(name) or "" for name in _PERSON_FIELDS}, call=call)
    elif group == "structure" and loaded["email"] != email:
        asked = {"structure_id": structure_id, "email": loaded["email"]}
        identity.call("change_structure_email", asked, call=call, idempotent=True, as_service=True)
    with database.unit_of_work(call) as uow:
        found = _open_group(uow, group, version)
        if loaded:
            write_answers(found, GROUPS[group][0], loaded)
        if group == "structure_type":
            sync_items(uow, found)
            uow.session.flush()
        return _answered(uow, found, group_key(group))


def _open_group(uow: UnitOfWork, group: str, version: int) -> Application:
    """The application, locked, if that group is open and this is its latest version."""
    found = _open_own(uow)
    if group not in GROUPS:
        raise ItemUnknown(item=group_key(group))
    _, _, items = present(uow, found)
    check_open(State(found.state), items[group_key(group)])
    check_version(found.version, version)
    return found


def _answered(uow: UnitOfWork, found: Application, item: str) -> dict[str, Any]:
    row = repository.items(uow.session, found.application_id)[item]
    row.answered = True
    touch(uow, found)
    record(uow, found, "application:correct", public=False, item=item)
    return {"version": found.version}


def add_correction_document(database: BoundDatabase, call: Any, store: FileStore) -> dict[str, Any]:
    """A new file for a refused document. Refuses `item_locked` and what a draft's upload refuses."""
    kind = call.arguments["kind"]
    return documents.keep_file(
        database,
        call,
        store,
        opener=lambda uow: _open_document(uow, kind),
        then=lambda uow, found: _answered(uow, found, document_key(kind)),
    )


def _open_document(uow: UnitOfWork, kind: str) -> Application:
    found = _open_own(uow)
    _, _, items = present(uow, found)
    item = items.get(document_key(kind))
    if item is None:
        raise ItemLocked(item=document_key(kind))
    check_open(State(found.state), item)
    return found


def remove_correction_document(uow: UnitOfWork, document_id: str) -> dict[str, Any]:
    """Take a refused file away. Refuses `item_locked`, `document_unknown`."""
    found = _open_own(uow)
    row = repository.document(uow.session, found.application_id, document_id)
    if row is None:
        raise DocumentUnknown()
    _open_document(uow, row.kind)
    documents.remove(uow, found, document_id)
    return _answered(uow, found, document_key(row.kind))


def own_document(uow: UnitOfWork, document_id: str) -> dict[str, Any]:
    """Where one of the partner's own files is."""
    return documents.stored(uow, _open_own(uow, lock=False), document_id)


def resubmit_application(database: BoundDatabase, call: Any, identity: Any) -> dict[str, Any]:
    """Send the corrections, with the representative as identity knows it by now. What was corrected needs a new
    verdict; what was accepted keeps its own.

    Refuses `transition_refused`, `stale_version`, `corrections_incomplete`.
    """
    with database.unit_of_work(call) as uow:
        found = _open_own(uow, lock=False)
        next_state(State(found.state), Action.RESUBMIT)
        whose = found.registration_id, found.structure_id
    person = revisions.person_of(identity, call, *whose)
    with database.unit_of_work(call) as uow:
        return _resubmit(uow, call.arguments["version"], person)


def _resubmit(uow: UnitOfWork, version: int, person: Mapping[str, Any]) -> dict[str, Any]:
    found = _open_own(uow)
    rows, _, items = present(uow, found)
    state = next_state(State(found.state), Action.RESUBMIT)
    check_version(found.version, version)
    corrected = check_resubmission(items.values())
    for item in corrected:
        rows[item.key].verdict, rows[item.key].answered = Verdict.PENDING.value, False
    found.state, found.round, found.version = state.value, found.round + 1, found.version + 1
    found.waiting_since, found.message = uow.now, None
    revisions.remember(uow, found, person)
    groups = {item.key.removeprefix("fields:") for item in corrected if item.key.startswith("fields:")}
    structures.apply_corrections(uow, found, groups)
    record(uow, found, "application:resubmit", public=True, items=[item.key for item in corrected])
    uow.publish(
        messages.ApplicationResubmitted,
        application_id=found.application_id,
        structure_id=found.structure_id,
        round=found.round,
    )
    structures.announce(uow, found.structure_id)
    return {"state": found.state, "round": found.round}
