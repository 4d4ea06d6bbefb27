"""Supporting documents: an uploaded file is checked, kept, replaced, removed, looked at and finally purged.

Checking takes seconds and happens between two transactions: the first one asks whether the file is wanted at all, the
second one whether it still is.
"""

from collections.abc import Callable, Sequence
from typing import Any

from services.chassis import uploads
from services.chassis.database import BoundDatabase, UnitOfWork
from services.chassis.files import FileStore
from services.chassis.ids import new_id
from services.chassis.uploads import UploadRules
from services.partners import checks, messages, repository, secrets, views, watermark
from services.partners.domain.application import State
from services.partners.domain.documents import BANK_DETAILS, KEEP_REJECTED, DocumentKind
from services.partners.domain.refusals import DocumentKindUnknown, DocumentUnknown, TooManyFiles
from services.partners.handlers.drafts import open_draft, structure_type_of, touch
from services.partners.models import Application, Document

Opener = Callable[[UnitOfWork], Application]
"""Finds and locks the application that the caller may add documents to, or refuses."""

Follower = Callable[[UnitOfWork, Application], Any]

READ = UploadRules(text=True)
"""For a RIB, whose text is compared with what was typed."""


def kind_of(application: Application, kind: str) -> DocumentKind:
    """The kind, if the structure type asks for it. Refuses `document_kind_unknown`."""
    structure_type = structure_type_of(application)
    found = structure_type.document(kind) if structure_type else None
    if found is None:
        raise DocumentKindUnknown(kind=kind)
    return found


def add_document(database: BoundDatabase, call: Any, store: FileStore) -> dict[str, Any]:
    """Keep a file for a draft."""
    token = call.arguments["draft_token"]
    return keep_file(database, call, store, lambda uow: open_draft(uow, token, lock=True))


def keep_file(
    database: BoundDatabase, call: Any, store: FileStore, opener: Opener, then: Follower | None = None
) -> dict[str, Any]:
    """Check the incoming file and keep it as a document of the application that `opener` opens; `then` runs in the
    transaction that keeps it."""
    given = call.arguments
    with database.unit_of_work(call) as uow:
        application = opener(uow)
        kind = kind_of(application, given["kind"])
        _make_room(uow, application, kind, dry_run=True)
        label = application.application_id
    checked = uploads.check(store, given["incoming_id"], READ if kind.kind == BANK_DETAILS else UploadRules.DEFAULT)
    preview = watermark.keep_copy(store, checked, label) if kind.confidential and kind.max_files > 1 else None
    with database.unit_of_work(call) as uow:
        application = opener(uow)
        _make_room(uow, application, kind)
        row = _new_row(uow, application, kind, checked, preview, given["filename"])
        if given.get("dated_on"):
            application.document_dates = {**application.document_dates, kind.kind: given["dated_on"].isoformat()}
        touch(uow, application)
        if then is not None:
            then(uow, application)
        _audit(uow, "document:add", application, row)
        return views.document(row, kind.label)


def _make_room(uow: UnitOfWork, application: Application, kind: DocumentKind, *, dry_run: bool = False) -> None:
    """A kind of one file replaces it; a kind of several refuses one too many."""
    there = [row for row in repository.documents(uow.session, application.application_id) if row.kind == kind.kind]
    if len(there) < kind.max_files:
        return
    if kind.max_files > 1:
        raise TooManyFiles(max_files=kind.max_files)
    if not dry_run:
        for row in there:
            row.removed_at = uow.now


def _new_row(
    uow: UnitOfWork,
    application: Application,
    kind: DocumentKind,
    checked: uploads.CheckedFile,
    preview_sha256: str | None,
    filename: str,
) -> Document:
    row = Document(
        document_id=new_id(),
        application_id=application.application_id,
        kind=kind.kind,
        round=application.round,
        sha256=checked.sha256,
        preview_sha256=preview_sha256,
        filename=uploads.safe_name(filename, checked.kind),
        media_type=checked.media_type,
        size=checked.size,
        ibans_read=ibans_read(checked),
        uploaded_at=uow.now,
    )
    repository.lock_content(uow.session, row.sha256)
    uow.session.add(row)
    return row


