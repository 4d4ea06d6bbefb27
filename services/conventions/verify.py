"""Verify an evidence pack: ``python -m services.conventions.verify PACK.zip [--certificat CERT.pem]``.

Works offline and without the platform: no configuration, no database, no network. Exit status 0 if everything holds,
1 if anything was changed, 2 if the file can't be read. One changed byte anywhere in the zip makes it fail.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from services.conventions.verifying import afterwards
from services.conventions.verifying.container import open_pack
from services.conventions.verifying.findings import Broken, Findings
from services.conventions.verifying.sealed_pdf import check_sealed
from services.conventions.verifying.story import check_story


def verify(raw: bytes, trusted: Sequence[x509.Certificate] = ()) -> Findings:
    """What the pack proves. ``trusted``: the certificate that the Caf publishes, got by another way. Raises Broken."""
    findings = Findings()
    try:
        contents = open_pack(raw)
        findings.proven.append("Le dossier est entier : aucun octet n’a changé depuis que le cachet l’a signé.")
        story = check_story(contents, findings)
        _judge_certificate(contents.certificates, trusted, findings)
        check_sealed(contents, story, trusted, findings)
        afterwards.tell(story.links, story.signed, findings)
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        raise Broken(f"le dossier est incohérent ({type(fault).__name__} : {fault})") from fault
    return findings


def _judge_certificate(
    certificates: Sequence[x509.Certificate], trusted: Sequence[x509.Certificate], findings: Findings
) -> None:
    seal = certificates[0]
    fingerprint = seal.fingerprint(hashes.SHA256()).hex()
    if not trusted:
        findings.warnings.append(
            f"Le certificat du cachet est celui du dossier : {seal.subject.rfc4514_string()}, empreinte SHA-256 "
            f"{fingerprint}. Comparez-la à celle que la Caf publie, ou donnez son certificat avec --certificat."
        )
        return
    known = {found.fingerprint(hashes.SHA256()) for found in trusted}
    if not known & {found.fingerprint(hashes.SHA256()) for found in certificates}:
        raise Broken("le certificat du cachet n’est pas reconnu par le certificat de confiance donné")
    findings.proven.append(f"Le cachet est celui du certificat donné (empreinte SHA-256 {fingerprint}).")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m services.conventions.verify", description=__doc__)
    parser.add_argument("pack", type=Path, help="le dossier de preuve (zip)")
    parser.add_argument("--certificat", type=Path, help="le certificat publié par la Caf (PEM)")
    asked = parser.parse_args(arguments)
    try:
        raw = asked.pack.read_bytes()
        trusted = x509.load_pem_x509_certificates(asked.certificat.read_bytes()) if asked.certificat else []
    except (OSError, ValueError) as fault:
        print(f"Fichier illisible : {fault}", file=sys.stderr)
        return 2
    try:
        findings = verify(raw, trusted)
    except Broken as broken:
        print(f"ÉCHEC – ce dossier ne prouve rien : {broken}.", file=sys.stderr)
        return 1
    _tell(findings)
    return 0


def _tell(findings: Findings) -> None:
    for title, lines in (
        ("PROUVÉ", findings.proven),
        ("DÉCLARÉ PAR LA PLATEFORME, ET FIXÉ PAR LE CACHET", findings.stated),
        ("CE QUI A SUIVI LA SIGNATURE, POUR CE QUE LE DOSSIER EN SAIT", findings.afterwards),
        ("À JUGER PAR VOUS", findings.warnings),
    ):
        if lines:
            print(title)
            for line in lines:
                print(f"  - {line}")
    print("LE DOSSIER EST VALABLE.")


if __name__ == "__main__":
    sys.exit(main())
