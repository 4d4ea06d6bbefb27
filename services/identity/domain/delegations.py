"""Rights of persons on structures: the legal representative's, and those granted to delegates.

Guide, page 15: adding a delegate makes an account; granting the delegation is a second, separate act. Code
calls both
the representative's own right and a delegate's a delegation: it is one table and one rule.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.identity.domain.refusals import LastAdministrator, ValidationFailed


class Role(StrEnum):
    LEGAL_REPRESENTATIVE = "legal_representative"  # signs, changes the IBAN, grants delegations
    MANAGER = "manager"  # all but those three
    ACCOUNTANT = "accountant"  # transactions, payouts, slips, exports: read only
    CASHIER = "cashier"  # records, sees and cancels today's transactions


GRANTABLE = (Role.MANAGER, Role.ACCOUNTANT, Role.CASHIER)
ADMINISTER = frozenset({Role.LEGAL_REPRESENTATIVE, Role.MANAGER})


@dataclass(frozen=True)
class Right:
    """One person's right on one structure, as far as the rules need it. `ends_on` is its last day."""

    delegation_id: str
    account_id: str
    role: Role
    ends_on: date | None = None
    revoked: bool = False

    def holds(self, today: date) -> bool:
        """Whether the right is in force on the Paris day `today`."""
        return not self.revoked and (self.ends_on is None or today <= self.ends_on)


def check_grant(role: Role, ends_on: date | None, today: date) -> None:
    """Raises ValidationFailed if the role can't be granted or the end is past."""
    if role not in GRANTABLE:
        raise ValidationFailed(role=["Ce rôle ne s'accorde pas par délégation."])
    if ends_on is not None and ends_on < today:
        raise ValidationFailed(ends_on=["La date de fin est déjà passée."])


def check_administrator_remains(rights: Iterable[Right], removed: Right, today: date) -> None:
    """Raises LastAdministrator if nobody would remain who can administer the structure, and for the legal
    representative in any case: that right is transferred, never revoked."""
    if removed.role is Role.LEGAL_REPRESENTATIVE:
        raise LastAdministrator
    others = (right for right in rights if right.delegation_id != removed.delegation_id)
    if removed.role in ADMINISTER and not any(r.role in ADMINISTER and r.holds(today) for r in others):
        raise LastAdministrator
