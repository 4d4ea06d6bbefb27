"""The chain of evidence: whole, in order, and telling a signature that follows the rules."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.conventions import pack
from services.conventions.domain import evidence, signing_codes
from services.conventions.domain.evidence import Evidence, Link
from services.conventions.domain.states import Kind
from services.conventions.verifying import afterwards
from services.conventions.verifying.container import Contents
from services.conventions.verifying.findings import Broken, Findings


@dataclass(frozen=True)
class Story:
    """The links that matter to the sealed document."""

    convention_id: str
    links: list[Link]
    signed: Link
    countersigned: Link | None
    sealed: Link | None

    @property
    def refused(self) -> bool:
        return _last(self.links, Evidence.REFUSED) is not None


def check_story(contents: Contents, findings: Findings) -> Story:
    """Raises Broken."""
    raw = json.loads(contents.files[pack.EVIDENCE])
    convention_id = str(raw["convention_id"])
    links = [Link(**found) for found in raw["chain"]]
    try:
        head = evidence.check_chain(convention_id, links)
    except evidence.ChainBroken as broken:
        raise Broken(f"la chaîne de preuve est rompue : {broken}") from None
    told = contents.manifest
    if (head, len(links), convention_id) != (told["chain_head"], told["chain_length"], told["convention_id"]):
        raise Broken("la chaîne de preuve n’est pas celle dont parle le manifeste")
    afterwards.check_state(links, raw["state"])
    findings.proven.append(f"La chaîne de preuve est entière : {len(links)} maillons liés l’un à l’autre.")
    return _signature(convention_id, links, contents, findings)


def _signature(convention_id: str, links: list[Link], contents: Contents, findings: Findings) -> Story:
    signed = _last(links, Evidence.SIGNED)
    if signed is None:
        raise Broken("la chaîne de preuve ne contient pas de signature du représentant légal")
    _check_document(signed, contents, findings)
    _check_reading(links, signed)
    _check_code(links, signed)
    _tell_what_it_follows(links[0], findings)
    _tell_signature(signed, findings)
    return Story(convention_id, links, signed, _last(links, Evidence.COUNTERSIGNED), _last(links, Evidence.SEALED))


def _last(links: Sequence[Link], kind: Evidence) -> Link | None:
    return next((link for link in reversed(links) if link.kind == kind), None)


def _check_document(signed: Link, contents: Contents, findings: Findings) -> None:
    found = hashlib.sha256(contents.files[pack.SIGNED_DOCUMENT]).hexdigest()
    if found != signed.facts["document_sha256"]:
        raise Broken("document-signe.pdf n’est pas le document qui a été signé")
    findings.proven.append(f"document-signe.pdf est, octet pour octet, le document signé (SHA-256 {found}).")


def _check_reading(links: Sequence[Link], signed: Link) -> None:
    document = signed.facts["document_sha256"]
    reads = [
        link
        for link in links
        if link.kind == Evidence.READ and link.facts["document_sha256"] == document and _before(link, signed)
    ]
    if not reads:
        raise Broken("rien n’atteste que le document a été lu avant d’être signé")


def _check_code(links: Sequence[Link], signed: Link) -> None:
    """The code was asked for this document, sent, not too old, and not preceded by too many wrong ones."""
    code_id = signed.facts["code_id"]
    asked = _of_code(links, Evidence.CODE_REQUESTED, code_id)
    sent = _of_code(links, Evidence.CODE_SENT, code_id)
    if asked is None or sent is None or not _before(asked, signed) or not _before(sent, signed):
        raise Broken("le code de vérification n’a pas été demandé et envoyé avant la signature")
    if asked.facts["code_hash"] != signed.facts["code_hash"]:
        raise Broken("le code saisi n’est pas celui qui a été envoyé")
    if asked.facts["document_sha256"] != signed.facts["document_sha256"]:
        raise Broken("le code de vérification avait été demandé pour un autre document")
    if datetime.fromisoformat(signed.at) >= datetime.fromisoformat(asked.facts["expires_at"]):
        raise Broken("le code de vérification avait expiré au moment de la signature")
    if signed.facts["wrong_codes_before"] >= signing_codes.MAX_TRIES:
        raise Broken("la signature suit plus de codes erronés qu’il n’est permis")


def _of_code(links: Sequence[Link], kind: Evidence, code_id: str) -> Link | None:
    return next((link for link in links if link.kind == kind and link.facts["code_id"] == code_id), None)


def _before(one: Link, other: Link) -> bool:
    return one.sequence < other.sequence and one.at <= other.at


def _tell_what_it_follows(prepared: Link, findings: Findings) -> None:
    if before := prepared.facts.get("replaces_id"):
        kind = {Kind.AMENDMENT: "Avenant", Kind.RENEWAL: "Renouvellement"}.get(prepared.facts["kind"], "Convention")
        findings.stated.append(f"{kind} qui fait suite à la convention {before}.")


def _tell_signature(signed: Link, findings: Findings) -> None:
    facts: dict[str, Any] = dict(signed.facts)
    findings.proven.append(
        "Le document a été lu, puis un code à usage unique a été envoyé et saisi à temps, dans cet ordre."
    )
    findings.stated.append(
        f"Signé le {afterwards.moment(signed.at)} par le compte {facts['account_id']}, code envoyé au "
        f"{facts['masked_phone']} (message {facts['provider']} {facts['provider_id']}, état à la signature : "
        f"{facts['delivery_state']}), "
        f"{facts['wrong_codes_before']} code(s) erroné(s) auparavant, depuis {facts['ip']}."
    )
