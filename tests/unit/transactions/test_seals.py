"""Keys of QR codes come and go; what is printed is what was signed."""

import io

import pytest

from gateway.qr_reading import read_qr
from services.chassis import config, keys
from services.transactions import documents, seals
from services.transactions.domain import codes
from services.transactions.domain.refusals import PassUnknown


class Rack:
    """A folder of keys in which signing keys of passes are added and retired."""

    def __init__(self, folder):
        self._folder = folder

    def add(self, kid):
        keys.create_key(self._folder, seals.OWNER, "pass", kid, signing=True)
        self._restart()

    def add_elsewhere(self, kid):
        """Another process knows the new key and signs with it; this one has read its keys before."""
        seals.verification_keys()
        keys.create_key(self._folder, seals.OWNER, "pass", kid, signing=True)

    def retire(self, kid):
        (self._folder / seals.OWNER / "pass" / f"{kid}.key").unlink()
        (self._folder / "public" / "pass" / f"{seals.OWNER}.{kid}.pub").unlink()
        self._restart()

    def _restart(self):
        keys.reload()
        seals.forget_keys()


@pytest.fixture
def rack(tmp_path, monkeypatch):
    monkeypatch.setenv("PSL_KEYS", str(tmp_path))
    config.reset()
    rack = Rack(tmp_path)
    rack.add("2026-01-01-1")
    yield rack
    monkeypatch.undo()
    config.reset()
    rack._restart()


def kids():
    return [key["kid"] for key in seals.verification_keys()]


def test_a_newer_key_signs_and_older_ones_verify_until_they_are_retired(rack):
    old = seals.qr_text(42, 1)
    rack.add("2026-09-01-1")
    new = seals.qr_text(42, 1)
    assert seals.read_qr(old).kid != seals.read_qr(new).kid
    assert (seals.read_qr(old).qr_id, seals.read_qr(new).qr_id) == (42, 42)
    assert sorted(kids()) == sorted([seals.read_qr(old).kid, seals.read_qr(new).kid])
    rack.retire("2026-01-01-1")
    assert kids() == [seals.read_qr(new).kid]
    with pytest.raises(PassUnknown):
        seals.read_qr(old)


def test_a_qr_that_a_neighbour_signed_with_a_newer_key_is_read(rack):
    rack.add_elsewhere("2026-09-01-1")
    newer = keys.decode((rack._folder / seals.OWNER / "pass" / "2026-09-01-1.key").read_text())
    key = keys.Key("2026-09-01-1", newer)
    text = codes.write_qr(codes.Shown(codes.key_id(key.public()), 42, 1), key.signer().sign)
    assert seals.read_qr(text).qr_id == 42
    assert len(kids()) == 2


def test_a_qr_signed_by_nobody_of_ours_is_unknown(rack):
    good = seals.qr_text(42, 1)
    forged = good[:-3] + ("000" if good[-3:] != "000" else "111")
    for text in (forged, good[:-3], "PSL1:", "https://example.org", ""):
        with pytest.raises(PassUnknown):
            seals.read_qr(text)


def test_what_is_printed_is_read_back(rack):
    text = seals.qr_text(2**63 - 1, 65_535)
    assert read_qr(io.BytesIO(documents.pass_png({"qr": text}))) == text
