"""The versions of the text as the Caf looks at them: the list, the difference of two, a preview with real facts."""

import io
from typing import Any

from services.chassis.database import BoundDatabase, UnitOfWork
from services.chassis.files import FileStore
from services.chassis.rpc import Call
from services.conventions import documents, repository, text_files
from services.conventions.domain import texts
from services.conventions.domain.refusals import DocumentMissing, TextVersionUnknown
from services.conventions.handlers import reading


def versions(uow: UnitOfWork) -> dict[str, Any]:
    """Newest first, with how many conventions in force have each; ``in_effect``: the one that is offered today."""
    found = sorted(text_files.all_texts().values(), key=lambda text: (text.effective_on, text.version), reverse=True)
    used = repository.text_versions_in_force(uow.session, uow.today)
    return {
        "in_effect": texts.in_effect(found, uow.today).version,
        "to_amend": sum(count for version, count in used.items() if version != _in_effect(uow)),
        "items": [
            {
                "version": text.version,
                "effective_on": text.effective_on,
                "articles": len(text.articles),
                "conventions": used.get(text.version, 0),
            }
            for text in found
        ],
    }


def _in_effect(uow: UnitOfWork) -> str:
    return texts.in_effect(text_files.all_texts().values(), uow.today).version


def difference(*, before: str, now: str) -> dict[str, Any]:
    """The two versions line by line. Raises TextVersionUnknown."""
    lines = texts.difference(text_files.text_of(before), text_files.text_of(now))
    return {"before": before, "now": now, "lines": lines}


def preview(database: BoundDatabase, call: Call, *, version: str, convention_id: str) -> dict[str, Any]:
    """A version filled with the facts of a convention's document. Raises TextVersionUnknown, ConventionUnknown,
    DocumentMissing."""
    if version not in text_files.all_texts():
        raise TextVersionUnknown(text_version=version)
    with database.unit_of_work(call) as uow:
        convention = repository.by_id(uow.session, convention_id)
        document = repository.document(uow.session, convention.signed_document_id or convention.document_id)
        if document is None:
            raise DocumentMissing
        facts, at = reading.facts_of(document), document.rendered_at
        uow.audit("convention:preview_text", convention.id, structure_id=convention.structure_id, text_version=version)
    rendered = documents.render(version, facts, at)
    stored = FileStore().put(io.BytesIO(rendered.content))
    return {"sha256": stored.sha256, "filename": f"apercu-{version}.pdf", "media_type": documents.MEDIA_TYPE}
