"""What partners says and hears: events announced, events listened to, arguments of its methods."""

from services.partners.messages.published import (
    ApplicationApproved,
    ApplicationCorrectionRequested,
    ApplicationRejected,
    ApplicationResubmitted,
    ApplicationSubmitted,
    BankAccountVerified,
    EstablishmentSaved,
    StructureUpdated,
    SupportingDocumentsPurged,
)
from services.partners.messages.published_life import (
    AssistanceMessagePosted,
    BankAccountRejected,
    BankAccountSubmitted,
    BankAccountSuspended,
)
from services.partners.messages.read import (
    ConventionActivated,
    ConventionTerminated,
    ConventionTerminationWithdrawn,
    PayoutStateChanged,
)

__all__ = [
    "ApplicationApproved",
    "ApplicationCorrectionRequested",
    "ApplicationRejected",
    "ApplicationResubmitted",
    "ApplicationSubmitted",
    "AssistanceMessagePosted",
    "BankAccountRejected",
    "BankAccountSubmitted",
    "BankAccountSuspended",
    "BankAccountVerified",
    "ConventionActivated",
    "ConventionTerminated",
    "ConventionTerminationWithdrawn",
    "EstablishmentSaved",
    "PayoutStateChanged",
    "StructureUpdated",
    "SupportingDocumentsPurged",
]
