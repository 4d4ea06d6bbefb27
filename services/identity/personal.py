"""Personal data at rest: what is sealed, what is looked up by keyed hash, and how secrets of links are kept.

Every sealed value is bound to its table, column and row by `services.chassis.vault`: moved elsewhere it
doesn't open.
"""

import hashlib
import json
from typing import Any

from services.chassis.vault import Vault
from services.identity.domain.accounts import normalise_email
from services.identity.models import Account

vault = Vault("identity")

Document = dict[str, Any]


def seal(text: str, table: str, column: str, row_id: str) -> str:
    """The sealed form of a text for one column of one row."""
    return vault.seal(text, table=table, column=column, row_id=row_id)


def unseal(sealed: str, table: str, column: str, row_id: str) -> str:
    """The text of a sealed column."""
    return vault.open(sealed, table=table, column=column, row_id=row_id)


def seal_document(document: Document, table: str, column: str, row_id: str) -> str:
    """A small JSON document, sealed as one value."""
    return seal(json.dumps(document, ensure_ascii=False, sort_keys=True), table, column, row_id)


def open_document(sealed: str | None, table: str, column: str, row_id: str) -> Document:
    """The document of a sealed column; empty when there is none (erased)."""
    return json.loads(unseal(sealed, table, column, row_id)) if sealed else {}


def email_fingerprint(email: str) -> str:
    """The keyed hash under which an address is unique, whatever its case."""
    return vault.fingerprint(normalise_email(email), purpose="email")


def mobile_fingerprint(mobile: str) -> str:
    """The keyed hash under which the same number is found again."""
    return vault.fingerprint(mobile, purpose="mobile")


def code_fingerprint(code: str, bound_to: str) -> str:
    """The keyed hash of a short code, useless for any other row than `bound_to`."""
    return vault.fingerprint(f"{bound_to}:{code}", purpose="code")


def digest(token: str) -> bytes:
    """SHA-256 of a secret that has 256 random bits: enough, and quick enough for every request."""
    return hashlib.sha256(token.encode()).digest()


def set_email(account: Account, email: str) -> None:
    """Give the account an address; the unique constraint is checked when the row is written."""
    account.email = seal(email.strip(), "accounts", "email", account.account_id)
    account.email_fingerprint = email_fingerprint(email)


def email_of(account: Account) -> str:
    """The account's address, or "" once erased."""
    return unseal(account.email, "accounts", "email", account.account_id) if account.email else ""


def set_details(account: Account, **details: Any) -> None:
    """Replace the given details of the account, keeping the others."""
    document = details_of(account) | details
    account.details = seal_document(document, "accounts", "details", account.account_id)
    mobile = document.get("mobile")
    account.mobile_fingerprint = mobile_fingerprint(mobile) if mobile else None


def details_of(account: Account) -> Document:
    """Civility, names, position, birth date, mobile: those that are known."""
    return open_document(account.details, "accounts", "details", account.account_id)
