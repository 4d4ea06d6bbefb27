"""The seven-step form of a visitor: started, saved step by step, taken up again, dropped after 30 days."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select

from services.chassis.config import settings
from services.chassis.database import BoundDatabase, UnitOfWork
from services.chassis.ids import new_id
from services.partners import answers, catalogue, checks, repository, secrets, views
from services.partners.domain.application import DRAFT_DAYS, LINKS_PER_DAY, State, Step, check_version, next_step
from services.partners.domain.documents import StructureType
from services.partners.domain.identifiers import masked_iban
from services.partners.domain.refusals import AlreadySubmitted, DraftUnknown, TooManyLinks, ValidationFailed
from services.partners.models import Application, Document, DraftLink

_EMAILS_MUST_DIFFER = (
    "Cette adresse est déjà celle de l’autre compte : la structure et le représentant légal doivent avoir deux "
    "adresses différentes."
)


def start_application(uow: UnitOfWork) -> dict[str, Any]:
    """An empty draft and the only key to it."""
    token = secrets.new_token()
    draft = Application(
        application_id=new_id(),
        structure_id=new_id(),
        token_digest=secrets.digest(token),
        created_at=uow.now,
        saved_at=uow.now,
        expires_on=uow.today + timedelta(days=DRAFT_DAYS),
    )
    uow.session.add(draft)
    uow.audit("application:start", draft.application_id)
    return {"draft_token": token, "application_id": draft.application_id, "expires_on": draft.expires_on}


def open_draft(uow: UnitOfWork, draft_token: str, *, lock: bool = False) -> Application:
    """The draft that the capability opens. Refuses `draft_unknown`, `already_submitted`."""
    found = repository.application_by_token(uow.session, secrets.digest(draft_token), lock=lock)
    if found is None:
        raise DraftUnknown()
    if found.state != State.DRAFT:
        raise AlreadySubmitted(reference=found.reference)
    if found.expires_on is None or found.expires_on < uow.today:
        raise DraftUnknown()
    return found


def structure_type_of(draft: Application) -> StructureType | None:
    return catalogue.structure_types().get(draft.structure_type or "")


def draft(database: BoundDatabase, call: Any, identity: Any) -> dict[str, Any]:
    """The draft as the pages show it; the representative is fetched from identity when asked for."""
    with database.unit_of_work(call) as uow:
        found = open_draft(uow, call.arguments["draft_token"])
        shown = views.draft(found, repository.documents(uow.session, found.application_id))
        registration_id = found.registration_id
    if call.arguments["with_representative"] and registration_id:
        shown["representative"] = views.representative(
            identity.call(
                "registration", {"registration_id": registration_id}, call=call, idempotent=True, as_service=True
            )
        )
    return shown


def save_step(database: BoundDatabase, call: Any, identity: Any) -> dict[str, Any]:
    """Save one step. Only the representative's leaves this service, between two transactions."""
    given = call.arguments
    with database.unit_of_work(call) as uow:
        found = open_draft(uow, given["draft_token"], lock=True)
        check_version(step_version(found, given["step"]), given["step_version"])
        loaded = load_answers(found, given["step"], given["answers"])
        dates = load_dates(uow, found, given["step"], given["answers"])
        if given["step"] != Step.REPRESENTATIVE:
            return _saved(uow, found, given["step"], loaded, dates)
        registration_id = found.registration_id
    registration_id = keep_representative(identity, call, registration_id, loaded)
    with database.unit_of_work(call) as uow:
        found = open_draft(uow, given["draft_token"], lock=True)
        check_version(step_version(found, Step.REPRESENTATIVE), given["step_version"])
        return _saved(uow, found, Step.REPRESENTATIVE, {**loaded, "registration_id": registration_id}, dates)


def keep_representative(identity: Any, call: Any, registration_id: str | None, loaded: Mapping[str, Any]) -> str:
    """Let identity keep the representative; returns the registration's id. Refuses what identity refuses."""
    kept = identity.call(
        "save_registration", {**loaded, "registration_id": registration_id}, call=call, as_service=True
    )
    return str(kept["registration_id"])


def step_version(draft: Application, step: int) -> int:
    return draft.step_versions.get(str(step), 0)


def load_answers(draft: Application, step: int, given: Mapping[str, Any]) -> dict[str, Any]:
    """The answers of a step in their normal form; what is confidential and already known needn't be typed again."""
    if step == Step.BANK_ACCOUNT and not (given.get("iban") or "").strip() and draft.iban_sealed:
        given = {**given, "iban": secrets.open_iban(draft.iban_sealed, "applications", draft.application_id)}
    loaded = answers.load_step(step, given, structure_type_of(draft))
    if step == Step.STRUCTURE:
        _check_other_email(loaded["email"], draft.person_email_fingerprint)
    if step == Step.REPRESENTATIVE:
        own = draft.structure.get("email")
        _check_other_email(loaded["email"], secrets.email_fingerprint(own) if own else None)
    return loaded


def _check_other_email(email: str, other_fingerprint: str | None) -> None:
    """One account = one address (guide, «IMPORTANT»): told as early as it can be seen."""
    if other_fingerprint is not None and secrets.email_fingerprint(email) == other_fingerprint:
        raise ValidationFailed({"email": [_EMAILS_MUST_DIFFER]})


