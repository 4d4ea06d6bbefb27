"""«Contresigner»: the Caf's signature on one convention. What costs time — rendering the final document, sealing it,
storing it — happens outside any transaction; the transaction then checks that nothing has moved and makes it count.
A document that is sealed is never replaced: the second of two agents finds it active.
"""

import hashlib
import io
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from services.chassis.database import BoundDatabase, UnitOfWork
from services.chassis.files import FileStore, FileUnknown, StoredFile
from services.chassis.typography import day_in_words
from services.conventions import documents, messages, repository, seal
from services.conventions.domain import states
from services.conventions.domain.evidence import Evidence, Link
from services.conventions.domain.refusals import DocumentDamaged, NotApproved
from services.conventions.domain.states import Act, Kind
from services.conventions.handlers import chain, reading
from services.conventions.models import Convention, Document

_ROUNDS = 3  # a delivery report may lengthen the chain while the document is being sealed
SIGNED_FILENAME = "document-signe-par-le-representant.pdf"


@dataclass(frozen=True)
class Signatory:
    """The agent who signs for the Caf, and from where."""

    account_id: str
    first_name: str
    last_name: str
    ip: str
    user_agent: str

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


class ChainMoved(Exception):
    """The chain grew while the document was being sealed: seal again. After three rounds, try again later."""

    code = "unavailable"
    fields: dict[str, Any] = {}


@dataclass(frozen=True)
class _Plan:
    """What is to be sealed, as read in one transaction."""

    convention: Convention
    document: Document
    facts: dict[str, Any]
    signed_link: Link
    link: Link
    effective_on: date
    ends_on: date
    at: datetime


def countersign(database: BoundDatabase, convention_id: str, signatory: Signatory) -> None:
    """Sign for the Caf and seal. Raises ConventionUnknown, TransitionRefused, AlreadyCountersigned, NotApproved,
    DocumentDamaged, SealUnavailable, ChainMoved."""
    for _ in range(_ROUNDS):
        plan = _plan(database, convention_id, signatory)
        sealed = _sealed(plan, signatory)
        stored = FileStore().put(io.BytesIO(sealed))
        try:
            with database.unit_of_work() as uow:
                _activate(uow, plan, signatory, stored, documents.page_count(sealed))
            return
        except ChainMoved:
            FileStore().delete(stored.sha256)
        except BaseException:
            FileStore().delete(stored.sha256)  # nobody names it: a random id in it makes it unlike any other
            raise
    raise ChainMoved


def _plan(database: BoundDatabase, convention_id: str, signatory: Signatory) -> _Plan:
    with database.unit_of_work() as uow:
        convention = repository.by_id(uow.session, convention_id)
        check(convention)
        document = repository.document(uow.session, convention.signed_document_id)
        if document is None:
            raise DocumentDamaged
        links = chain.read(uow.session, convention.id)
        effective_on, ends_on = _term(uow, convention)
        facts = {
            "account_id": signatory.account_id,
            "name": signatory.name,
            "ip": signatory.ip,
            "user_agent": signatory.user_agent,
            "document_sha256": document.sha256,
            "partner_number": convention.partner_number,
            "effective_on": effective_on.isoformat(),
            "ends_on": ends_on.isoformat(),
        }
        signed_link = next(link for link in links if link.kind == Evidence.SIGNED)
        link = chain.next_link(convention, Evidence.COUNTERSIGNED, facts, uow.now)
        made_from = reading.facts_of(document)
        return _Plan(convention, document, made_from, signed_link, link, effective_on, ends_on, uow.now)


def check(convention: Convention) -> None:
    """Raises TransitionRefused, AlreadyCountersigned, NotApproved."""
    states.after(convention.state, Act.COUNTERSIGN)
    if convention.approved_at is None or convention.partner_number is None:
        raise NotApproved


def _term(uow: UnitOfWork, convention: Convention) -> tuple[date, date]:
    """From when to when it binds, ends included: a year from today; a renewal follows the term before; an amendment
    takes over tomorrow what is left of the term."""
    before = repository.by_id(uow.session, convention.replaces_id) if convention.replaces_id else None
    today = uow.today
    if before is not None and states.in_force(before.state, before.effective_on, before.ends_on, today):
        assert before.ends_on is not None
        if convention.kind == Kind.AMENDMENT:
            return today + timedelta(days=1), max(before.ends_on, today + timedelta(days=1))
        start = before.ends_on + timedelta(days=1)
        return start, states.one_year_later(start) - timedelta(days=1)
    return today, states.one_year_later(today) - timedelta(days=1)


