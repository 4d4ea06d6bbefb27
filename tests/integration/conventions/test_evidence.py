"""The evidence pack: whole and offline it proves; touched anywhere it fails."""

import io
import json
import os
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from services.chassis import clock
from services.conventions import pack as packs
from services.conventions import seal
from services.conventions.apart import apart
from services.conventions.domain import evidence
from services.conventions.domain.refusals import EvidenceNotYet
from services.conventions.handlers import signing
from services.conventions.verify import main, verify
from services.conventions.verifying.findings import Broken
from tests.integration.conventions.world import World

FLIPS = 1000
OFFLINE = """
import socket, sys
def refused(*_, **__):
    raise OSError("no network here")
socket.socket.connect = socket.socket.sendto = socket.getaddrinfo = refused
from services.conventions.verify import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def sealed_pack(world: World) -> bytes:
    club = world.club(approved=True).sign()
    world.countersign(club)
    return world.pack(club)


def published_certificate() -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(seal.seal().chain_pem.encode())


def test_an_honest_pack_verifies_with_the_network_off(sealed_pack: bytes, tmp_path: Path):
    path, certificate = tmp_path / "pack.zip", tmp_path / "caf.pem"
    path.write_bytes(sealed_pack)
    certificate.write_text(seal.seal().chain_pem)
    clean = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path.cwd()), "LC_ALL": "C.UTF-8"}
    command = [sys.executable, "-W", "ignore", "-c", OFFLINE, str(path), "--certificat", str(certificate)]
    done = subprocess.run(command, env=clean, cwd=Path.cwd(), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "LE DOSSIER EST VALABLE." in done.stdout and "Contresigné" in done.stdout
    assert "À JUGER PAR VOUS" not in done.stdout


def test_one_changed_byte_anywhere_fails(sealed_pack: bytes):
    chance = random.Random(20261124)
    verify(sealed_pack)
    unnoticed = []
    for place in chance.sample(range(len(sealed_pack)), FLIPS):
        flipped = bytearray(sealed_pack)
        flipped[place] ^= 1 << chance.randrange(8)
        try:
            verify(bytes(flipped))
        except Broken:
            continue
        unnoticed.append(place)
    assert unnoticed == []


def test_every_byte_of_the_containers_own_records_counts(sealed_pack: bytes):
    """Headers between and after the files: each byte of each, not a sample."""
    with zipfile.ZipFile(io.BytesIO(sealed_pack)) as archive:
        first = archive.infolist()[0]
        directory = archive.start_dir
    places = [*range(first.header_offset, first.header_offset + 30), *range(directory, len(sealed_pack))]
    unnoticed = []
    for place in places:
        flipped = bytearray(sealed_pack)
        flipped[place] ^= 0xFF
        try:
            verify(bytes(flipped))
        except Broken:
            continue
        unnoticed.append(place)
    assert unnoticed == []


@pytest.mark.parametrize(
    "change", [lambda raw: raw + b"\0", lambda raw: raw[:-1], lambda raw: b"\0" + raw, bytes.upper]
)
def test_a_longer_or_shorter_pack_fails(sealed_pack: bytes, change):
    with pytest.raises(Broken):
        verify(change(sealed_pack))


def test_a_pack_made_by_a_stranger_is_not_the_caf_s(sealed_pack: bytes, tmp_path: Path):
    """Somebody may sign anything with a certificate of their own: the published one tells."""
    files = contents(sealed_pack)
    seal._make_development_seal(tmp_path / "seal", "Caf d’ailleurs")
    stranger = seal._load(tmp_path / "seal", "")
    files[packs.CERTIFICATES] = stranger.chain_pem.encode()
    held = {name: content for name, content in files.items() if name not in (packs.MANIFEST, packs.SIGNATURE)}
    told = json.loads(files[packs.MANIFEST])
    files[packs.MANIFEST] = packs.manifest(told["convention_id"], told["chain_length"], told["chain_head"], held)
    files[packs.SIGNATURE] = stranger.sign_bytes(files[packs.MANIFEST])
    with pytest.raises(Broken):
        verify(packs.write(files), published_certificate())
    with pytest.raises(Broken):  # the sealed PDF was not sealed by the stranger
        verify(packs.write(files))


def test_a_chain_told_differently_but_signed_again_fails(sealed_pack: bytes):
    """Even the holder of the seal can't change what happened before the last signature: the PDF fixes it."""

    def moved(raw: dict) -> None:
        for link in raw["chain"]:
            if link["kind"] == "signed":
                link["facts"]["ip"] = "203.0.113.9"

    with pytest.raises(Broken, match="ne porte pas l’empreinte"):
        verify(retold(sealed_pack, moved))


