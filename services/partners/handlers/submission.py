"""«CONTINUER»: from a complete draft to a structure, two reserved accounts and an application to review."""

from collections.abc import Mapping
from typing import Any

from services.chassis.database import BoundDatabase, UnitOfWork
from services.chassis.ids import new_id
from services.partners import messages, repository, secrets, views
from services.partners.domain.application import (
    STEP_LABELS,
    Action,
    State,
    Step,
    check_version,
    missing_of,
    next_state,
)
from services.partners.domain.documents import StructureType
from services.partners.domain.refusals import ApplicationIncomplete, ConsentMissing, DraftUnknown
from services.partners.domain.review import expected_items
from services.partners.handlers import revisions, structures
from services.partners.handlers.drafts import open_draft, structure_type_of
from services.partners.models import REFERENCES, Application, HistoryEntry, ReviewItem

CONSENT_VERSION = "2026-1"
"""Which text of step 7 was accepted; it is in `gateway/templates/application/step7.html`."""


def submit_application(database: BoundDatabase, call: Any, identity: Any) -> dict[str, Any]:
    """Reserve both accounts with identity, then commit. Repeating it answers the same.

    Refuses `consent_missing`, `stale_version`, `application_incomplete`, and what identity refuses
    (`email_already_used`, `emails_must_differ`): then nothing exists yet.
    """
    token, version = call.arguments["draft_token"], call.arguments["version"]
    if not call.arguments["consent"]:
        raise ConsentMissing()
    with database.unit_of_work(call) as uow:
        done = _submitted_before(uow, token)
        if done:
            return done
        accounts = _accounts_of(_complete_draft(uow, token, version))
    identity.call("reserve_accounts", accounts, call=call, idempotent=True, as_service=True, deadline_s=5)
    person = revisions.person_of(identity, call, accounts["registration_id"], accounts["structure_id"])
    with database.unit_of_work(call) as uow:
        done = _submitted_before(uow, token)
        return done or _submit(uow, _complete_draft(uow, token, version), person)


def _submitted_before(uow: UnitOfWork, token: str) -> dict[str, Any] | None:
    found = repository.application_by_token(uow.session, secrets.digest(token), lock=True)
    if found is None:
        raise DraftUnknown()
    return None if found.state == State.DRAFT else _answer(found)


def _answer(found: Application) -> dict[str, Any]:
    return {
        "application_id": found.application_id,
        "structure_id": found.structure_id,
        "reference": found.reference,
        "submitted_at": found.submitted_at,
    }


def _complete_draft(uow: UnitOfWork, token: str, version: int) -> Application:
    """The draft, if it is what the applicant saw in the summary and nothing is missing."""
    found = open_draft(uow, token, lock=True)
    check_version(found.version, version)
    kinds = {row.kind for row in repository.documents(uow.session, found.application_id)}
    missing = missing_of(structure_type_of(found), [int(step) for step in found.step_versions], kinds)
    if missing:
        raise ApplicationIncomplete(
            missing=[
                {"step": one.step, "label": one.label, "step_label": STEP_LABELS[Step(one.step)]} for one in missing
            ]
        )
    return found


def _accounts_of(found: Application) -> dict[str, Any]:
    return {
        "registration_id": found.registration_id,
        "application_id": found.application_id,
        "structure_id": found.structure_id,
        "structure_name": found.structure["name"],
        "structure_email": found.structure["email"],
    }


def _submit(uow: UnitOfWork, found: Application, person: Mapping[str, Any]) -> dict[str, Any]:
    found.reference = _reference(uow)
    found.state = next_state(State(found.state), Action.SUBMIT).value
    found.submitted_at = found.waiting_since = uow.now
    found.round, found.expires_on = 1, None
    found.version += 1
    sync_items(uow, found)
    revisions.remember(uow, found, person)
    structures.create(uow, found)
    record(uow, found, "application:submit", public=True, consent_version=CONSENT_VERSION)
    uow.publish(
        messages.ApplicationSubmitted,
        application_id=found.application_id,
        structure_id=found.structure_id,
        registration_id=found.registration_id,
        structure_type=found.structure_type,
        submitted_at=uow.now,
    )
    structures.announce(uow, found.structure_id)
    return _answer(found)


def _reference(uow: UnitOfWork) -> str:
    """What people quote: «L26-00042»."""
    return f"L{uow.today:%y}-{uow.session.scalar(REFERENCES.next_value()):05d}"


def sync_items(uow: UnitOfWork, found: Application) -> None:
    """One row for each item of the structure type; a corrected type brings other documents."""
    wanted = expected_items(_type(found))
    there = repository.items(uow.session, found.application_id)
    for key in wanted.keys() - there.keys():
        uow.session.add(ReviewItem(application_id=found.application_id, item=key))
    for key in there.keys() - wanted.keys():
        uow.session.delete(there[key])


def _type(found: Application) -> StructureType:
    structure_type = structure_type_of(found)
    if structure_type is None:
        raise LookupError(f"no structure type {found.structure_type!r} in the configuration")
    return structure_type


def record(
    uow: UnitOfWork, found: Application, action: str, *, public: bool, by_caf: bool = False, **details: Any
) -> None:
    """One line of the application's history and of the journal."""
    uow.session.add(
        HistoryEntry(
            entry_id=new_id(),
            application_id=found.application_id,
            at=uow.now,
            action=action,
            round=found.round,
            account_id=uow.actor.account_id,
            by_caf=by_caf,
            public=public,
            details=details,
        )
    )
    about = {"structure_id": found.structure_id, "round": found.round}
    uow.audit(action, found.application_id, **about, **_without_text(details))


def _without_text(details: dict[str, Any]) -> dict[str, Any]:
    """Free text may name people: it stays out of the journal."""
    return {name: value for name, value in details.items() if name not in ("reason", "message")}


def present(uow: UnitOfWork, found: Application) -> tuple[dict[str, ReviewItem], Any, dict[str, Any]]:
    """The rows of the verdicts, the files, and the items as the rules see them."""
    rows = repository.items(uow.session, found.application_id)
    files = repository.documents(uow.session, found.application_id)
    return rows, files, views.domain_items(found, rows, {file.kind for file in files})