def load_dates(uow: UnitOfWork, draft: Application, step: int, given: Mapping[str, Any]) -> dict[str, str]:
    """The dates of the step's documents. Refuses `validation_failed`."""
    structure_type = structure_type_of(draft)
    return answers.load_dates(structure_type.of_step(step) if structure_type else [], given, uow.today)


def _saved(
    uow: UnitOfWork, draft: Application, step: int, loaded: Mapping[str, Any], dates: Mapping[str, str]
) -> dict[str, Any]:
    write_answers(draft, step, loaded)
    write_dates(draft, step, dates)
    version = step_version(draft, step) + 1
    draft.step_versions = {**draft.step_versions, str(step): version}
    touch(uow, draft)
    completed = [int(number) for number in draft.step_versions]
    return {"version": draft.version, "step_version": version, "next_step": int(next_step(completed))}


def touch(uow: UnitOfWork, draft: Application) -> None:
    """Something was saved: a new version, and 30 more days."""
    draft.version += 1
    draft.saved_at = uow.now
    if draft.state == State.DRAFT:
        draft.expires_on = uow.today + timedelta(days=DRAFT_DAYS)


def write_answers(application: Application, step: int, loaded: Mapping[str, Any]) -> None:
    """Put the normal form of one step's answers where they belong."""
    if step == Step.STRUCTURE_TYPE:
        application.structure_type = loaded["structure_type_code"]
    elif step == Step.STRUCTURE:
        application.structure = dict(loaded)
    elif step == Step.REPRESENTATIVE:
        application.registration_id = loaded["registration_id"]
        application.person_email_fingerprint = secrets.email_fingerprint(loaded["email"])
        application.mobile_fingerprint = secrets.mobile_fingerprint(loaded["mobile"])
    elif step == Step.ACTIVITIES:
        application.activities = loaded["activities"]
        application.federation = loaded["federation"]
    else:
        _write_bank_account(application, loaded)


def write_dates(application: Application, step: int, dates: Mapping[str, str]) -> None:
    """Replace the dates of one step's documents."""
    structure_type = structure_type_of(application)
    ours = {kind.kind for kind in structure_type.of_step(step)} if structure_type else set()
    others = {kind: on for kind, on in application.document_dates.items() if kind not in ours}
    application.document_dates = {**others, **dates}


def _write_bank_account(application: Application, loaded: Mapping[str, Any]) -> None:
    checked = checks.iban(loaded["iban"])
    application.iban_sealed = secrets.seal_iban(checked.iban, "applications", application.application_id)
    application.iban_fingerprint = secrets.iban_fingerprint(checked.iban)
    application.iban_masked = masked_iban(checked.iban)
    application.bic, application.bank_name = checked.bic, checked.bank_name
    application.holder = loaded["holder"]


def check_answers(step: int, structure_type: str | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """Check as typed: messages for the fields given, and what was recognised in them."""
    errors = answers.check_some(step, given)
    return {"errors": errors, "found": _recognised(step, given, errors)}


def _recognised(step: int, given: Mapping[str, Any], errors: Mapping[str, Any]) -> dict[str, Any]:
    if step == Step.BANK_ACCOUNT and given.get("iban") and "iban" not in errors:
        return {"bank_name": checks.iban(given["iban"]).bank_name}
    if step == Step.STRUCTURE and given.get("postcode") and "postcode" not in errors:
        return {"communes": [commune.name for commune in catalogue.communes_at(given["postcode"].strip())]}
    return {}


def mail_draft_link(uow: UnitOfWork, draft_token: str, email: str) -> dict[str, Any]:
    """Mail the key to whoever fills the form in. Refuses `too_many_links`, `validation_failed`."""
    found = open_draft(uow, draft_token, lock=True)
    try:
        address = checks.email(email)
    except checks.Wrong as wrong:
        raise ValidationFailed({"email": [str(wrong)]}) from None
    if repository.links_sent_since(uow.session, found.application_id, uow.now - timedelta(days=1)) >= LINKS_PER_DAY:
        raise TooManyLinks(links_per_day=LINKS_PER_DAY)
    uow.session.add(DraftLink(link_id=new_id(), application_id=found.application_id, sent_at=uow.now))
    touch(uow, found)
    context = {"link": f"{settings().base_url}/inscription/reprendre/{draft_token}", "expires_on": found.expires_on}
    uow.mail(to=address, template="draft_link", context=context)
    uow.audit("application:mail_link", found.application_id)
    return {"expires_on": found.expires_on}


def drop_expired_drafts(uow: UnitOfWork, limit: int = 100) -> int:
    """Drafts past their 30 days: their files first (the purge takes the contents), then the rows."""
    query = select(Application).where(Application.state == State.DRAFT.value, Application.expires_on < uow.today)
    dropped = 0
    for found in uow.session.scalars(query.limit(limit)):
        rows = uow.session.scalars(select(Document).where(Document.application_id == found.application_id)).all()
        for row in rows:
            row.removed_at = row.removed_at or uow.now
        if all(row.purged_at for row in rows):
            _forget(uow, found)
            dropped += 1
    return dropped


def _forget(uow: UnitOfWork, found: Application) -> None:
    for table in (Document, DraftLink):
        uow.session.execute(delete(table).where(table.application_id == found.application_id))
    uow.session.delete(found)
    uow.audit("application:expire", found.application_id)
