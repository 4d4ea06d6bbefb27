"""The platform's seal: a certificate and its key, put on PDFs by pyHanko (PAdES B-B, ETSI EN 319 142-1; B-T when a
timestamp authority is configured) and on the manifests of evidence packs (RSA PKCS#1 v1.5, SHA-256).

``<keys>/conventions/seal/private_key.pem`` (PKCS#8) and ``certificate.pem`` (the seal's certificate, then those that
issued it). In development a self-signed pair is made at the first need; in production both must be there.
"""

import asyncio
import io
import os
import secrets
import selectors
import threading
import urllib.request
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from asn1crypto import pem, tsp
from asn1crypto import x509 as asn1_x509
from asn1crypto.keys import PrivateKeyInfo
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID
from eventlet.patcher import is_monkey_patched
from nameko.extensions import DependencyProvider
from pyhanko.pdf_utils import embed
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError
from pyhanko_certvalidator.registry import SimpleCertificateStore

from services.chassis.config import settings
from services.conventions.apart import apart
from services.conventions.domain.refusals import SealUnavailable
from services.conventions.off_loop import off_loop

FIELD_NAME = "CachetCaf"
_KEY, _CERTIFICATE = "private_key.pem", "certificate.pem"
_DIGEST = "sha256"
_KEY_BITS = 3072  # ANSSI, RGS B1: at least 3072 bits for RSA beyond 2030
_SELF_SIGNED_FOR = timedelta(days=3650)
_TIMESTAMP_WITHIN_S = 8
_TIMESTAMP_MAX_BYTES = 1_000_000
_loop_turn = threading.Lock()


class SealMissing(SystemExit):
    """Production without a seal; the text says which files are wanted."""


@dataclass(frozen=True)
class Seal:
    """A loaded certificate chain and key. ``chain_pem``: the seal's certificate first."""

    signer: SimpleSigner
    key: rsa.RSAPrivateKey
    chain_pem: str
    fingerprint: str
    subject: str
    not_after: datetime
    timestamp_url: str

    def sign_bytes(self, content: bytes) -> bytes:
        """A detached signature of ``content``: the same each time."""
        return self.key.sign(content, padding.PKCS1v15(), hashes.SHA256())


def seal() -> Seal:
    """The seal of this process. Raises SealMissing in production without one."""
    folder = settings().keys / "conventions" / "seal"
    if not (folder / _CERTIFICATE).exists():
        if settings().production:
            raise SealMissing(f"Refusing to start in production:\n  - {folder} needs {_KEY} and {_CERTIFICATE}")
        _make_development_seal(folder, settings().caf_name)
    return _load(folder, settings().timestamp_url)


@lru_cache(maxsize=8)
def _load(folder: Path, timestamp_url: str) -> Seal:
    chain_pem = (folder / _CERTIFICATE).read_text("ascii")
    certificates = x509.load_pem_x509_certificates(chain_pem.encode())
    key = serialization.load_pem_private_key((folder / _KEY).read_bytes(), None)
    if not isinstance(key, rsa.RSAPrivateKey) or key.public_key() != certificates[0].public_key():
        raise SealMissing(f"{folder}: the key must be RSA and belong to the first certificate")
    return Seal(
        signer=_signer(key, chain_pem),
        key=key,
        chain_pem=chain_pem,
        fingerprint=certificates[0].fingerprint(hashes.SHA256()).hex(),
        subject=certificates[0].subject.rfc4514_string(),
        not_after=certificates[0].not_valid_after_utc,
        timestamp_url=timestamp_url,
    )


class _LoadedKeySigner(SimpleSigner):
    """Signs with a key that was checked once; pyHanko's own loads and checks it again each time (0.14 s)."""

    loaded_key: rsa.RSAPrivateKey

    def sign_raw(self, data: bytes, digest_algorithm: str) -> bytes:
        if digest_algorithm != _DIGEST:
            raise ValueError(digest_algorithm)
        return self.loaded_key.sign(data, padding.PKCS1v15(), hashes.SHA256())


def _signer(key: rsa.RSAPrivateKey, chain_pem: str) -> SimpleSigner:
    chain = [asn1_x509.Certificate.load(der) for _, _, der in pem.unarmor(chain_pem.encode(), multiple=True)]
    registry = SimpleCertificateStore()
    registry.register_multiple(chain)
    der = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    signer = _LoadedKeySigner(signing_cert=chain[0], signing_key=PrivateKeyInfo.load(der), cert_registry=registry)
    signer.loaded_key = key
    return signer


@dataclass(frozen=True)
class Attachment:
    """A PDF/A to be carried inside another (allowed by PDF/A-2, ISO 19005-2 §6.8)."""

    filename: str
    description: str
    content: bytes


