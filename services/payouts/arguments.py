"""The arguments of the methods on the bus."""

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.chassis.ages import Ages
from services.payouts.domain.calendar import Frequency
from services.payouts.domain.ledger import AccountKey
from services.payouts.domain.states import BatchState
from services.payouts.domain.waiting import AGE_LIMITS_DAYS

_page = validate.Range(min=1, max=200)
_UNKNOWN_DAY = "Choisissez une date valide."


class Page(Schema):
    cursor = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=100))
    limit = fields.Integer(load_default=50, validate=_page)


class OfPayout(Schema):
    payout_id = fields.UUID(required=True)


class PayoutPage(Page, OfPayout):
    pass


class PayoutFile(OfPayout):
    kind = fields.String(required=True, validate=validate.OneOf(["pdf", "csv", "xlsx"]))


class OfSlip(Schema):
    slip_number = fields.String(required=True, validate=validate.Length(max=40))


class OfReference(Schema):
    """A transaction's number, a slip's, or the bank's reference of a transfer."""

    reference = fields.String(required=True, validate=validate.Length(min=1, max=60))


class Batches(Page):
    state = fields.String(
        load_default=None, allow_none=True, validate=validate.OneOf([state.value for state in BatchState])
    )
    to_release = fields.Boolean(load_default=False)
    age = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(Ages(*AGE_LIMITS_DAYS).codes))


class OfBatch(Schema):
    batch_id = fields.UUID(required=True)


class BatchPage(Page, OfBatch):
    pass


class BatchFile(OfBatch):
    sequence = fields.Integer(required=True, validate=validate.Range(min=1))


class ReleaseBatch(OfBatch):
    proof = fields.String(required=True)
    amount_cents = fields.Integer(required=True, strict=True)


class ImportBankReport(Schema):
    incoming_id = fields.String(required=True)
    filename = fields.String(required=True)


class OfReport(Schema):
    report_id = fields.UUID(required=True)


class SetCalendar(Schema):
    frequency = fields.String(
        required=True,
        validate=validate.OneOf([each.value for each in Frequency], error="Choisissez une fréquence dans la liste."),
    )
    weekdays = fields.List(fields.Integer(validate=validate.Range(min=0, max=6)), required=True)
    month_days = fields.List(
        fields.Integer(validate=validate.Range(min=1, max=31, error="Un jour du mois va de 1 à 31.")), required=True
    )
    hour = fields.Integer(required=True, validate=validate.Range(min=0, max=23, error="Une heure va de 0 à 23."))

    @validates_schema
    def _days_are_given(self, loaded: dict, **_: object) -> None:
        if loaded["frequency"] == Frequency.WEEKLY and not loaded["weekdays"]:
            raise ValidationError("Choisissez au moins un jour de la semaine.", "weekdays")
        if loaded["frequency"] == Frequency.MONTHLY and not loaded["month_days"]:
            raise ValidationError("Donnez au moins un jour du mois, de 1 à 31.", "month_days")


class PlanEntry(Schema):
    key = fields.String(required=True, validate=validate.OneOf([key.value for key in AccountKey]))
    code = fields.String(
        required=True,
        validate=validate.Regexp(r"^[0-9A-Za-z]{2,20}\Z", error="Un numéro de compte a 2 à 20 chiffres ou lettres."),
    )
    label = fields.String(
        required=True, validate=validate.Length(min=1, max=100, error="Donnez un libellé de 1 à 100 caractères.")
    )


class SetAccountPlan(Schema):
    items = fields.List(fields.Nested(PlanEntry), required=True, validate=validate.Length(min=1))


class ExportLedger(Schema):
    first_on = fields.Date(required=True, error_messages={"invalid": _UNKNOWN_DAY})
    last_on = fields.Date(required=True, error_messages={"invalid": _UNKNOWN_DAY})

    @validates_schema
    def _in_order(self, loaded: dict, **_: object) -> None:
        if loaded["last_on"] < loaded["first_on"]:
            raise ValidationError("La fin est avant le début.", "last_on")
