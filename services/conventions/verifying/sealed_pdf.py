"""The sealed PDF: pyHanko validates the seal; then that the seal fixes this very story."""

import hashlib
import io
from collections.abc import Sequence

import pikepdf
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko_certvalidator import ValidationContext

from services.conventions import pack
from services.conventions.apart import apart
from services.conventions.verifying.afterwards import day, moment
from services.conventions.verifying.container import Contents
from services.conventions.verifying.findings import Broken, Findings
from services.conventions.verifying.story import Story


def check_sealed(contents: Contents, story: Story, trusted: Sequence[x509.Certificate], findings: Findings) -> None:
    """Raises Broken. Without a sealed document says that the Caf hasn't signed."""
    if pack.SEALED_DOCUMENT not in contents.files:
        if story.sealed is not None:
            raise Broken("la convention est contresignée, mais le document scellé manque au dossier")
        if not story.refused:
            findings.warnings.append("La Caf n’a pas encore contresigné : il n’y a pas de document scellé.")
        return
    content = contents.files[pack.SEALED_DOCUMENT]
    _check_story(content, story)
    _check_seal(content, contents.certificates, trusted, findings)
    _check_inside(content, contents, story, findings)
    assert story.countersigned is not None
    facts = story.countersigned.facts
    findings.stated.append(
        f"Contresigné le {moment(story.countersigned.at)} pour la Caf par {facts['name']} ; numéro partenaire "
        f"{facts['partner_number']}, convention conclue du {day(facts['effective_on'])} au {day(facts['ends_on'])}."
    )


def _check_story(content: bytes, story: Story) -> None:
    if story.countersigned is None or story.sealed is None:
        raise Broken("la chaîne de preuve ne contient pas la contresignature du document scellé")
    if hashlib.sha256(content).hexdigest() != story.sealed.facts["sealed_sha256"]:
        raise Broken("convention.pdf n’est pas le document qui a été scellé")
    if story.countersigned.facts["document_sha256"] != story.signed.facts["document_sha256"]:
        raise Broken("la Caf n’a pas contresigné le document que le partenaire a signé")


def _check_seal(
    content: bytes, certificates: Sequence[x509.Certificate], trusted: Sequence[x509.Certificate], findings: Findings
) -> None:
    """The seal is sound, covers the whole file, and was made with the pack's certificate."""
    try:
        signatures = PdfFileReader(io.BytesIO(content)).embedded_signatures
        if len(signatures) != 1:
            raise Broken("le document scellé doit porter un cachet, et un seul")
        at = signatures[0].self_reported_timestamp
        roots = [_asn1(found) for found in (trusted or [certificates[-1]])]
        context = ValidationContext(
            trust_roots=roots, other_certs=[_asn1(found) for found in certificates], allow_fetching=False, moment=at
        )
        status = apart(validate_pdf_signature, signatures[0], context)
    except (PdfReadError, SignatureValidationError, ValueError) as fault:
        raise Broken(f"le cachet du document est illisible ({fault})") from None
    if not (status.intact and status.valid):
        raise Broken("le cachet du document n’est pas valable : le document a été modifié")
    whole = status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    if not whole or status.modification_level not in (None, ModificationLevel.NONE):
        raise Broken("le cachet ne couvre pas tout le document")
    if status.signing_cert.sha256 != certificates[0].fingerprint(hashes.SHA256()):
        raise Broken("le cachet du document n’a pas été apposé avec le certificat du dossier")
    if not status.trusted:
        raise Broken("le certificat du cachet n’est pas reconnu par le certificat de confiance donné")
    findings.proven.append("Le cachet électronique est valable et couvre tout le document scellé (PAdES).")
    if status.timestamp_validity is not None:
        findings.proven.append(f"Une autorité d’horodatage atteste le cachet au {status.timestamp_validity.timestamp}.")


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))


def _check_inside(content: bytes, contents: Contents, story: Story, findings: Findings) -> None:
    """What is under the seal: the head of the chain, and the signed document itself."""
    assert story.countersigned is not None
    wanted = {
        f"psl-convention:{story.convention_id}",
        f"psl-document:{story.signed.facts['document_sha256']}",
        f"psl-evidence:{story.countersigned.sequence}:{story.countersigned.hash}",
    }
    with pikepdf.open(io.BytesIO(content)) as document:
        keywords = str(document.docinfo.get("/Keywords", ""))
        attached = [document.attachments[name].get_file().read_bytes() for name in document.attachments]
    if not wanted <= {word.strip() for word in keywords.replace(";", ",").split(",")}:
        raise Broken("le document scellé ne porte pas l’empreinte de cette chaîne de preuve")
    if attached != [contents.files[pack.SIGNED_DOCUMENT]]:
        raise Broken("le document joint au document scellé n’est pas celui que le partenaire a signé")
    findings.proven.append(
        "Le document scellé porte l’empreinte de la chaîne de preuve et contient le document signé, tel quel."
    )