def _sealed(plan: _Plan, signatory: Signatory) -> bytes:
    signed = signed_document(plan.document.sha256)
    signatures = _signatures(plan, signatory)
    final = documents.render(plan.document.text_version, plan.facts, plan.at, signatures)
    attachment = seal.Attachment(SIGNED_FILENAME, "Le document signé par le représentant légal, tel quel", signed)
    return seal.put_seal(final.content, plan.at, [attachment], reason="Signature de la convention par la Caf")


def signed_document(sha256: str) -> bytes:
    """The document that the partner signed, checked. Raises DocumentDamaged."""
    try:
        with FileStore().open(sha256) as stream:
            content = stream.read()
    except (FileUnknown, OSError, ValueError) as fault:
        raise DocumentDamaged(sha256=sha256) from fault
    if hashlib.sha256(content).hexdigest() != sha256:
        raise DocumentDamaged(sha256=sha256)
    return content


def keywords(convention_id: str, document_sha256: str, link: Link) -> list[str]:
    """By which the verifier finds, in the sealed PDF, what the seal fixes."""
    return [
        f"psl-convention:{convention_id}",
        f"psl-document:{document_sha256}",
        f"psl-evidence:{link.sequence}:{link.hash}",
    ]


def _signatures(plan: _Plan, signatory: Signatory) -> documents.Signatures:
    person, signed = plan.facts["representative"], plan.signed_link
    partner_name = f"{person['civility']} {person['first_name']} {person['last_name']}".strip()
    partner = [
        ("Signataire", partner_name),
        ("Qualité", f"{person['position']}, représentant légal"),
        ("Signé le", documents.at_in_words(plan.convention.signed_at or plan.at)),
        ("Moyen", f"code à usage unique envoyé par SMS au {signed.facts['masked_phone']}"),
        ("Version du texte", plan.document.text_version),
        ("Empreinte SHA-256 du document signé", plan.document.sha256),
    ]
    caf = [
        ("Signataire", signatory.name),
        ("Qualité", f"personne habilitée à signer pour la {plan.facts['caf']}"),
        ("Signé le", documents.at_in_words(plan.at)),
        ("Numéro partenaire", plan.convention.partner_number or ""),
        ("Date d’effet", day_in_words(plan.effective_on)),
        ("Terme", day_in_words(plan.ends_on)),
    ]
    proof = [
        ("Maillons de la chaîne de preuve", str(plan.link.sequence)),
        ("Tête de la chaîne (SHA-256)", plan.link.hash),
        ("Vérification", "python -m services.conventions.verify, avec le dossier de preuve"),
    ]
    return documents.Signatures(partner, caf, proof, keywords(plan.convention.id, plan.document.sha256, plan.link))


def _activate(uow: UnitOfWork, plan: _Plan, signatory: Signatory, stored: StoredFile, pages: int) -> None:
    convention = repository.by_id(uow.session, plan.convention.id, lock=True)
    check(convention)
    if convention.chain_head != plan.link.previous:
        raise ChainMoved
    chain.store(uow, convention, plan.link)
    convention.state = states.after(convention.state, Act.COUNTERSIGN)
    convention.activated_at = convention.waiting_since = plan.at
    convention.countersigned_by = signatory.account_id
    convention.effective_on, convention.ends_on = plan.effective_on, plan.ends_on
    convention.sealed_sha256, convention.sealed_size, convention.sealed_pages = stored.sha256, stored.size, pages
    found = seal.seal()
    chain.append(
        uow,
        convention,
        Evidence.SEALED,
        sealed_sha256=stored.sha256,
        certificate_sha256=found.fingerprint,
        timestamped=bool(found.timestamp_url),
    )
    uow.audit(
        "convention:countersign",
        convention.id,
        structure_id=convention.structure_id,
        signatory=signatory.account_id,
        sealed_sha256=stored.sha256,
    )
    _announce(uow, convention)


def _announce(uow: UnitOfWork, convention: Convention) -> None:
    """A structure becomes a partner, or stays one under a new convention."""
    before = repository.by_id(uow.session, convention.replaces_id, lock=True) if convention.replaces_id else None
    if before is None or not states.in_force(before.state, before.effective_on, before.ends_on, uow.today):
        uow.publish(
            messages.ConventionActivated,
            convention_id=convention.id,
            structure_id=convention.structure_id,
            partner_number=convention.partner_number,
            activated_at=convention.activated_at,
            effective_on=convention.effective_on,
        )
        return
    assert convention.effective_on is not None
    before.replaced_by_id = convention.id
    before.ends_on = convention.effective_on - timedelta(days=1)
    chain.append(
        uow,
        before,
        Evidence.REPLACED,
        replaced_by=convention.id,
        kind=convention.kind,
        effective_on=convention.effective_on.isoformat(),
    )
    uow.publish(
        messages.ConventionReplaced,
        convention_id=convention.id,
        replaces_id=before.id,
        structure_id=convention.structure_id,
        kind=convention.kind,
        effective_on=convention.effective_on,
    )
