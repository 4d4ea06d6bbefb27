"""Events of a structure's life after its label. Strict: a breaking change is a new class and a new type."""

from marshmallow import fields

from services.chassis.events import RETRY, Event

_STRUCTURE = "01a0b1c2-0000-7000-8000-000000000002"
_BANK_ACCOUNT = "01a0b1c2-0000-7000-8000-000000000004"
_REQUEST = "01a0b1c2-0000-7000-8000-000000000005"
_ACCOUNT = "01a0b1c2-0000-7000-8000-000000000006"
_AT = "2026-11-24T10:00:00+00:00"


class BankAccountSubmitted(Event):
    """A structure wants to be paid to another account; the old one stays in force until an agent has verified this."""

    type = "bank_account_submitted.v1"
    key = "structure_id"
    unrouted = RETRY
    example = {
        "structure_id": _STRUCTURE,
        "bank_account_id": _BANK_ACCOUNT,
        "version": 2,
        "in_force_not_before": _AT,
    }

    structure_id = fields.String(required=True)
    bank_account_id = fields.String(required=True)
    version = fields.Integer(required=True)
    in_force_not_before = fields.AwareDateTime(required=True)


class BankAccountRejected(Event):
    """An agent refused the new account; `reason` is for the partner."""

    type = "bank_account_rejected.v1"
    key = "structure_id"
    unrouted = RETRY
    example = {
        "structure_id": _STRUCTURE,
        "bank_account_id": _BANK_ACCOUNT,
        "version": 2,
        "reason": "Le titulaire du RIB n’est pas la structure.",
    }

    structure_id = fields.String(required=True)
    bank_account_id = fields.String(required=True)
    version = fields.Integer(required=True)
    reason = fields.String(required=True)


class BankAccountSuspended(Event):
    """The bank returned a payment: nothing more goes to this account until another one is verified."""

    type = "bank_account_suspended.v1"
    key = "structure_id"
    unrouted = RETRY
    example = {"structure_id": _STRUCTURE, "bank_account_id": _BANK_ACCOUNT, "version": 1, "suspended_at": _AT}

    structure_id = fields.String(required=True)
    bank_account_id = fields.String(required=True)
    version = fields.Integer(required=True)
    suspended_at = fields.AwareDateTime(required=True)


class AssistanceMessagePosted(Event):
    """A thread has a new message. `account_id` is the person's, if signed in; the text stays here."""

    type = "assistance_message_posted.v1"
    key = "request_id"
    unrouted = RETRY
    example = {
        "request_id": _REQUEST,
        "reference": "A-2026-000123",
        "structure_id": _STRUCTURE,
        "account_id": _ACCOUNT,
        "from_caf": True,
        "assigned_to": None,
        "posted_at": _AT,
    }

    request_id = fields.String(required=True)
    reference = fields.String(required=True)
    structure_id = fields.String(required=True, allow_none=True)
    account_id = fields.String(required=True, allow_none=True)
    from_caf = fields.Boolean(required=True)
    assigned_to = fields.String(required=True, allow_none=True)
    posted_at = fields.AwareDateTime(required=True)
