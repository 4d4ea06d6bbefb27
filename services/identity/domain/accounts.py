"""Accounts: three kinds, one e-mail address each, and the life of an account.

Guide, page 9 («IMPORTANT»): two accounts per application, a structure's (never signs in) and a person's;
one account =
one e-mail address. The provisional password is single-use and must be personalised before anything else is
reachable.
"""

import secrets
import unicodedata
from datetime import datetime, timedelta
from enum import StrEnum


class Kind(StrEnum):
    STRUCTURE = "structure"  # the generic address of a structure: receives mail, never signs in
    PERSON = "person"  # a representative or a delegate
    AGENT = "agent"  # somebody of the Caf


class State(StrEnum):
    RESERVED = "reserved"  # the address is taken, the application isn't submitted yet
    PROVISIONAL = "provisional"  # a provisional password was mailed
    ACTIVE = "active"  # in use
    SUSPENDED = "suspended"  # an agent who may not sign in for now
    ERASED = "erased"  # personal data is gone, the id stays for the journal


TRANSITIONS: dict[State, frozenset[State]] = {
    State.RESERVED: frozenset({State.PROVISIONAL, State.ACTIVE}),
    State.PROVISIONAL: frozenset({State.PROVISIONAL, State.ACTIVE, State.SUSPENDED, State.ERASED}),
    State.ACTIVE: frozenset({State.PROVISIONAL, State.SUSPENDED, State.ERASED}),
    State.SUSPENDED: frozenset({State.PROVISIONAL, State.ACTIVE, State.ERASED}),
    State.ERASED: frozenset(),
}

PROVISIONAL_PASSWORD_LIFETIME = timedelta(days=14)  # DOMAIN, «Accounts»
RESERVATION_LIFETIME = timedelta(days=31)  # a draft application can be resumed for 30 days
RESET_LINK_LIFETIME = timedelta(hours=1)
EMAIL_CHANGE_LIFETIME = timedelta(hours=24)

SIGNS_IN = frozenset({State.PROVISIONAL, State.ACTIVE})

# Without 0/O, 1/l/I: it is read on one screen and typed on another.
_READABLE = "ABCDEFGHJKMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP_LENGTH = 4, 4


class TransitionRefused(ValueError):
    """A state change that no rule allows: a bug in the caller."""


def move(state: State, to: State) -> State:
    """The new state, if the transition table allows it. Raises TransitionRefused."""
    if to not in TRANSITIONS[state]:
        raise TransitionRefused(f"{state} → {to}")
    return to


def normalise_email(email: str) -> str:
    """The form in which two addresses are compared: no outer blanks, composed Unicode, no case."""
    return unicodedata.normalize("NFKC", email.strip()).casefold()


def provisional_password() -> str:
    """A random password of 16 characters in groups of four: 92 bits, easy to copy from a mail."""
    groups = ("".join(secrets.choice(_READABLE) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS))
    return "-".join(groups)


def provisional_expired(set_at: datetime, now: datetime) -> bool:
    """Whether a provisional password mailed at `set_at` is too old at `now`."""
    return now >= set_at + PROVISIONAL_PASSWORD_LIFETIME


def mask_phone(phone: str) -> str:
    """What may be shown of an E.164 number: `+33 6 •• •• •• 78`."""
    return f"{phone[:3]} {phone[3:4]} •• •• •• {phone[-2:]}"


def link_token() -> str:
    """A secret for a mailed link or a session cookie: 256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)
