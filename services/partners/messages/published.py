"""Events that partners announces. Strict: a breaking change is a new class and a new type."""

from marshmallow import Schema, fields

from services.chassis.events import RETRY, Event

_APPLICATION = "01a0b1c2-0000-7000-8000-000000000001"
_STRUCTURE = "01a0b1c2-0000-7000-8000-000000000002"
_BANK_ACCOUNT = "01a0b1c2-0000-7000-8000-000000000004"
_AT = "2026-11-24T10:00:00+00:00"


class ApplicationSubmitted(Event):
    """«CONTINUER»: the form is complete; both accounts may come to life."""

    type = "application_submitted.v1"
    key = "structure_id"
    unrouted = RETRY
    example = {
        "application_id": _APPLICATION,
        "structure_id": _STRUCTURE,
        "registration_id": "01a0b1c2-0000-7000-8000-000000000003",
        "structure_type": "association",
        "submitted_at": _AT,
    }

    application_id = fields.String(required=True)
    structure_id = fields.String(required=True)
    registration_id = fields.String(required=True)
    structure_type = fields.String(required=True)
    submitted_at = fields.AwareDateTime(required=True)


class CorrectionItem(Schema):
    """One thing to correct, in words for the partner."""

    kind = fields.String(required=True)
    label = fields.String(required=True)
    reason = fields.String(required=True)


class ApplicationCorrectionRequested(Event):
    """The Caf refused some items: only these reopen."""

    type = "application_correction_requested.v1"
    key = "structure_id"
    unrouted = RETRY
    example = {
        "application_id": _APPLICATION,
        "structure_id": _STRUCTURE,
        "round": 1,
        "items": [{"kind": "document:statutes", "label": "Statuts", "reason": "Document illisible ou incomplet."}],
        "message": "Une photo prise bien à plat suffit.",
    }

    application_id = fields.String(required=True)
    structure_id = fields.String(required=True)
    round = fields.Integer(required=True)
    items = fields.List(fields.Nested(CorrectionItem), required=True)
    message = fields.String(required=True, allow_none=True)


class ApplicationResubmitted(Event):
    """The partner corrected what was asked."""

    type = "application_resubmitted.v1"
    key = "structure_id"
    unrouted = RETRY
    example = {"application_id": _APPLICATION, "structure_id": _STRUCTURE, "round": 2}

    application_id = fields.String(required=True)
    structure_id = fields.String(required=True)
    round = fields.Integer(required=True)


class ApplicationApproved(Event):
    """All is accepted and the structure has its partner number."""

    type = "application_approved.v1"
    key = "structure_id"
    unrouted = RETRY
    example = {
        "application_id": _APPLICATION,
        "structure_id": _STRUCTURE,
        "partner_number": "1000015",
        "approved_at": _AT,
    }

    application_id = fields.String(required=True)
    structure_id = fields.String(required=True)
    partner_number = fields.String(required=True)
    approved_at = fields.AwareDateTime(required=True)


class ApplicationRejected(Event):
    """The Caf said no, and why."""

    type = "application_rejected.v1"
    key = "structure_id"
    unrouted = RETRY
    example = {
        "application_id": _APPLICATION,
        "structure_id": _STRUCTURE,
        "reason": "L’activité n’entre pas dans le dispositif.",
    }

    application_id = fields.String(required=True)
    structure_id = fields.String(required=True)
    reason = fields.String(required=True)


class StructureUpdated(Event):
    """What everybody may know of a structure; the last one counts."""

    type = "structure_updated.v1"
    key = "structure_id"
    unrouted = RETRY
    example = {
        "structure_id": _STRUCTURE,
        "name": "Judo Club de Bobigny",
        "partner_number": None,
        "structure_type": "association",
        "commune_code": "93008",
        "commune_name": "Bobigny",
        "postcode": "93000",
        "activities": ["judo"],
    }

    structure_id = fields.String(required=True)
    name = fields.String(required=True)
    partner_number = fields.String(required=True, allow_none=True)
    structure_type = fields.String(required=True)
    commune_code = fields.String(required=True, allow_none=True)
    commune_name = fields.String(required=True)
    postcode = fields.String(required=True)
    activities = fields.List(fields.String(), required=True)


class EstablishmentSaved(Event):
    """A place of a structure was added, changed or closed."""

    type = "establishment_saved.v1"
    key = "structure_id"
    unrouted = RETRY
    example = {
        "structure_id": _STRUCTURE,
        "establishment_id": "01a0b1c2-0000-7000-8000-000000000005",
        "name": "Siège",
        "commune_name": "Bobigny",
        "is_seat": True,
        "open": True,
    }

    structure_id = fields.String(required=True)
    establishment_id = fields.String(required=True)
    name = fields.String(required=True)
    commune_name = fields.String(required=True)
    is_seat = fields.Boolean(required=True)
    open = fields.Boolean(required=True)


class BankAccountVerified(Event):
    """This version is the one to pay from `in_force_at` on. `iban_sealed` opens with the key `transport/bank_account`
    for table `bank_account`, column `iban`, row `bank_account_id`."""

    type = "bank_account_verified.v1"
    key = "structure_id"
    unrouted = RETRY
    example = {
        "structure_id": _STRUCTURE,
        "bank_account_id": _BANK_ACCOUNT,
        "version": 1,
        "iban_sealed": "2026-1.c2VhbGVk",
        "iban_masked": "FR76 •••• •••• 0189",
        "bic": "AGRIFRPPXXX",
        "holder": "Judo Club de Bobigny",
        "in_force_at": _AT,
    }

    structure_id = fields.String(required=True)
    bank_account_id = fields.String(required=True)
    version = fields.Integer(required=True)
    iban_sealed = fields.String(required=True)
    iban_masked = fields.String(required=True)
    bic = fields.String(required=True, allow_none=True)
    holder = fields.String(required=True)
    in_force_at = fields.AwareDateTime(required=True)


class SupportingDocumentsPurged(Event):
    """Copies that were only needed for the review are gone (identity documents, after counter-signature)."""

    type = "supporting_documents_purged.v1"
    key = "structure_id"
    example = {
        "application_id": _APPLICATION,
        "structure_id": _STRUCTURE,
        "kinds": ["identity_document"],
        "purged_at": _AT,
    }

    application_id = fields.String(required=True)
    structure_id = fields.String(required=True)
    kinds = fields.List(fields.String(), required=True)
    purged_at = fields.AwareDateTime(required=True)
