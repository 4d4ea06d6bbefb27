"""Events that identity announces: ids and states, never a name, an address or a number."""

from marshmallow import fields

from services.chassis.events import Event

_A = "0190a0f2-7a3b-7c11-8f00-000000000001"
_B = "0190a0f2-7a3b-7c11-8f00-000000000002"
_C = "0190a0f2-7a3b-7c11-8f00-000000000003"


class AccountActivated(Event):
    """A person has personalised the provisional password: the account is in use."""

    type = "account_activated.v1"
    key = "account_id"
    example = {"account_id": _A, "structure_id": _B}

    account_id = fields.UUID(required=True)
    structure_id = fields.UUID(required=True)


class SessionClosed(Event):
    """A session ended before its time: signed out, closed from the list, or withdrawn with a role."""

    type = "session_closed.v1"
    key = "session_id"
    example = {"session_id": _A}

    session_id = fields.UUID(required=True)


class DelegationGranted(Event):
    """A person may act for a structure from now on, as far as the role goes."""

    type = "delegation_granted.v1"
    key = "delegation_id"
    example = {
        "delegation_id": _A,
        "structure_id": _B,
        "account_id": _C,
        "role": "cashier",
        "establishment_id": None,
        "ends_on": "2026-12-31",
    }

    delegation_id = fields.UUID(required=True)
    structure_id = fields.UUID(required=True)
    account_id = fields.UUID(required=True)
    role = fields.String(required=True)
    establishment_id = fields.UUID(required=True, allow_none=True)
    ends_on = fields.Date(required=True, allow_none=True)


class DelegationRevoked(Event):
    """The right is over: revoked, or past its last day."""

    type = "delegation_revoked.v1"
    key = "delegation_id"
    example = {"delegation_id": _A}

    delegation_id = fields.UUID(required=True)


class TerminalRevoked(Event):
    """The terminal's token is worth nothing from now on."""

    type = "terminal_revoked.v1"
    key = "terminal_id"
    example = {"terminal_id": _A, "structure_id": _B}

    terminal_id = fields.UUID(required=True)
    structure_id = fields.UUID(required=True)


class RepresentativeChanged(Event):
    """Another person represents the structure, as the Caf approved."""

    type = "representative_changed.v1"
    key = "structure_id"
    example = {"structure_id": _B, "account_id": _A}

    structure_id = fields.UUID(required=True)
    account_id = fields.UUID(required=True)


class SmsStatusChanged(Event):
    """The provider reported what became of an SMS."""

    type = "sms_status_changed.v1"
    key = "provider_id"
    example = {
        "provider": "twilio",
        "provider_id": "SM1",
        "status": "delivered",
        "at": "2026-03-01T10:00:00+00:00",
    }

    provider = fields.String(required=True)
    provider_id = fields.String(required=True)
    status = fields.String(required=True)
    at = fields.AwareDateTime(required=True)
