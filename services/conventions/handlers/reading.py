"""«Je signe la convention», first half: the convention is opened, rendered with today's facts, and read."""

import io
from collections.abc import Mapping
from typing import Any

from services.chassis import serializer
from services.chassis.config import settings
from services.chassis.database import BoundDatabase, UnitOfWork
from services.chassis.files import FileStore
from services.chassis.ids import new_id
from services.chassis.rpc import Call
from services.conventions import documents, repository, text_files
from services.conventions.domain import evidence, states, texts
from services.conventions.domain.evidence import Evidence
from services.conventions.domain.refusals import ConventionUnknown, DocumentChanged, DocumentMissing, TransitionRefused
from services.conventions.domain.states import ConventionState
from services.conventions.handlers import chain, views
from services.conventions.models import Convention, Document

FACTS = {"table": "document", "column": "facts"}


def own_convention(uow: UnitOfWork) -> dict[str, Any]:
    """Where the actor's structure stands: ``{"convention": …|None}``, and until when it is a partner."""
    found = repository.foremost_of(uow.session, uow.actor.scope.get("structure_id"), uow.today)
    return {"convention": _standing(uow, found) if found else None}


def _standing(uow: UnitOfWork, found: Convention) -> dict[str, Any]:
    return views.standing(found, repository.living_of(uow.session, found.structure_id, uow.today), uow.today)


def open_convention(database: BoundDatabase, call: Call, partners: Any, identity: Any) -> dict[str, Any]:
    """What is to be read and signed. While it is to be signed, the document is made anew whenever the facts or the
    text in effect have changed; afterwards it is what was signed. Raises ConventionUnknown."""
    with database.unit_of_work(call) as uow:
        convention = repository.foremost_of(uow.session, call.actor.scope.get("structure_id"), uow.today)
        if convention is None:
            raise ConventionUnknown
        current = repository.document(uow.session, convention.document_id)
        version = texts.in_effect(text_files.all_texts().values(), uow.today).version
    if convention.state == ConventionState.PREPARED:
        facts = _facts(convention, version, call, partners, identity)
        if current is None or current.facts_sha256 != evidence.digest(facts):
            _render(database, call, convention.id, convention.document_id, version, facts)
    with database.unit_of_work(call) as uow:
        return _opened(uow, convention.id)


def _facts(convention: Convention, version: str, call: Call, partners: Any, identity: Any) -> dict[str, Any]:
    """Asked of their owners, as the caller, outside any transaction."""
    structure = partners.call("structure_for_convention", {}, call=call, idempotent=True)
    person = identity.call("person", {}, call=call, idempotent=True)
    header = {"id": convention.id, "kind": convention.kind, "text_version": version}
    names = {"platform": settings().platform_name, "caf": settings().caf_name}
    return documents.facts_for(header, structure, person, names)


def _render(
    database: BoundDatabase, call: Call, convention_id: str, seen: str | None, version: str, facts: Mapping[str, Any]
) -> None:
    with database.unit_of_work(call) as uow:
        at = uow.now
    rendered = documents.render(version, facts, at)
    stored = FileStore().put(io.BytesIO(rendered.content))
    with database.unit_of_work(call) as uow:
        convention = repository.by_id(uow.session, convention_id, lock=True)
        if convention.state != ConventionState.PREPARED or convention.document_id != seen:
            return  # signed, or rendered by another page of the same person, in the meantime
        document = _new_document(convention_id, version, stored.sha256, stored.size, rendered.pages, facts)
        document.rendered_at = at
        uow.session.add(document)
        convention.document_id, convention.text_version, convention.read_at = document.id, version, None
        chain.append(
            uow,
            convention,
            Evidence.RENDERED,
            document_sha256=document.sha256,
            facts_sha256=document.facts_sha256,
            pages=document.pages,
            text_version=version,
            account_id=call.actor.account_id,
        )


