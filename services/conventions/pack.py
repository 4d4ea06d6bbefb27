"""The evidence pack: a zip with the documents, the chain of evidence, the certificates and a signed manifest.

Every byte matters. The zip is written in one canonical way (stored, fixed order, fixed attributes), so that a verifier
can write it again from its contents and compare byte for byte; what the contents are is held by SHA-256 in
``manifest.json``, and that by ``manifest.sig``, the seal's signature (RSA PKCS#1 v1.5, SHA-256).
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

FORMAT = "psl-evidence-pack/1"

README = "LISEZMOI.txt"
EVIDENCE = "preuves.json"
SIGNED_DOCUMENT = "document-signe.pdf"
SEALED_DOCUMENT = "convention.pdf"
CERTIFICATES = "certificats.pem"
MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig"

ORDER = (README, EVIDENCE, SIGNED_DOCUMENT, SEALED_DOCUMENT, CERTIFICATES, MANIFEST, SIGNATURE)
OPTIONAL = frozenset({SEALED_DOCUMENT})
_EPOCH = (1980, 1, 1, 0, 0, 0)


def write(files: Mapping[str, bytes]) -> bytes:
    """The one zip of these files."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name in ORDER:
            if name in files:
                entry = zipfile.ZipInfo(name, _EPOCH)
                entry.create_system = 3
                entry.external_attr = 0o100644 << 16
                archive.writestr(entry, files[name])
    return target.getvalue()


def manifest(convention_id: str, chain_length: int, chain_head: str, files: Mapping[str, bytes]) -> bytes:
    """What the pack holds: the size and SHA-256 of each file but the manifest and its signature."""
    content: dict[str, Any] = {
        "format": FORMAT,
        "convention_id": convention_id,
        "chain_length": chain_length,
        "chain_head": chain_head,
        "files": {
            name: {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
            for name, content in sorted(files.items())
        },
    }
    return readable(content)


def readable(content: Any) -> bytes:
    """JSON that people can read, always the same for the same content."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, indent=1, allow_nan=False).encode("utf-8") + b"\n"


README_TEXT = """\
DOSSIER DE PREUVE D'UNE CONVENTION
==================================

Ce dossier permet de vérifier, sans la plateforme et sans réseau, qu'une convention a été signée.

  document-signe.pdf   le document que le représentant légal a lu et signé, tel quel
  convention.pdf       le document final, contresigné par la Caf et scellé (absent avant la contresignature)
  preuves.json         la chaîne de preuve : chaque étape, datée, liée à la précédente par son empreinte
  certificats.pem      le certificat du cachet électronique, suivi de ceux qui l'ont émis
  manifest.json        l'empreinte SHA-256 de chaque fichier du dossier
  manifest.sig         la signature de manifest.json par le cachet (RSA PKCS#1 v1.5, SHA-256)

Vérifier tout le dossier (un seul octet modifié, où que ce soit, le fait échouer) :

  python -m services.conventions.verify DOSSIER.zip [--certificat CERTIFICAT.pem]

Donnez avec --certificat le certificat que la Caf publie, obtenu par une autre voie que ce dossier : c'est lui qui
établit que le cachet est bien le sien. La vérification dit aussi ce qui a suivi la signature (refus, avenant,
renouvellement, résiliation, terme), jusqu'au moment où ce dossier a été fait.

Vérifier à la main, avec des outils courants :

  sha256sum document-signe.pdf convention.pdf preuves.json certificats.pem LISEZMOI.txt
  openssl x509 -in certificats.pem -pubkey -noout > cle.pem
  openssl dgst -sha256 -verify cle.pem -signature manifest.sig manifest.json
  pyhanko sign validate --pretty-print --trust certificats.pem convention.pdf

L'empreinte d'un maillon de preuves.json est le SHA-256 du JSON canonique (clés triées, sans espaces, UTF-8) de
{"at", "convention_id", "facts", "kind", "previous", "sequence"}.
""".encode()
