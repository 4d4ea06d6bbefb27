"""«Assistance»: a thread between a person and the Caf. Subjects and texts are sealed: people write about people."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func, or_, select

from services.chassis import uploads
from services.chassis.config import settings
from services.chassis.database import BoundDatabase, UnitOfWork
from services.chassis.files import FileStore
from services.chassis.ids import new_id
from services.partners import checks, messages, secrets
from services.partners.domain import assistance as rules
from services.partners.domain.assistance import AssistanceState
from services.partners.domain.refusals import RequestUnknown, ValidationFailed
from services.partners.models import AssistanceAttachment, AssistanceMessage, AssistanceRequest

_WAITING = (AssistanceState.OPEN.value, AssistanceState.UNCONFIRMED.value)


def check_files(store: FileStore, given: Iterable[dict[str, str]]) -> list[tuple[uploads.CheckedFile, str]]:
    """The attachments, checked and kept; before any transaction, since it takes seconds."""
    return [(uploads.check(store, file["incoming_id"]), file["filename"]) for file in given]


def open_request(database: BoundDatabase, call: Any, store: FileStore) -> dict[str, Any]:
    """Signed in: the request is open at once. A visitor gives an address and confirms through a mailed link.

    {"reference", "state", "request_id"}. Refuses `validation_failed`, `too_many_requests`.
    """
    given = call.arguments
    email = None if call.actor.account_id else _email(given["email"])
    with database.unit_of_work(call) as uow:
        rules.check_may_open(_waiting(uow, email))
    files = check_files(store, given["attachments"])
    with database.unit_of_work(call) as uow:
        request = _new_request(uow, given, email)
        uow.session.add(request)
        uow.session.flush()
        _add_message(uow, request, given["text"], files, from_caf=False)
        uow.audit("assistance:open", request.request_id, structure_id=request.structure_id, category=request.category)
        if email:
            _mail(uow, request, email, "assistance_confirm")
        else:
            _announce(uow, request, from_caf=False)
        return {"request_id": request.request_id, "reference": request.reference, "state": request.state}


def _email(typed: str | None) -> str:
    try:
        return checks.email(typed or "")
    except checks.Wrong as wrong:
        raise ValidationFailed({"email": [str(wrong)]}) from None


def _waiting(uow: UnitOfWork, email: str | None) -> int:
    query = select(func.count()).select_from(AssistanceRequest).where(AssistanceRequest.state.in_(_WAITING))
    if email:
        mine = AssistanceRequest.email_fingerprint == secrets.email_fingerprint(email)
    else:
        mine = AssistanceRequest.account_id == uow.actor.account_id
    return uow.session.scalar(query.where(mine)) or 0


def _new_request(uow: UnitOfWork, given: dict[str, Any], email: str | None) -> AssistanceRequest:
    request_id = new_id()
    return AssistanceRequest(
        request_id=request_id,
        reference=f"A-{uow.today.year}-{secrets.reference()}",
        structure_id=uow.actor.scope.get("structure_id"),
        account_id=uow.actor.account_id,
        email_sealed=_seal(email, "email", request_id) if email else None,
        email_fingerprint=secrets.email_fingerprint(email) if email else None,
        category=given["category"],
        subject_sealed=_seal(given["subject"], "subject", request_id),
        state=(AssistanceState.UNCONFIRMED if email else AssistanceState.OPEN).value,
        created_at=uow.now,
        updated_at=uow.now,
    )


def _seal(text: str, column: str, row_id: str, table: str = "assistance_requests") -> str:
    return secrets.vault.seal(text, table=table, column=f"{column}_sealed", row_id=row_id)


def _open(sealed: str, column: str, row_id: str, table: str = "assistance_requests") -> str:
    return secrets.vault.open(sealed, table=table, column=f"{column}_sealed", row_id=row_id)


def _add_message(
    uow: UnitOfWork,
    request: AssistanceRequest,
    text: str,
    files: list[tuple[uploads.CheckedFile, str]],
    *,
    from_caf: bool,
) -> None:
    message_id = new_id()
    uow.session.add(
        AssistanceMessage(
            message_id=message_id,
            request_id=request.request_id,
            from_caf=from_caf,
            account_id=uow.actor.account_id,
            text_sealed=_seal(text.strip(), "text", message_id, "assistance_messages"),
            posted_at=uow.now,
        )
    )
    uow.session.flush()
    for checked, filename in files:
        uow.session.add(
            AssistanceAttachment(
                attachment_id=new_id(),
                message_id=message_id,
                sha256=checked.sha256,
                filename=filename,
                media_type=checked.media_type,
                size=checked.size,
            )
        )
    request.updated_at = uow.now
    uow.session.flush()


def _announce(uow: UnitOfWork, request: AssistanceRequest, *, from_caf: bool) -> None:
    uow.publish(
        messages.AssistanceMessagePosted,
        request_id=request.request_id,
        reference=request.reference,
        structure_id=request.structure_id,
        account_id=request.account_id,
        from_caf=from_caf,
        assigned_to=request.assigned_to,
        posted_at=uow.now,
    )


def _mail(uow: UnitOfWork, request: AssistanceRequest, email: str, template: str) -> None:
    link = f"{settings().base_url}/assistance/suivi/{secrets.thread_token(request.request_id)}"
    context = {"reference": request.reference, "link": link}
    uow.mail(to=email, template=template, context=context, reference=request.request_id)


def by_token(uow: UnitOfWork, thread_token: str, *, lock: bool = False) -> AssistanceRequest:
    """A visitor's thread. Refuses `request_unknown`, also when an unconfirmed one is too old."""
    request_id = secrets.request_of_thread(thread_token)
    found = uow.session.get(AssistanceRequest, request_id, with_for_update=lock or None) if request_id else None
    if found is None or found.email_sealed is None:
        raise RequestUnknown()
    if found.state == AssistanceState.UNCONFIRMED and uow.now - found.created_at > rules.CONFIRM_WITHIN:
        raise RequestUnknown()
    return found


