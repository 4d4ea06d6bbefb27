"""Versions of a structure's bank account, and when each may be paid to. Standard library only."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from services.partners.domain.refusals import CoolingOff, TransitionRefused

COOLING_OFF = timedelta(hours=48)
"""A changed IBAN can't be verified sooner: whoever is told of it by mail has two days to say «this wasn't us»."""

STEP_UP = "bank_account:change"
"""The act for which the representative gives the password again."""


class BankAccountState(StrEnum):
    """Where one version of an account stands."""

    SUBMITTED = "submitted"  # waits for its documents, the cooling-off and an agent
    VERIFIED = "verified"  # in force: reimbursements go here; one per structure
    REJECTED = "rejected"  # an agent said no, with a reason
    SUSPENDED = "suspended"  # the bank returned a payment
    REPLACED = "replaced"  # a later version took its place


BANK_ACCOUNT_TRANSITIONS: dict[tuple[BankAccountState, str], BankAccountState] = {
    (BankAccountState.SUBMITTED, "verify"): BankAccountState.VERIFIED,
    (BankAccountState.SUBMITTED, "reject"): BankAccountState.REJECTED,
    (BankAccountState.SUBMITTED, "replace"): BankAccountState.REPLACED,
    (BankAccountState.VERIFIED, "replace"): BankAccountState.REPLACED,
    (BankAccountState.VERIFIED, "suspend"): BankAccountState.SUSPENDED,
    (BankAccountState.SUSPENDED, "replace"): BankAccountState.REPLACED,
}


def compared_with_rib(fingerprint: str | None, read: Sequence[str] | None) -> dict[str, str]:
    """Whether the document says what was typed: `tone` and `text` for the agent.

    ``fingerprint``: of the IBAN that was typed. ``read``: of the IBANs that a machine read in the document's text; None
    or empty for a picture or a scan.
    """
    if not read:
        text = "RIB : aucun IBAN lisible par la machine (photo ou scan) ; à comparer à l’œil."
        return {"tone": "waiting", "text": text}
    if fingerprint in read:
        return {"tone": "good", "text": "RIB : l’IBAN écrit dans le document est celui qui a été saisi."}
    return {"tone": "bad", "text": "RIB : l’IBAN écrit dans le document n’est pas celui qui a été saisi."}


def after(state: str, action: str) -> BankAccountState:
    """The state that `action` leads to. Raises TransitionRefused."""
    found = BANK_ACCOUNT_TRANSITIONS.get((BankAccountState(state), action))
    if found is None:
        raise TransitionRefused(state=state, action=action)
    return found


def verifiable_from(submitted_at: datetime, *, first: bool) -> datetime:
    """From when an agent may verify: at once for the account of an application, which is reviewed anyway."""
    return submitted_at if first else submitted_at + COOLING_OFF


def check_cooled_off(submitted_at: datetime, now: datetime, *, first: bool) -> None:
    """Raises CoolingOff with the instant from which it may be verified."""
    until = verifiable_from(submitted_at, first=first)
    if now < until:
        raise CoolingOff(until=until)
