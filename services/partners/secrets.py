"""What partners seals and how it finds equal secrets again: IBANs, capability tokens, addresses of duplicates."""

import hashlib
import hmac
import secrets

from services.chassis.vault import Vault
from services.partners.domain.identifiers import compact

vault = Vault("partners")
transport = Vault("transport")
"""The key that partners and payouts share: an IBAN travels in an event sealed with it, never in clear."""


def new_token() -> str:
    """A capability of 256 random bits, fit for a cookie and for a link."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """What is stored of a capability: enough to recognise it, useless to use it."""
    return hashlib.sha256(token.encode()).digest()


def seal_iban(iban: str, table: str, row_id: str) -> str:
    """The IBAN, good only for this row of `applications` or `bank_accounts`."""
    return vault.seal(iban, table=table, column="iban_sealed", row_id=row_id)


def open_iban(sealed: str, table: str, row_id: str) -> str:
    return vault.open(sealed, table=table, column="iban_sealed", row_id=row_id)


def seal_for_transport(iban: str, bank_account_id: str) -> str:
    """The IBAN as `bank_account_verified.v1` carries it."""
    return transport.seal(iban, table="bank_account", column="iban", row_id=bank_account_id)


def iban_fingerprint(iban: str) -> str:
    return vault.fingerprint(compact(iban), purpose="iban")


def email_fingerprint(email: str) -> str:
    return vault.fingerprint(email.strip().casefold(), purpose="email")


def mobile_fingerprint(mobile: str) -> str:
    return vault.fingerprint(mobile, purpose="mobile")


def confidential_fingerprint(value: str) -> str:
    """For telling whether a confidential field changed between two rounds without keeping the field."""
    return vault.fingerprint(value, purpose="revision")


def thread_token(request_id: str) -> str:
    """The capability in the links of a visitor's assistance thread: the same in every mail."""
    return f"{request_id}.{vault.fingerprint(request_id, purpose='assistance_thread')}"


def request_of_thread(token: str) -> str | None:
    """The request that a genuine capability opens, else None."""
    request_id, _, _ = token.partition(".")
    return request_id if hmac.compare_digest(token, thread_token(request_id)) else None


def reference() -> str:
    """Eight characters for people to quote, without those that are easily confused."""
    return "".join(secrets.choice("23456789ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(8))
