"""What this service announces (strict, with an example) and what it reads (only the fields that it uses)."""

from marshmallow import Schema, fields, validate

from services.chassis.events import Event, Reading

CHUNK_LINES = 500
_TRANSACTION = "0197f3a0-0000-7000-8000-000000000001"
_STRUCTURE = "0197f3a0-0000-7000-8000-000000000002"
_ESTABLISHMENT = "0197f3a0-0000-7000-8000-000000000003"
_CORRECTION = "0197f3a0-0000-7000-8000-000000000004"
_CONTESTATION = "0197f3a0-0000-7000-8000-000000000005"


class TransactionRecorded(Event):
    """A pass was debited at a partner."""

    type = "transaction_recorded.v1"
    key = "transaction_id"
    unrouted = "accept"
    example = {
        "transaction_id": _TRANSACTION,
        "number": "T2600000042",
        "structure_id": _STRUCTURE,
        "establishment_id": _ESTABLISHMENT,
        "amount_cents": 2500,
        "recorded_at": "2026-09-09T14:30:00+00:00",
        "scheme": "Pass'sports-loisirs",
    }

    transaction_id = fields.String(required=True)
    number = fields.String(required=True)
    structure_id = fields.String(required=True)
    establishment_id = fields.String(required=True, allow_none=True)
    amount_cents = fields.Integer(required=True, strict=True)
    recorded_at = fields.String(required=True)
    scheme = fields.String(required=True)


class TransactionCancelled(Event):
    """The structure undid a transaction on its own day."""

    type = "transaction_cancelled.v1"
    key = "transaction_id"
    unrouted = "accept"
    example = {
        "transaction_id": _TRANSACTION,
        "structure_id": _STRUCTURE,
        "amount_cents": 2500,
        "cancelled_at": "2026-09-09T15:00:00+00:00",
    }

    transaction_id = fields.String(required=True)
    structure_id = fields.String(required=True)
    amount_cents = fields.Integer(required=True, strict=True)
    cancelled_at = fields.String(required=True)


_LINE = {
    "transaction_id": _TRANSACTION,
    "number": "T2600000042",
    "establishment_name": "Gymnase Auguste-Delaune",
    "amount_cents": 2500,
    "recorded_at": "2026-09-09T14:30:00+00:00",
    "scheme": "Pass'sports-loisirs",
}


class LockedLine(Schema):
    """One transaction of a `TransactionsLocked`."""

    transaction_id = fields.String(required=True)
    number = fields.String(required=True)
    establishment_name = fields.String(required=True, allow_none=True)
    amount_cents = fields.Integer(required=True, strict=True)
    recorded_at = fields.String(required=True)
    scheme = fields.String(required=True)


class TransactionsLocked(Event):
    """The Paris day ``locked_on`` is over for one structure: these transactions will be paid. In chunks of at most 500
    lines; ``total_cents`` and ``count`` are of all chunks of one announcement. A transaction whose call ended after the
    day's announcement comes in another one, of the same day."""

    type = "transactions_locked.v1"
    key = "structure_id"
    unrouted = "retry"
    example = {
        "announcement_id": "0197f3a0-0000-7000-8000-000000000005",
        "locked_on": "2026-09-09",
        "structure_id": _STRUCTURE,
        "partner_number": "PSL-930001-7",
        "chunk": 1,
        "chunks": 1,
        "total_cents": 2500,
        "count": 1,
        "lines": [_LINE],
    }

    announcement_id = fields.String(required=True)
    locked_on = fields.String(required=True)
    structure_id = fields.String(required=True)
    partner_number = fields.String(required=True, allow_none=True)
    chunk = fields.Integer(required=True, strict=True)
    chunks = fields.Integer(required=True, strict=True)
    total_cents = fields.Integer(required=True, strict=True)
    count = fields.Integer(required=True, strict=True)
    lines = fields.List(fields.Nested(LockedLine), required=True, validate=validate.Length(1, CHUNK_LINES))


