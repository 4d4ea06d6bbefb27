"""What a QR and a typed code hold."""

import random

import pytest
import segno
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as some

from services.transactions.domain import codes

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SHOWN = codes.Shown(codes.key_id(KEY.public_key().public_bytes_raw()), 2**63 - 1, 65_535)


def test_a_qr_says_what_was_written_and_its_signature_holds():
    shown, signature = codes.read_qr(codes.write_qr(SHOWN, KEY.sign))
    assert shown == SHOWN
    KEY.public_key().verify(signature, shown.signed_bytes())


def test_a_qr_is_small_and_alphanumeric():
    made = segno.make_qr(codes.write_qr(SHOWN, KEY.sign), error="m", boost_error=False)
    assert (made.mode, made.version) == ("alphanumeric", 5)


@given(some.integers(0, 2**63 - 1), some.integers(1, 65_535))
def test_every_pass_and_rotation_comes_back(qr_id, rotation):
    shown = codes.Shown("00ff", qr_id, rotation)
    assert codes.read_qr(codes.write_qr(shown, lambda _: bytes(64)))[0] == shown


@given(some.text(max_size=200))
def test_rubbish_is_unreadable_and_nothing_worse(text):
    with pytest.raises(codes.Unreadable):
        codes.read_qr(text)


@pytest.mark.parametrize("cut", [1, 2, 3, 60])
def test_a_cut_qr_is_unreadable(cut):
    with pytest.raises(codes.Unreadable):
        codes.read_qr(codes.write_qr(SHOWN, KEY.sign)[:-cut])


def test_overlong_groups_are_unreadable():
    with pytest.raises(codes.Unreadable):
        codes.read_qr(codes.PREFIX + "::::" * 30)


def test_base45_is_that_of_rfc_9285():
    assert codes._to_base45(b"AB") == "BB8"
    assert codes._from_base45("BB8") == b"AB"


def test_typed_codes_are_read_as_people_write_them():
    code = codes.write_code(random.Random(1).getrandbits(55))
    assert len(code) == codes.CODE_LENGTH
    shown = codes.show_code(code)
    assert [len(group) for group in shown.split("-")] == [4, 4, 4]
    for written in (shown, shown.lower(), f" {code[:6]} {code[6:]} ", code.replace("0", "O").replace("1", "l")):
        assert codes.read_code(written) == code


def test_every_single_wrong_character_is_caught():
    rng = random.Random(2)
    for _ in range(50):
        code = codes.write_code(rng.getrandbits(55))
        for position in range(codes.CODE_LENGTH):
            for other in codes.ALPHABET:
                if other != code[position]:
                    with pytest.raises(codes.Unreadable):
                        codes.read_code(code[:position] + other + code[position + 1 :])


def test_most_swapped_neighbours_are_caught():
    rng, swapped, caught = random.Random(3), 0, 0
    for _ in range(300):
        code = codes.write_code(rng.getrandbits(55))
        for position in range(codes.CODE_LENGTH - 1):
            a, b = code[position], code[position + 1]
            if a == b:
                continue
            swapped += 1
            try:
                codes.read_code(code[:position] + b + a + code[position + 2 :])
            except codes.Unreadable:
                caught += 1
    assert caught / swapped > 0.95


@pytest.mark.parametrize("typed", ["", "ABC", "ABCDEFGHJKMU", "é" * 12, "0" * 13])
def test_what_is_no_code_is_unreadable(typed):
    with pytest.raises(codes.Unreadable):
        codes.read_code(typed)
