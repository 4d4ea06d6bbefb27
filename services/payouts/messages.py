"""What payouts announces and what it reads of others' announcements.

Finance's four events (``payout_*.v1`` of INTERFACES) carry no name of a person and no IBAN. They never change: a
breaking change is a new version sent beside the old one for a season.
"""

from marshmallow import Schema, fields, validate

from services.chassis.events import ACCEPT, RETRY, Event, Reading

MAX_IDS = 500
"""Most transactions named by one event: a payout of more lines is told in several."""

_PAYOUT = "01980000-0000-7000-8000-000000000001"
_BATCH = "01980000-0000-7000-8000-000000000002"
_STRUCTURE = "01980000-0000-7000-8000-000000000003"
_TRANSACTION = "01980000-0000-7000-8000-000000000004"
_SLIP = "BP-2026-0000123"

Cents = fields.Integer
_positive = validate.Range(min=1)


class PayoutOrdered(Event):
    """A payout is in a bank file on its way to the bank."""

    type = "payout_ordered.v1"
    key = "payout_id"
    unrouted = ACCEPT
    example = {
        "payout_id": _PAYOUT,
        "batch_id": _BATCH,
        "partner_number": "93000017",
        "amount_cents": 123450,
        "currency": "EUR",
        "transaction_count": 21,
        "correction_count": 1,
        "execution_on": "2026-11-26",
        "end_to_end_id": f"PSL-{_SLIP}",
        "slip_number": _SLIP,
    }

    payout_id = fields.UUID(required=True)
    batch_id = fields.UUID(required=True)
    partner_number = fields.String(required=True)
    amount_cents = Cents(required=True, strict=True, validate=_positive)
    currency = fields.String(required=True, validate=validate.Equal("EUR"))
    transaction_count = fields.Integer(required=True, strict=True)
    correction_count = fields.Integer(required=True, strict=True)
    execution_on = fields.Date(required=True)
    end_to_end_id = fields.String(required=True, validate=validate.Length(max=35))
    slip_number = fields.String(required=True)


class PayoutBatchReleased(Event):
    """Every payout of a batch is in a bank file and announced: the batch is complete."""

    type = "payout_batch_released.v1"
    key = "batch_id"
    unrouted = ACCEPT
    example = {
        "batch_id": _BATCH,
        "number": "LOT-2026-00042",
        "payout_count": 1,
        "amount_cents": 123450,
        "currency": "EUR",
        "execution_on": "2026-11-26",
        "released_at": "2026-11-25T09:12:00+00:00",
        "bank_message_ids": ["LOT-2026-00042-01"],
    }

    batch_id = fields.UUID(required=True)
    number = fields.String(required=True)
    payout_count = fields.Integer(required=True, strict=True, validate=_positive)
    amount_cents = Cents(required=True, strict=True, validate=_positive)
    currency = fields.String(required=True, validate=validate.Equal("EUR"))
    execution_on = fields.Date(required=True)
    released_at = fields.AwareDateTime(required=True)
    bank_message_ids = fields.List(fields.String(), required=True)


class PayoutSettled(Event):
    """The bank has executed a payout (camt.054)."""

    type = "payout_settled.v1"
    key = "payout_id"
    unrouted = ACCEPT
    example = {
        "payout_id": _PAYOUT,
        "batch_id": _BATCH,
        "partner_number": "93000017",
        "amount_cents": 123450,
        "currency": "EUR",
        "settled_on": "2026-11-26",
        "end_to_end_id": f"PSL-{_SLIP}",
        "slip_number": _SLIP,
    }

    payout_id = fields.UUID(required=True)
    batch_id = fields.UUID(required=True)
    partner_number = fields.String(required=True)
    amount_cents = Cents(required=True, strict=True, validate=_positive)
    currency = fields.String(required=True, validate=validate.Equal("EUR"))
    settled_on = fields.Date(required=True)
    end_to_end_id = fields.String(required=True, validate=validate.Length(max=35))
    slip_number = fields.String(required=True)


class PayoutReturned(Event):
    """The bank rejected a payout (pain.002) or gave it back (camt.054). ``reason_code``: the bank's, e.g. ``AC04``."""

    type = "payout_returned.v1"
    key = "payout_id"
    unrouted = ACCEPT
    example = {
        "payout_id": _PAYOUT,
        "batch_id": _BATCH,
        "partner_number": "93000017",
        "amount_cents": 123450,
        "currency": "EUR",
        "returned_on": "2026-11-27",
        "reason_code": "AC04",
        "end_to_end_id": f"PSL-{_SLIP}",
        "slip_number": _SLIP,
    }

    payout_id = fields.UUID(required=True)
    batch_id = fields.UUID(required=True)
    partner_number = fields.String(required=True)
    amount_cents = Cents(required=True, strict=True, validate=_positive)
    currency = fields.String(required=True, validate=validate.Equal("EUR"))
    returned_on = fields.Date(required=True)
    reason_code = fields.String(required=True, allow_none=True)
    end_to_end_id = fields.String(required=True, validate=validate.Length(max=35))
    slip_number = fields.String(required=True)