class CorrectionAccepted(Event):
    """The Caf accepted a contestation: ``amount_cents`` (negative: taken back) goes on the partner's next payout."""

    type = "correction_accepted.v1"
    key = "structure_id"
    unrouted = "retry"
    example = {
        "correction_id": _CORRECTION,
        "transaction_id": _TRANSACTION,
        "number": "T2600000042",
        "structure_id": _STRUCTURE,
        "amount_cents": -2500,
        "reason": "contestation",
        "accepted_at": "2026-09-12T09:00:00+00:00",
    }

    correction_id = fields.String(required=True)
    transaction_id = fields.String(required=True)
    number = fields.String(required=True)
    structure_id = fields.String(required=True)
    amount_cents = fields.Integer(required=True, strict=True)
    reason = fields.String(required=True)
    accepted_at = fields.String(required=True)


class ContestationOpened(Event):
    """A club or a family disputes a transaction; the words stay here."""

    type = "contestation_opened.v1"
    key = "transaction_id"
    unrouted = "retry"
    example = {
        "contestation_id": _CONTESTATION,
        "transaction_id": _TRANSACTION,
        "number": "T2600000042",
        "structure_id": _STRUCTURE,
        "opened_by": "family",
        "opened_at": "2026-09-10T09:00:00+00:00",
    }

    contestation_id = fields.String(required=True)
    transaction_id = fields.String(required=True)
    number = fields.String(required=True)
    structure_id = fields.String(required=True)
    opened_by = fields.String(required=True, validate=validate.OneOf(("structure", "family")))
    opened_at = fields.String(required=True)


class ContestationDecided(Event):
    """The Caf has decided; ``correction_cents`` (negative, or 0) goes on the partner's next payout."""

    type = "contestation_decided.v1"
    key = "transaction_id"
    unrouted = "retry"
    example = {
        "contestation_id": _CONTESTATION,
        "transaction_id": _TRANSACTION,
        "number": "T2600000042",
        "structure_id": _STRUCTURE,
        "accepted": True,
        "correction_cents": -2500,
        "decided_at": "2026-09-12T09:00:00+00:00",
    }

    contestation_id = fields.String(required=True)
    transaction_id = fields.String(required=True)
    number = fields.String(required=True)
    structure_id = fields.String(required=True)
    accepted = fields.Boolean(required=True)
    correction_cents = fields.Integer(required=True, strict=True)
    decided_at = fields.String(required=True)


class ConventionActivated(Reading):
    publisher = "conventions"
    type = "convention_activated.v1"

    structure_id = fields.UUID(required=True)
    partner_number = fields.String(required=True)
    effective_on = fields.Date(required=True)


class ConventionTerminated(Reading):
    publisher = "conventions"
    type = "convention_terminated.v1"

    structure_id = fields.UUID(required=True)
    effective_on = fields.Date(required=True)


class ConventionTerminationWithdrawn(Reading):
    publisher = "conventions"
    type = "convention_termination_withdrawn.v1"

    structure_id = fields.UUID(required=True)


class StructureUpdated(Reading):
    publisher = "partners"
    type = "structure_updated.v1"

    structure_id = fields.UUID(required=True)
    name = fields.String(required=True)
    partner_number = fields.String(load_default=None, allow_none=True)


class EstablishmentSaved(Reading):
    publisher = "partners"
    type = "establishment_saved.v1"

    structure_id = fields.UUID(required=True)
    establishment_id = fields.UUID(required=True)
    name = fields.String(required=True)
    commune_name = fields.String(load_default="", allow_none=True)
    is_seat = fields.Boolean(required=True)
    open = fields.Boolean(required=True)


class PayoutLinesAssigned(Reading):
    publisher = "payouts"
    type = "payout_lines_assigned.v1"

    payout_id = fields.UUID(required=True)
    slip_number = fields.String(required=True)
    structure_id = fields.UUID(required=True)
    transaction_ids = fields.List(fields.UUID(), required=True)


class PayoutStateChanged(Reading):
    publisher = "payouts"
    type = "payout_state_changed.v1"

    payout_id = fields.UUID(required=True)
    structure_id = fields.UUID(required=True)
    state = fields.String(required=True, validate=validate.OneOf(("paid", "returned")))
    transaction_ids = fields.List(fields.UUID(), load_default=list)
