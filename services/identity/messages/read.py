"""Events that identity listens to, with the fields that it uses."""

from marshmallow import EXCLUDE, Schema, fields

from services.chassis.events import Reading


class FromPartners(Reading):
    publisher = "partners"


class FromConventions(Reading):
    publisher = "conventions"


class ApplicationSubmitted(FromPartners):
    type = "application_submitted.v1"

    application_id = fields.String(required=True)
    structure_id = fields.String(required=True)
    registration_id = fields.String(required=True)


class CorrectionItem(Schema):
    """One thing to correct: its French label and why it was refused."""

    class Meta:
        unknown = EXCLUDE

    label = fields.String(required=True)
    reason = fields.String(required=True)


class ApplicationCorrectionRequested(FromPartners):
    type = "application_correction_requested.v1"

    application_id = fields.String(required=True)
    structure_id = fields.String(required=True)
    items = fields.List(fields.Nested(CorrectionItem), required=True)
    message = fields.String(allow_none=True, load_default=None)


class ApplicationResubmitted(FromPartners):
    type = "application_resubmitted.v1"

    application_id = fields.String(required=True)
    structure_id = fields.String(required=True)


class ApplicationApproved(FromPartners):
    type = "application_approved.v1"

    application_id = fields.String(required=True)
    structure_id = fields.String(required=True)


class ApplicationRejected(FromPartners):
    type = "application_rejected.v1"

    application_id = fields.String(required=True)
    structure_id = fields.String(required=True)
    reason = fields.String(required=True)


class StructureUpdated(FromPartners):
    type = "structure_updated.v1"

    structure_id = fields.String(required=True)
    name = fields.String(required=True)
    partner_number = fields.String(allow_none=True, load_default=None)


class EstablishmentSaved(FromPartners):
    type = "establishment_saved.v1"

    establishment_id = fields.String(required=True)
    structure_id = fields.String(required=True)
    name = fields.String(required=True)
    open = fields.Boolean(required=True)


class BankAccountSubmitted(FromPartners):
    type = "bank_account_submitted.v1"

    structure_id = fields.String(required=True)
    bank_account_id = fields.String(required=True)
    version = fields.Integer(load_default=1)
    in_force_not_before = fields.AwareDateTime(allow_none=True, load_default=None)


class BankAccountVerified(FromPartners):
    type = "bank_account_verified.v1"

    structure_id = fields.String(required=True)
    bank_account_id = fields.String(required=True)
    version = fields.Integer(load_default=1)
    iban_masked = fields.String(required=True)


class BankAccountRejected(FromPartners):
    type = "bank_account_rejected.v1"

    structure_id = fields.String(required=True)
    bank_account_id = fields.String(required=True)
    reason = fields.String(required=True)


class AssistanceMessagePosted(FromPartners):
    type = "assistance_message_posted.v1"

    request_id = fields.String(required=True)
    structure_id = fields.String(allow_none=True, load_default=None)
    account_id = fields.String(allow_none=True, load_default=None)
    from_caf = fields.Boolean(required=True)
    assigned_to = fields.String(allow_none=True, load_default=None)


class ConventionPrepared(FromConventions):
    type = "convention_prepared.v1"

    convention_id = fields.String(required=True)
    structure_id = fields.String(required=True)
    kind = fields.String(load_default="initial")
    replaces_id = fields.String(load_default=None, allow_none=True)
    current_ends_on = fields.Date(load_default=None, allow_none=True)


class ConventionSigned(FromConventions):
    type = "convention_signed.v1"

    convention_id = fields.String(required=True)
    structure_id = fields.String(required=True)
    countersignable = fields.Boolean(load_default=False)
    kind = fields.String(load_default="initial")
    current_ends_on = fields.Date(load_default=None, allow_none=True)


class ConventionCountersignable(FromConventions):
    type = "convention_countersignable.v1"

    convention_id = fields.String(required=True)
    structure_id = fields.String(required=True)
    kind = fields.String(required=True)
    current_ends_on = fields.Date(load_default=None, allow_none=True)


class ConventionActivated(FromConventions):
    type = "convention_activated.v1"

    convention_id = fields.String(required=True)
    structure_id = fields.String(required=True)
    partner_number = fields.String(required=True)


class ConventionReplaced(FromConventions):
    type = "convention_replaced.v1"

    convention_id = fields.String(required=True)
    structure_id = fields.String(required=True)
    effective_on = fields.Date(required=True)


class ConventionRefused(FromConventions):
    type = "convention_refused.v1"

    convention_id = fields.String(required=True)
    structure_id = fields.String(required=True)
    reason = fields.String(required=True)
    cause = fields.String(load_default="decision")


class ConventionTerminated(FromConventions):
    type = "convention_terminated.v1"

    convention_id = fields.String(required=True)
    structure_id = fields.String(required=True)
    effective_on = fields.Date(required=True)
    reason = fields.String(required=True)
    cause = fields.String(load_default="decision")
    renewal = fields.String(load_default=None, allow_none=True)


class ConventionTerminationWithdrawn(FromConventions):
    type = "convention_termination_withdrawn.v1"

    convention_id = fields.String(required=True)
    structure_id = fields.String(required=True)
    effective_on = fields.Date(required=True)
    reason = fields.String(required=True)


class PayoutHeld(Reading):
    publisher = "payouts"
    type = "payout_held.v1"

    structure_id = fields.String(required=True)
    reason = fields.String(required=True)
    amount_cents = fields.Integer(required=True, strict=True)


class PayoutStateChanged(Reading):
    publisher = "payouts"
    type = "payout_state_changed.v1"

    payout_id = fields.String(required=True)
    structure_id = fields.String(required=True)
    slip_number = fields.String(required=True)
    state = fields.String(required=True)
    reason = fields.String(allow_none=True, load_default=None)


class ContestationOpened(Reading):
    publisher = "transactions"
    type = "contestation_opened.v1"

    contestation_id = fields.String(required=True)
    structure_id = fields.String(required=True)
    number = fields.String(required=True)
    opened_by = fields.String(required=True)


class ContestationDecided(Reading):
    publisher = "transactions"
    type = "contestation_decided.v1"

    structure_id = fields.String(required=True)
    number = fields.String(required=True)
    accepted = fields.Boolean(required=True)
    correction_cents = fields.Integer(required=True)