def ibans_read(checked: uploads.CheckedFile) -> list[str] | None:
    """Fingerprints of the IBANs in a document's text; None if its text wasn't wanted."""
    if checked.text is None:
        return None
    return [secrets.iban_fingerprint(iban) for iban in checks.ibans_in(checked.text)]


def remove_document(uow: UnitOfWork, draft_token: str, document_id: str) -> dict[str, Any]:
    """Take a file out of a draft."""
    application = open_draft(uow, draft_token, lock=True)
    remove(uow, application, document_id)
    return {"version": application.version}


def remove(uow: UnitOfWork, application: Application, document_id: str) -> Document:
    """Take a file out of an application. Refuses `document_unknown`."""
    row = repository.document(uow.session, application.application_id, document_id)
    if row is None:
        raise DocumentUnknown()
    row.removed_at = uow.now
    touch(uow, application)
    _audit(uow, "document:remove", application, row)
    return row


def draft_document(uow: UnitOfWork, draft_token: str, document_id: str) -> dict[str, Any]:
    """Where a draft's file is, for its preview."""
    return stored(uow, open_draft(uow, draft_token), document_id)


def stored(uow: UnitOfWork, application: Application, document_id: str) -> dict[str, Any]:
    """Where a file is. Refuses `document_unknown`."""
    row = repository.document(uow.session, application.application_id, document_id)
    if row is None:
        raise DocumentUnknown()
    return {"sha256": row.sha256, "filename": row.filename, "media_type": row.media_type}


def _audit(uow: UnitOfWork, action: str, application: Application, row: Document) -> None:
    about = {"application_id": application.application_id, "structure_id": application.structure_id}
    uow.audit(action, row.document_id, **about, kind=row.kind)


def stored_for_agent(uow: UnitOfWork, application: Application, document_id: str) -> dict[str, Any]:
    """Where the copy for agents is: watermarked, for an identity document. Each look is in the journal."""
    row = repository.document(uow.session, application.application_id, document_id)
    if row is None:
        raise DocumentUnknown()
    _audit(uow, "document:look", application, row)
    sha256 = row.preview_sha256 or row.sha256
    return {"sha256": sha256, "filename": row.filename, "media_type": row.media_type}


def purge_contents(database: BoundDatabase, store: FileStore, limit: int = 100) -> int:
    """Delete the contents of removed files that no other document needs; returns how many rows were settled."""
    with database.alone("partners-purge") as uow:
        rows = repository.unpurged(uow.session, limit)
        for row in rows:
            row.purged_at = uow.now
            for sha256 in filter(None, (row.sha256, row.preview_sha256)):
                repository.lock_content(uow.session, sha256)
                uow.session.flush()
                if not repository.content_needed(uow.session, sha256):
                    store.delete(sha256)
        _announce_purge(uow, rows)
        return len(rows)


def remove_of_rejected(uow: UnitOfWork) -> int:
    """Take out the files of applications rejected long ago: `purge_contents` then destroys them. Returns how many."""
    rows = repository.documents_of_rejected(uow.session, uow.now - KEEP_REJECTED, 100)
    for row in rows:
        row.removed_at = uow.now
    return len(rows)


def _announce_purge(uow: UnitOfWork, rows: Sequence[Document]) -> None:
    """Copies that the review no longer needs are gone: told once per application."""
    kinds: dict[str, set[str]] = {}
    for row in rows:
        kinds.setdefault(row.application_id, set()).add(row.kind)
    for application_id, gone in kinds.items():
        application = uow.session.get_one(Application, application_id)
        if application.state == State.DRAFT:
            continue
        uow.audit("document:purge", application_id, structure_id=application.structure_id, kinds=sorted(gone))
        uow.publish(
            messages.SupportingDocumentsPurged,
            application_id=application_id,
            structure_id=application.structure_id,
            kinds=sorted(gone),
            purged_at=uow.now,
        )


def on_convention_activated(uow: UnitOfWork, structure_id: str) -> None:
    """Both have signed: copies that were only needed for the review go (DOMAIN, «Money, time, privacy»)."""
    application = repository.application_of_structure(uow.session, structure_id, lock=True)
    if application is None:
        return
    for row in repository.documents(uow.session, application.application_id):
        if kind_of(application, row.kind).purged_after_activation:
            row.removed_at = uow.now
