"""Every third-party package is listed with a licence that lets the platform be given away as it is."""

import re

import pytest

from deploy import licences

FREE = re.compile(r"MIT|BSD|Apache|ISC|MPL|Mozilla|PSF|Python|OFL|Unlicense|Artistic|LGPL|Zlib|CC0|Dual License|HPND")


def test_the_inventory_is_up_to_date() -> None:
    assert licences.DOCUMENT.read_text() == licences.document(), "run: python -m deploy.licences"


def test_every_licence_is_a_free_one() -> None:
    told = re.findall(
        r"^\| (?!package )([\w.@/-]+) \| ([\w.+-]+) \| (.*) \|$", licences.DOCUMENT.read_text(), re.MULTILINE
    )
    assert len(told) > 100
    assert {name: licence for name, _, licence in told if not FREE.search(licence)} == {}


def test_every_locked_file_has_its_hash() -> None:
    for lock in ("requirements.lock", "requirements-dev.lock"):
        text = (licences.ROOT / lock).read_text()
        bare = [
            name
            for name in licences.locked(lock)
            if not re.search(rf"^{re.escape(name)}(\[[^\]]*\])?==[^\n]*\\\n\s+--hash=sha256:", text, re.MULTILINE)
        ]
        assert bare == []


def test_a_package_without_a_licence_is_told() -> None:
    with pytest.raises(LookupError, match="isn't installed"):
        licences.licence_of("no-such-package-anywhere")