def put_seal(content: bytes, at: datetime, attachments: Sequence[Attachment], *, reason: str) -> bytes:
    """The PDF with its attachments, sealed. Raises SealUnavailable if the timestamp authority doesn't answer."""
    loaded = seal()
    if not is_monkey_patched("socket"):
        return apart(_put_seal, loaded, content, at, attachments, reason)
    if loaded.timestamp_url:  # the network belongs to eventlet's loop; asyncio allows one loop per thread
        with _loop_turn:
            return _put_seal(loaded, content, at, attachments, reason)
    return off_loop(_put_seal, loaded, content, at, attachments, reason)


class _Writer(IncrementalPdfFileWriter):
    """Leaves the metadata as typst wrote them: pyHanko's rewriting renames the prefixes that PDF/A fixes."""

    def _update_meta(self) -> None:
        return


class _Signer(PdfSigner):
    """Signs at an instant of the platform's clock."""

    def __init__(self, *args: Any, at: datetime, **named: Any):
        super().__init__(*args, **named)
        self._at = at

    def init_signing_session(self, *args: Any, **named: Any) -> Any:
        session = super().init_signing_session(*args, **named)
        session.system_time = self._at
        return session


class _Timestamps(TimeStamper):
    """A timestamp authority by HTTP (RFC 3161), asked without an event loop."""

    def __init__(self, url: str):
        super().__init__()
        self._url = url

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
        question = urllib.request.Request(self._url, req.dump(), headers)  # noqa: S310 (configured by the operator)
        with urllib.request.urlopen(question, timeout=_TIMESTAMP_WITHIN_S) as answer:  # noqa: S310
            return tsp.TimeStampResp.load(answer.read(_TIMESTAMP_MAX_BYTES))


def _put_seal(with_seal: Seal, content: bytes, at: datetime, attachments: Sequence[Attachment], reason: str) -> bytes:
    writer = _Writer(io.BytesIO(content))
    for attachment in attachments:
        embed.embed_file(writer, _file_spec(writer, attachment, at))
    metadata = PdfSignatureMetadata(
        field_name=FIELD_NAME,
        md_algorithm=_DIGEST,
        subfilter=SigSeedSubFilter.PADES,
        reason=reason,
        name=settings().caf_name,
        embed_validation_info=False,
    )
    timestamps = _Timestamps(with_seal.timestamp_url) if with_seal.timestamp_url else None
    signer = _Signer(metadata, with_seal.signer, timestamper=timestamps, at=at)
    sealed = io.BytesIO()
    try:
        _finish(signer.async_sign_pdf(writer, output=sealed))
    except (OSError, TimestampRequestError) as fault:
        raise SealUnavailable(reason=type(fault).__name__) from fault
    return sealed.getvalue()


class _NeverWaits(selectors.SelectSelector):
    """pyHanko wants an asyncio loop but waits for nothing outside; a real selector would block eventlet's."""

    def select(self, timeout: float | None = None) -> list[Any]:
        return []


def _finish(work: Coroutine[Any, Any, Any]) -> None:
    loop = asyncio.SelectorEventLoop(_NeverWaits())
    try:
        loop.run_until_complete(work)
    finally:
        loop.close()


def _file_spec(writer: Any, attachment: Attachment, at: datetime) -> embed.FileSpec:
    data = embed.EmbeddedFileObject.from_file_data(
        writer,
        attachment.content,
        mime_type="application/pdf",
        params=embed.EmbeddedFileParams(creation_date=at, modification_date=at),
    )
    return embed.FileSpec(
        file_spec_string=attachment.filename,
        file_name=attachment.filename,
        embedded_data=data,
        description=attachment.description,
    )


def _make_development_seal(folder: Path, caf_name: str) -> None:
    """A self-signed pair; of several processes that try at once, one wins and all use its pair."""
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    making = folder.with_name(f"seal-{secrets.token_hex(6)}")
    making.mkdir(mode=0o700)
    key = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
    pem_key = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write_private(making / _KEY, pem_key)
    _write_private(making / _CERTIFICATE, _self_signed(key, caf_name).public_bytes(serialization.Encoding.PEM))
    with suppress(OSError):  # somebody else's pair is there already
        making.rename(folder)
        return
    for path in (making / _KEY, making / _CERTIFICATE):
        path.unlink()
    making.rmdir()


def _write_private(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)


def _self_signed(key: rsa.RSAPrivateKey, caf_name: str) -> x509.Certificate:
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "FR"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, caf_name),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Cachet de développement – {caf_name}"[:64]),
        ]
    )
    now = datetime.now(UTC)
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=True, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _SELF_SIGNED_FOR)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


class SealReady(DependencyProvider):
    """Loads the seal when the process starts, so that a missing one is found then and not at the first signature."""

    def setup(self) -> None:
        seal()

    def get_dependency(self, worker_ctx: Any) -> None:
        return None
