"""The seal: made for development, wanted in production, one pair for all processes; a timestamp when configured."""

import asyncio
import io
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from asn1crypto import tsp
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from services.chassis import config
from services.conventions import documents, seal
from services.conventions.apart import apart
from services.conventions.domain.refusals import SealUnavailable
from tests.unit.conventions.test_documents import facts

AT = datetime(2026, 11, 24, 9, 30, 15, tzinfo=UTC)


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A folder of keys of this test's own."""

    def use(**environment: str) -> Path:
        monkeypatch.setenv("PSL_KEYS", str(tmp_path / "keys"))
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        config.reset()
        seal._load.cache_clear()
        return tmp_path / "keys"

    yield use
    monkeypatch.undo()
    config.reset()
    seal._load.cache_clear()


def sealed() -> bytes:
    rendered = documents.render("2026-1", facts(), AT)
    attachment = seal.Attachment("signe.pdf", "Le document signé", rendered.content)
    return seal.put_seal(rendered.content, AT, [attachment], reason="Essai")


def test_in_development_a_pair_is_made_that_only_its_owner_reads(keys):
    folder = keys()
    seal.seal()
    path = folder / "conventions" / "seal" / "private_key.pem"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_several_processes_agree_on_one_pair(keys):
    folder = keys()
    together = threading.Barrier(4)

    def make(_: int) -> str:
        together.wait(20)
        return seal.seal().fingerprint

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(make, range(4)))) == 1
    assert [path.name for path in (folder / "conventions").iterdir()] == ["seal"]


def test_production_without_a_seal_does_not_start(keys, monkeypatch):
    keys()
    production = replace(config.settings(), env="production")
    monkeypatch.setattr(seal, "settings", lambda: production)
    with pytest.raises(SystemExit, match=r"private_key\.pem"):
        seal.seal()


def test_the_seal_is_pades_and_of_the_platform_s_instant(keys):
    keys()
    [signature] = PdfFileReader(io.BytesIO(sealed())).embedded_signatures
    assert signature.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
    assert signature.self_reported_timestamp == AT
    root = seal.seal().signer.signing_cert
    status = apart(validate_pdf_signature, signature, ValidationContext(trust_roots=[root], allow_fetching=False))
    assert status.bottom_line and status.timestamp_validity is None


def test_a_caller_that_runs_a_loop_of_its_own_may_seal(keys):
    """A browser under test leaves one running in its thread."""
    keys()

    async def caller() -> bytes:
        return sealed()

    assert apart(lambda: asyncio.run(caller())).startswith(b"%PDF")  # this very thread may run a loop by now


def test_sealing_leaves_the_metadata_as_they_were(keys):
    """pyHanko's own rewriting renames the prefixes that PDF/A fixes."""
    import pikepdf

    keys()
    plain = documents.render("2026-1", facts(), AT).content
    with pikepdf.open(io.BytesIO(plain)) as before, pikepdf.open(io.BytesIO(sealed())) as after:
        assert before.Root.Metadata.read_bytes() == after.Root.Metadata.read_bytes()
        assert before.docinfo["/ModDate"] == after.docinfo["/ModDate"]


@pytest.fixture
def authority():
    """A timestamp authority (RFC 3161) on the loopback, speaking through pyHanko's own test signer."""
    made = seal.seal()
    stamper = DummyTimeStamper(tsa_cert=made.signer.signing_cert, tsa_key=made.signer.signing_key)

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = tsp.TimeStampReq.load(self.rfile.read(int(self.headers["Content-Length"])))
            body = stamper.request_tsa_response(asked).dump()
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join(5)
    server.server_close()


def test_with_an_authority_the_seal_is_timestamped(keys, authority):
    keys(PSL_TIMESTAMP_URL=authority)
    [signature] = PdfFileReader(io.BytesIO(sealed())).embedded_signatures
    root = seal.seal().signer.signing_cert
    status = apart(validate_pdf_signature, signature, ValidationContext(trust_roots=[root], allow_fetching=False))
    assert status.intact and status.timestamp_validity is not None and status.timestamp_validity.intact


def test_an_authority_that_is_away_is_told_and_nothing_is_sealed(keys):
    keys(PSL_TIMESTAMP_URL="http://127.0.0.1:9/")
    with pytest.raises(SealUnavailable):
        sealed()
