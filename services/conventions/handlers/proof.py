"""The evidence pack of a convention, made when asked for and kept by its hash: same evidence, same file."""

import io
from typing import Any

from services.chassis.database import BoundDatabase, UnitOfWork
from services.chassis.files import FileStore, FileUnknown
from services.chassis.rpc import Call
from services.conventions import documents, repository, seal
from services.conventions import pack as packs
from services.conventions.domain.evidence import Link
from services.conventions.domain.refusals import DocumentDamaged, EvidenceNotYet
from services.conventions.handlers import chain, reading, views
from services.conventions.handlers.countersigning import signed_document
from services.conventions.models import Convention

MEDIA_TYPE = "application/zip"


def document(uow: UnitOfWork, *, convention_id: str) -> dict[str, Any]:
    """The Caf looks at a convention's document; the look is on record. Raises ConventionUnknown, DocumentMissing."""
    convention = repository.by_id(uow.session, convention_id)
    uow.audit("convention:read_document", convention_id, structure_id=convention.structure_id)
    return reading.stored_document(uow, convention)


def own_pack(database: BoundDatabase, call: Call) -> dict[str, Any]:
    """The pack of the convention that `open_convention` shows, or while that is to be signed of the newest that the
    structure has signed. Raises EvidenceNotYet."""
    structure_id = call.actor.scope.get("structure_id")
    with database.unit_of_work(call) as uow:
        found = repository.foremost_of(uow.session, structure_id, uow.today)
        if found is None or found.signed_at is None:
            found = repository.signed_of(uow.session, structure_id)
        if found is None:
            raise EvidenceNotYet
    return pack(database, call, convention_id=found.id)


def pack(database: BoundDatabase, call: Call, *, convention_id: str) -> dict[str, Any]:
    """Where the pack lies. Raises ConventionUnknown, EvidenceNotYet, DocumentDamaged."""
    with database.unit_of_work(call) as uow:
        convention = repository.by_id(uow.session, convention_id, lock=True)  # its state and its chain of one moment
        signed = repository.document(uow.session, convention.signed_document_id)
        if signed is None:
            raise EvidenceNotYet
        links = chain.read(uow.session, convention.id)
        uow.audit(
            "convention:read_evidence", convention.id, structure_id=convention.structure_id, chain_length=len(links)
        )
    stored = FileStore().put(io.BytesIO(_made(convention, signed.sha256, links)))
    name = f"preuves-{documents.reference_of(convention.id)}-{len(links)}.zip"
    return {"sha256": stored.sha256, "filename": name, "media_type": MEDIA_TYPE}


def _made(convention: Convention, signed_sha256: str, links: list[Link]) -> bytes:
    found = seal.seal()
    evidence = {
        "convention_id": convention.id,
        "reference": documents.reference_of(convention.id),
        "state": convention.state,
        "chain": [views.link(link) for link in links],
    }
    files = {
        packs.README: packs.README_TEXT,
        packs.EVIDENCE: packs.readable(evidence),
        packs.SIGNED_DOCUMENT: signed_document(signed_sha256),
        packs.CERTIFICATES: found.chain_pem.encode("ascii"),
    }
    if convention.sealed_sha256:
        files[packs.SEALED_DOCUMENT] = _stored(convention.sealed_sha256)
    files[packs.MANIFEST] = packs.manifest(convention.id, len(links), links[-1].hash, files)
    files[packs.SIGNATURE] = found.sign_bytes(files[packs.MANIFEST])
    return packs.write(files)


def _stored(sha256: str) -> bytes:
    try:
        with FileStore().open(sha256) as stream:
            return stream.read()
    except FileUnknown:
        raise DocumentDamaged(sha256=sha256) from None