def retold(pack: bytes, change: Callable[[dict], None]) -> bytes:
    """The same pack with another story, every hash computed and the manifest signed again by the seal."""
    files = contents(pack)
    raw = json.loads(files[packs.EVIDENCE])
    change(raw)
    previous = evidence.GENESIS
    for sequence, link in enumerate(raw["chain"], 1):
        made = evidence.link(raw["convention_id"], sequence, link["at"], link["kind"], link["facts"], previous)
        previous = made.hash
        link |= {"sequence": sequence, "previous": made.previous, "hash": made.hash}
    files[packs.EVIDENCE] = packs.readable(raw)
    held = {name: content for name, content in files.items() if name not in (packs.MANIFEST, packs.SIGNATURE)}
    files[packs.MANIFEST] = packs.manifest(raw["convention_id"], len(raw["chain"]), previous, held)
    files[packs.SIGNATURE] = seal.seal().sign_bytes(files[packs.MANIFEST])
    return packs.write(files)


def contents(raw: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_before_the_counter_signature_the_pack_says_so(world: World, tmp_path: Path, capsys):
    club = world.club()
    club.open()
    with pytest.raises(EvidenceNotYet):
        world.pack(club)
    club.read()
    club.type_code(club.ask_code())
    path = tmp_path / "pack.zip"
    path.write_bytes(world.pack(club))
    assert main([str(path)]) == 0
    assert "n’a pas encore contresigné" in capsys.readouterr().out


def test_the_command_fails_loudly(sealed_pack: bytes, tmp_path: Path, capsys):
    path = tmp_path / "pack.zip"
    path.write_bytes(sealed_pack[:-2])
    assert main([str(path)]) == 1
    assert "ÉCHEC" in capsys.readouterr().err
    assert main([str(tmp_path / "nothing.zip")]) == 2


def test_the_same_evidence_is_the_same_file(world: World):
    club = world.club(approved=True).sign()
    world.countersign(club)
    first = world.pack(club)
    assert world.pack(club) == first
    sent = next(link for link in world.links(club) if link.kind == "code_sent")
    report = {"provider": "file", "provider_id": sent.facts["provider_id"], "status": "delivered", "at": clock.now()}
    world.run(signing.on_sms_status_changed, **report)
    later = world.pack(club)
    assert later != first
    verify(later, published_certificate())


def test_pyhanko_itself_finds_the_seal_valid(world: World, tmp_path: Path):
    club = world.club(approved=True).sign()
    world.countersign(club)
    sealed = world.content(world.look(club)["sealed_sha256"])
    [signature] = PdfFileReader(io.BytesIO(sealed)).embedded_signatures
    root = seal.seal().signer.signing_cert
    status = apart(validate_pdf_signature, signature, ValidationContext(trust_roots=[root], allow_fetching=False))
    assert status.bottom_line and status.intact and status.trusted

    document, certificate = tmp_path / "convention.pdf", tmp_path / "seal.pem"
    document.write_bytes(sealed)
    certificate.write_text(seal.seal().chain_pem)
    command = [
        str(Path(sys.executable).with_name("pyhanko")),
        "sign",
        "validate",
        "--no-revocation-check",
        "--trust-replace",
    ]
    done = subprocess.run(
        [*command, "--trust", str(certificate), "--pretty-print", str(document)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert "The signature is judged VALID." in done.stdout, done.stdout + done.stderr
