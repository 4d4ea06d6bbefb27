"""The authenticator of agents, and of partners who want one."""

import pyotp

from services.identity import totp
from services.identity.domain import authenticator

SECRET = pyotp.random_base32()
AT = 1_770_000_015.0
STEP = int(AT) // 30


def code(step):
    return pyotp.TOTP(SECRET).at(step * 30)


def accepted(typed, after=None):
    return totp.accepted_step(SECRET, typed, after=after, at=AT)


def test_the_present_code_and_its_neighbours_pass():
    assert [accepted(code(STEP + drift)) for drift in (-1, 0, 1)] == [STEP - 1, STEP, STEP + 1]


def test_older_and_later_codes_do_not():
    known = {code(STEP + drift) for drift in (-1, 0, 1)}
    for drift in (-3, -2, 2, 3):
        if code(STEP + drift) not in known:
            assert accepted(code(STEP + drift)) is None


def test_a_code_passes_once_and_earlier_ones_never_again():
    assert accepted(code(STEP), after=STEP) is None
    assert accepted(code(STEP - 1), after=STEP) is None
    assert accepted(code(STEP + 1), after=STEP) == STEP + 1


def test_blanks_are_forgiven_and_other_shapes_refused():
    assert accepted(f" {code(STEP)[:3]} {code(STEP)[3:]}") == STEP
    for wrong in ("", "12345", "1234567", "abcdef", "①②③④⑤⑥"):
        assert accepted(wrong) is None


def test_nobody_without_authenticator_passes():
    assert totp.accepted_step(None, code(STEP), after=None, at=AT) is None


def test_recovery_codes_are_ten_and_different():
    assert len(set(authenticator.recovery_codes())) == authenticator.RECOVERY_CODES
    assert authenticator.normalise_code("abcde-fghjk ") == "ABCDEFGHJK"
