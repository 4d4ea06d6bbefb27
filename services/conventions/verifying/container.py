"""The zip itself: read it, write it again, compare every byte; then the manifest and its signature."""

import hashlib
import io
import json
import zipfile
import zlib
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from services.conventions import pack
from services.conventions.verifying.findings import Broken

MAX_BYTES = 200 * 1024 * 1024


@dataclass(frozen=True)
class Contents:
    """A pack whose bytes are those that the holder of ``certificates[0]`` signed."""

    files: dict[str, bytes]
    manifest: dict[str, Any]
    certificates: list[x509.Certificate]


def open_pack(raw: bytes) -> Contents:
    """Raises Broken."""
    files = _files(raw)
    if pack.write(files) != raw:
        raise Broken("l’enveloppe (le fichier zip) a été modifiée : ses octets ne sont pas ceux d’origine")
    certificates = _certificates(files[pack.CERTIFICATES])
    _check_signature(certificates[0], files[pack.MANIFEST], files[pack.SIGNATURE])
    manifest = _manifest(files)
    return Contents(files, manifest, certificates)


def _files(raw: bytes) -> dict[str, bytes]:
    if len(raw) > MAX_BYTES:
        raise Broken("le fichier est trop grand pour être un dossier de preuve")
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            names = archive.namelist()
            if tuple(names) != tuple(name for name in pack.ORDER if name in names):
                raise Broken("le dossier ne contient pas les fichiers attendus, dans l’ordre attendu")
            if missing := set(pack.ORDER) - pack.OPTIONAL - set(names):
                raise Broken(f"il manque au dossier : {', '.join(sorted(missing))}")
            if any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist()):
                raise Broken("l’enveloppe (le fichier zip) a été modifiée : un fichier y est compressé")
            return {name: archive.read(name) for name in names}
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, NotImplementedError, RuntimeError, EOFError) as fault:
        raise Broken(f"ce n’est pas un dossier de preuve lisible ({fault})") from None


def _certificates(content: bytes) -> list[x509.Certificate]:
    try:
        found = x509.load_pem_x509_certificates(content)
    except ValueError:
        raise Broken("les certificats du dossier sont illisibles") from None
    if not isinstance(found[0].public_key(), rsa.RSAPublicKey):
        raise Broken("le certificat du cachet n’est pas d’un type attendu")
    return found


def _check_signature(certificate: x509.Certificate, manifest: bytes, signature: bytes) -> None:
    key = certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    try:
        key.verify(signature, manifest, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        raise Broken("la signature du manifeste n’est pas valable : le manifeste ou sa signature a changé") from None


def _manifest(files: dict[str, bytes]) -> dict[str, Any]:
    """The manifest, every file of which is as it says."""
    found = json.loads(files[pack.MANIFEST])
    if found["format"] != pack.FORMAT:
        raise Broken(f"format inconnu : {found['format']}")
    held = {name: content for name, content in files.items() if name not in (pack.MANIFEST, pack.SIGNATURE)}
    if set(found["files"]) != set(held):
        raise Broken("le manifeste ne parle pas des mêmes fichiers que le dossier")
    for name, content in held.items():
        if hashlib.sha256(content).hexdigest() != found["files"][name]["sha256"]:
            raise Broken(f"{name} a été modifié : son empreinte n’est pas celle du manifeste")
    return dict(found)
