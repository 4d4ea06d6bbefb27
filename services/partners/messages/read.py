"""Events that partners listens to, with the fields that it uses."""

from marshmallow import fields

from services.chassis.events import Reading


class ConventionActivated(Reading):
    publisher = "conventions"
    type = "convention_activated.v1"

    structure_id = fields.String(required=True)
    activated_at = fields.AwareDateTime(required=True)


class ConventionTerminated(Reading):
    publisher = "conventions"
    type = "convention_terminated.v1"

    structure_id = fields.String(required=True)
    effective_on = fields.Date(required=True)


class ConventionTerminationWithdrawn(Reading):
    publisher = "conventions"
    type = "convention_termination_withdrawn.v1"

    structure_id = fields.String(required=True)


class PayoutStateChanged(Reading):
    publisher = "payouts"
    type = "payout_state_changed.v1"

    structure_id = fields.String(required=True)
    state = fields.String(required=True)
