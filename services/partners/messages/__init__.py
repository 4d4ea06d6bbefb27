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
from services.partners.messages.read import ConventionActivated, ConventionTerminated

__all__ = [
    "ApplicationApproved",
    "ApplicationCorrectionRequested",
    "ApplicationRejected",
    "ApplicationResubmitted",
    "ApplicationSubmitted",
    "BankAccountVerified",
    "ConventionActivated",
    "ConventionTerminated",
    "EstablishmentSaved",
    "StructureUpdated",
    "SupportingDocumentsPurged",
]