class PayoutLinesAssigned(Event):
    """These transactions and corrections are in a released payout."""

    type = "payout_lines_assigned.v1"
    key = "payout_id"
    unrouted = RETRY
    example = {
        "payout_id": _PAYOUT,
        "batch_id": _BATCH,
        "slip_number": _SLIP,
        "structure_id": _STRUCTURE,
        "state": "in_payout",
        "transaction_ids": [_TRANSACTION],
        "correction_ids": [],
    }

    payout_id = fields.UUID(required=True)
    batch_id = fields.UUID(required=True)
    slip_number = fields.String(required=True)
    structure_id = fields.UUID(required=True)
    state = fields.String(required=True, validate=validate.Equal("in_payout"))
    transaction_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(max=MAX_IDS))
    correction_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(max=MAX_IDS))


class PayoutStateChanged(Event):
    """A payout has been paid or returned, with the transactions that it holds (in several events if many; the first
    has ``chunk`` 1)."""

    type = "payout_state_changed.v1"
    key = "payout_id"
    unrouted = RETRY
    example = {
        "payout_id": _PAYOUT,
        "structure_id": _STRUCTURE,
        "slip_number": _SLIP,
        "bank_account_id": "01980000-0000-7000-8000-000000000005",
        "state": "returned",
        "amount_cents": 123450,
        "execution_on": "2026-11-26",
        "reason": "AC04",
        "chunk": 1,
        "chunks": 1,
        "transaction_ids": [_TRANSACTION],
        "correction_ids": [],
    }

    payout_id = fields.UUID(required=True)
    structure_id = fields.UUID(required=True)
    slip_number = fields.String(required=True)
    bank_account_id = fields.UUID(required=True)
    state = fields.String(required=True, validate=validate.OneOf(["paid", "returned"]))
    amount_cents = Cents(required=True, strict=True, validate=_positive)
    execution_on = fields.Date(required=True)
    reason = fields.String(required=True, allow_none=True)
    chunk = fields.Integer(required=True, strict=True)
    chunks = fields.Integer(required=True, strict=True)
    transaction_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(max=MAX_IDS))
    correction_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(max=MAX_IDS))


class PayoutHeld(Event):
    """A partner's lines wait for a later batch: what it is owed, in cents, and why. Told once per reason."""

    type = "payout_held.v1"
    key = "structure_id"
    unrouted = RETRY
    example = {"structure_id": _STRUCTURE, "reason": "account_missing", "amount_cents": 123450}

    structure_id = fields.UUID(required=True)
    reason = fields.String(required=True)
    amount_cents = Cents(required=True, strict=True)


FINANCE = (PayoutOrdered, PayoutBatchReleased, PayoutSettled, PayoutReturned)
"""What finance listens to (INTERFACES, «Events for finance»)."""


class LockedLine(Schema):
    """One transaction of a locked day."""

    class Meta:
        unknown = "exclude"

    transaction_id = fields.String(required=True)
    number = fields.String(required=True)
    establishment_name = fields.String(required=True, allow_none=True)
    amount_cents = Cents(required=True, strict=True, validate=_positive)
    recorded_at = fields.AwareDateTime(required=True)
    scheme = fields.String(required=True)


class TransactionsLocked(Reading):
    """One chunk of an announcement about a partner's day; ``total_cents`` and ``count`` are of the whole announcement.
    A day has one announcement, and another for each transaction whose call ended too late for it."""

    publisher = "transactions"
    type = "transactions_locked.v1"

    announcement_id = fields.String(load_default=None)
    locked_on = fields.Date(required=True)
    structure_id = fields.String(required=True)
    partner_number = fields.String(required=True, allow_none=True)
    chunk = fields.Integer(required=True, strict=True, validate=_positive)
    chunks = fields.Integer(required=True, strict=True, validate=_positive)
    total_cents = Cents(required=True, strict=True)
    count = fields.Integer(required=True, strict=True)
    lines = fields.List(fields.Nested(LockedLine), required=True, validate=validate.Length(min=1))


class CorrectionAccepted(Reading):
    """The Caf decided a contestation; ``amount_cents`` is negative for what is taken back."""

    publisher = "transactions"
    type = "correction_accepted.v1"

    correction_id = fields.String(required=True)
    transaction_id = fields.String(required=True)
    number = fields.String(required=True)
    structure_id = fields.String(required=True)
    amount_cents = Cents(required=True, strict=True)
    accepted_at = fields.AwareDateTime(required=True)


class StructureUpdated(Reading):
    """What a partner is called, and where and what it does."""

    publisher = "partners"
    type = "structure_updated.v1"

    structure_id = fields.String(required=True)
    name = fields.String(required=True)
    partner_number = fields.String(required=True, allow_none=True)
    commune_name = fields.String(required=True, allow_none=True)
    activities = fields.List(fields.Raw(), required=True)


class BankAccountVerified(Reading):
    """A version of a partner's bank account is in force from ``in_force_at`` on; the IBAN is sealed for transport."""

    publisher = "partners"
    type = "bank_account_verified.v1"

    structure_id = fields.String(required=True)
    bank_account_id = fields.String(required=True)
    version = fields.Integer(required=True, strict=True)
    iban_sealed = fields.String(required=True)
    iban_masked = fields.String(required=True)
    bic = fields.String(required=True, allow_none=True)
    holder = fields.String(required=True)
    in_force_at = fields.AwareDateTime(required=True)


class BankAccountSuspended(Reading):
    """No payout goes to this version any more."""

    publisher = "partners"
    type = "bank_account_suspended.v1"

    structure_id = fields.String(required=True)
    bank_account_id = fields.String(required=True)


class ConventionActivated(Reading):
    """A structure has become a partner."""

    publisher = "conventions"
    type = "convention_activated.v1"

    structure_id = fields.String(required=True)
    partner_number = fields.String(required=True)