def _new_document(
    convention_id: str, version: str, sha256: str, size: int, pages: int, facts: Mapping[str, Any]
) -> Document:
    document_id = new_id()
    clear = evidence.canonical(facts).decode()
    return Document(
        id=document_id,
        convention_id=convention_id,
        text_version=version,
        sha256=sha256,
        size=size,
        pages=pages,
        facts_sealed=chain.VAULT.seal(clear, row_id=document_id, **FACTS),
        facts_sha256=evidence.digest(facts),
    )


def facts_of(document: Document) -> dict[str, Any]:
    """What the document was made from."""
    found: dict[str, Any] = serializer.loads(chain.VAULT.open(document.facts_sealed, row_id=document.id, **FACTS))
    return found


def _opened(uow: UnitOfWork, convention_id: str) -> dict[str, Any]:
    convention = repository.by_id(uow.session, convention_id)
    document = repository.document(uow.session, convention.signed_document_id or convention.document_id)
    if document is None:
        raise DocumentMissing
    facts = facts_of(document)
    text = texts.filled(text_files.text_of(document.text_version), facts)
    return {
        **_standing(uow, convention),
        "structure_name": facts["structure"]["name"],
        "document": views.document(convention, document),
        "text": views.text(text),
        "changes": _changes(uow, convention, text),
        "read_at": convention.read_at,
        "code": views.code(uow, convention),
    }


def _changes(uow: UnitOfWork, convention: Convention, text: texts.Text) -> list[dict[str, Any]] | None:
    """What an amendment or renewal changes against the convention that it replaces."""
    if convention.replaces_id is None:
        return None
    before = repository.by_id(uow.session, convention.replaces_id)
    document = repository.document(uow.session, before.signed_document_id)
    if document is None:
        return None
    return texts.difference(texts.filled(text_files.text_of(document.text_version), facts_of(document)), text)


def confirm_reading(uow: UnitOfWork, *, document_sha256: str, how: str, ip: str, user_agent: str) -> dict[str, Any]:
    """The last page was reached, or the person states that they have read all. Raises DocumentChanged,
    TransitionRefused."""
    convention = repository.to_sign(uow.session, uow.actor.scope.get("structure_id"), uow.today)
    check_document(uow, convention, document_sha256)
    if convention.read_at is None:
        convention.read_at = uow.now
        facts = chain.who(uow.actor, ip, user_agent)
        chain.append(uow, convention, Evidence.READ, document_sha256=document_sha256, how=how, **facts)
    return {"read_at": convention.read_at}


def check_document(uow: UnitOfWork, convention: Convention, document_sha256: str) -> Document:
    """The convention's document, if it is still to be signed and still the one that was shown."""
    if convention.state != ConventionState.PREPARED:
        raise TransitionRefused(state=convention.state, act=states.Act.SIGN.value)
    document = repository.document(uow.session, convention.document_id)
    if document is None or document.sha256 != document_sha256:
        raise DocumentChanged
    if facts_of(document)["representative"]["account_id"] != uow.actor.account_id:
        raise DocumentChanged  # made out to the representative before: the new one opens it first
    return document


def own_document(uow: UnitOfWork, *, shown: bool) -> dict[str, Any]:
    """«Télécharger la convention»: the newest that both have signed; with ``shown`` the one that `open_convention`
    shows, which may be the next one, still to be read and signed. Raises DocumentMissing."""
    structure_id = uow.actor.scope.get("structure_id")
    if shown:
        convention = repository.foremost_of(uow.session, structure_id, uow.today)
    else:
        convention = repository.downloadable_of(uow.session, structure_id)
    if convention is None:
        raise DocumentMissing
    return stored_document(uow, convention)


def stored_document(uow: UnitOfWork, convention: Convention) -> dict[str, Any]:
    """The sealed document, else the one signed or to be signed. Raises DocumentMissing."""
    document = repository.document(uow.session, convention.signed_document_id or convention.document_id)
    if document is None:
        raise DocumentMissing
    return views.document(convention, document, sealed=True)
