"""The tables of the identity service."""

from services.identity.models.accounts import (
    Account,
    Attempt,
    EmailChange,
    Link,
    MobileCode,
    RecoveryCode,
    Registration,
    Reservation,
)
from services.identity.models.base import Base
from services.identity.models.messages import Sms, WaitingItem
from services.identity.models.sessions import KnownDevice, SignInStep, UserSession
from services.identity.models.structures import (
    Delegation,
    Establishment,
    Membership,
    Pairing,
    RepresentativeTransfer,
    Structure,
    Terminal,
)

__all__ = [
    "Account",
    "Attempt",
    "Base",
    "Delegation",
    "EmailChange",
    "Establishment",
    "KnownDevice",
    "Link",
    "Membership",
    "MobileCode",
    "Pairing",
    "RecoveryCode",
    "Registration",
    "RepresentativeTransfer",
    "Reservation",
    "SignInStep",
    "Sms",
    "Structure",
    "Terminal",
    "UserSession",
    "WaitingItem",
]