def own(uow: UnitOfWork, request_id: str, *, lock: bool = False) -> AssistanceRequest:
    """A thread of the caller or of the structure that the caller acts for. Refuses `request_unknown`."""
    found = uow.session.get(AssistanceRequest, request_id, with_for_update=lock or None)
    if found is None or not _is_mine(uow, found):
        raise RequestUnknown()
    return found


def _is_mine(uow: UnitOfWork, found: AssistanceRequest) -> bool:
    structure_id = uow.actor.scope.get("structure_id")
    shared = structure_id is not None and found.structure_id == structure_id and not uow.actor.has("cashier")
    return shared or (found.account_id is not None and found.account_id == uow.actor.account_id)


def any_request(uow: UnitOfWork, request_id: str, *, lock: bool = False) -> AssistanceRequest:
    """A thread as an instructor reaches it. Refuses `request_unknown`."""
    found = uow.session.get(AssistanceRequest, request_id, with_for_update=lock or None)
    if found is None or found.state == AssistanceState.UNCONFIRMED:
        raise RequestUnknown()
    return found


def confirm(uow: UnitOfWork, thread_token: str) -> dict[str, Any]:
    """The visitor followed the link and says so: the Caf now sees the request. Doing it twice does nothing more."""
    request = by_token(uow, thread_token, lock=True)
    if request.state == AssistanceState.UNCONFIRMED:
        request.state = rules.after(request.state, "confirm").value
        request.updated_at = uow.now
        uow.audit("assistance:confirm", request.request_id, structure_id=request.structure_id)
        _announce(uow, request, from_caf=False)
    return thread(uow, request)


def write(
    uow: UnitOfWork, request: AssistanceRequest, text: str, files: list[tuple[uploads.CheckedFile, str]]
) -> dict[str, Any]:
    """The person adds to the thread. Refuses `transition_refused`."""
    rules.check_may_write(request.state, request.updated_at, uow.now)
    request.state = rules.after(request.state, "write").value
    _add_message(uow, request, text, files, from_caf=False)
    uow.audit("assistance:write", request.request_id, structure_id=request.structure_id)
    _announce(uow, request, from_caf=False)
    return thread(uow, request)


def answer(
    uow: UnitOfWork, request: AssistanceRequest, text: str, files: list[tuple[uploads.CheckedFile, str]]
) -> dict[str, Any]:
    """The Caf answers; whoever answers first becomes the one in charge. A visitor is told by mail."""
    request.state = rules.after(request.state, "answer").value
    request.assigned_to = request.assigned_to or uow.actor.account_id
    _add_message(uow, request, text, files, from_caf=True)
    uow.audit("assistance:answer", request.request_id, structure_id=request.structure_id)
    _announce(uow, request, from_caf=True)
    if request.email_sealed is not None:
        email = _open(request.email_sealed, "email", request.request_id)
        _mail(uow, request, email, "assistance_answered")
    return thread(uow, request)


def close(uow: UnitOfWork, request: AssistanceRequest) -> dict[str, Any]:
    """Settled. The person can take it up again for a month by writing."""
    request.state = rules.after(request.state, "close").value
    request.updated_at = uow.now
    uow.audit("assistance:close", request.request_id, structure_id=request.structure_id)
    return thread(uow, request)


