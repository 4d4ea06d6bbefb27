"""What the service says and hears: events it publishes, events it reads, arguments of its methods."""

from services.identity.messages.published import (
    AccountActivated,
    DelegationGranted,
    DelegationRevoked,
    RepresentativeChanged,
    SessionClosed,
    SmsStatusChanged,
    TerminalRevoked,
)

__all__ = [
    "AccountActivated",
    "DelegationGranted",
    "DelegationRevoked",
    "RepresentativeChanged",
    "SessionClosed",
    "SmsStatusChanged",
    "TerminalRevoked",
]