def assign(uow: UnitOfWork, request: AssistanceRequest, *, to_me: bool) -> dict[str, Any]:
    """Take it, or put it back for everybody."""
    request.assigned_to = uow.actor.account_id if to_me else None
    uow.audit(
        "assistance:assign" if to_me else "assistance:release", request.request_id, structure_id=request.structure_id
    )
    uow.session.flush()
    return thread(uow, request)


def summary(row: AssistanceRequest) -> dict[str, Any]:
    return {
        "request_id": row.request_id,
        "reference": row.reference,
        "structure_id": row.structure_id,
        "account_id": row.account_id,
        "visitor": row.account_id is None,
        "category": row.category,
        "category_label": rules.CATEGORIES[row.category],
        "subject": _open(row.subject_sealed, "subject", row.request_id),
        "state": row.state,
        "assigned_to": row.assigned_to,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def thread(uow: UnitOfWork, request: AssistanceRequest) -> dict[str, Any]:
    """The request with its messages, oldest first."""
    query = select(AssistanceMessage).where(AssistanceMessage.request_id == request.request_id)
    rows = uow.session.scalars(query.order_by(AssistanceMessage.posted_at, AssistanceMessage.message_id)).all()
    files = _attachments(uow, [row.message_id for row in rows])
    return summary(request) | {
        "messages": [
            {
                "from_caf": row.from_caf,
                "account_id": row.account_id,
                "text": _open(row.text_sealed, "text", row.message_id, "assistance_messages"),
                "posted_at": row.posted_at,
                "attachments": files.get(row.message_id, []),
            }
            for row in rows
        ]
    }


def _attachments(uow: UnitOfWork, message_ids: list[str]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    query = select(AssistanceAttachment).where(AssistanceAttachment.message_id.in_(message_ids))
    for row in uow.session.scalars(query.order_by(AssistanceAttachment.attachment_id)):
        shown = {"attachment_id": row.attachment_id, "filename": row.filename, "size": row.size}
        found.setdefault(row.message_id, []).append(shown)
    return found


def attachment(uow: UnitOfWork, attachment_id: str, thread_token: str | None) -> dict[str, Any]:
    """A file of a thread within the caller's reach. Refuses `request_unknown`."""
    row = uow.session.get(AssistanceAttachment, attachment_id)
    message = uow.session.get(AssistanceMessage, row.message_id) if row else None
    if row is None or message is None:
        raise RequestUnknown()
    if thread_token:
        reached = by_token(uow, thread_token)
    elif uow.actor.has("instructor"):
        reached = any_request(uow, message.request_id)
    else:
        reached = own(uow, message.request_id)
    if reached.request_id != message.request_id:
        raise RequestUnknown()
    return {"sha256": row.sha256, "filename": row.filename, "media_type": row.media_type}


def own_requests(uow: UnitOfWork) -> dict[str, Any]:
    """The threads of the caller and of the structure, the latest first."""
    mine: list[Any] = [AssistanceRequest.account_id == uow.actor.account_id]
    structure_id = uow.actor.scope.get("structure_id")
    if structure_id and not uow.actor.has("cashier"):
        mine.append(AssistanceRequest.structure_id == structure_id)
    query = select(AssistanceRequest).where(or_(*mine)).order_by(AssistanceRequest.updated_at.desc()).limit(200)
    return {"items": [summary(row) for row in uow.session.scalars(query)]}


def forget_unconfirmed(uow: UnitOfWork) -> int:
    """Delete what nobody confirmed in time, messages and all; returns how many."""
    old = select(AssistanceRequest).where(
        AssistanceRequest.state == AssistanceState.UNCONFIRMED.value,
        AssistanceRequest.created_at < uow.now - rules.CONFIRM_WITHIN,
    )
    return _delete(uow, uow.session.scalars(old.limit(100)).all())


def forget_closed(uow: UnitOfWork) -> int:
    """Delete threads closed long ago, messages and all; returns how many."""
    old = select(AssistanceRequest).where(
        AssistanceRequest.state == AssistanceState.CLOSED.value,
        AssistanceRequest.updated_at < uow.now - rules.KEEP_CLOSED,
    )
    gone = _delete(uow, uow.session.scalars(old.limit(100)).all())
    if gone:
        uow.audit("retention:purge", uow.service, assistance_requests=gone)
    return gone


def _delete(uow: UnitOfWork, requests: Sequence[AssistanceRequest]) -> int:
    for request in requests:
        of_request = AssistanceMessage.request_id == request.request_id
        for message in uow.session.scalars(select(AssistanceMessage).where(of_request)).all():
            of_message = AssistanceAttachment.message_id == message.message_id
            for file in uow.session.scalars(select(AssistanceAttachment).where(of_message)).all():
                uow.session.delete(file)
            uow.session.flush()
            uow.session.delete(message)
        uow.session.flush()
        uow.session.delete(request)
    return len(requests)
