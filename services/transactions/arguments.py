"""The arguments of this service's RPC methods. Messages are French: they reach the screens."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.chassis.ages import Ages
from services.transactions.domain.scans import LARGEST_AMOUNT_CENTS, LARGEST_BATCH
from services.transactions.domain.states import TransactionState
from services.transactions.domain.waiting import AGE_LIMITS_DAYS

PAGE_LIMIT = 500
_KEY = validate.Regexp(r"^[\x21-\x7e]{1,64}$", error="La clé compte de 1 à 64 caractères ASCII visibles.")
_TEXT = validate.Length(1, 1000, error="Écrivez entre 1 et 1 000 caractères.")
_AMOUNT = validate.Range(1, LARGEST_AMOUNT_CENTS, error="Le montant doit être positif et ne pas dépasser 10 000,00 €.")
_SHOWN = validate.Length(1, 512, error="Ce code est illisible.")


class _Id(fields.UUID):
    """An id as text."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:  # type: ignore[override]
        return str(super()._deserialize(value, *args, **kwargs))


def _key() -> fields.String:
    return fields.String(required=True, validate=_KEY)


def _amount() -> fields.Integer:
    return fields.Integer(
        required=True, strict=True, validate=_AMOUNT, error_messages={"invalid": "Un nombre entier de centimes."}
    )


class ShownPass(Schema):
    """Exactly one of the QR's text and the typed code."""

    qr = fields.String(load_default=None, allow_none=True, validate=_SHOWN)
    code = fields.String(load_default=None, allow_none=True, validate=_SHOWN)

    @validates_schema
    def one_of_them(self, data: dict[str, Any], **_: Any) -> None:
        if bool(data.get("qr")) == bool(data.get("code")):
            raise ValidationError("Donnez soit le QR code, soit le code à saisir.", "qr")


class RecordTransaction(ShownPass):
    idempotency_key = _key()
    amount_cents = _amount()
    establishment_id = _Id(load_default=None, allow_none=True)
    confirm_duplicate = fields.Boolean(load_default=False)


class BatchItem(ShownPass):
    idempotency_key = _key()
    amount_cents = _amount()
    scanned_at = fields.AwareDateTime(required=True)


class RecordBatch(Schema):
    """The items are judged alone, so their shape is too: see `BatchItem`."""

    items = fields.List(
        fields.Raw(),
        required=True,
        validate=validate.Length(1, LARGEST_BATCH, error=f"Entre 1 et {LARGEST_BATCH} scans par envoi."),
    )


class Cancel(Schema):
    number = fields.String(required=True)
    idempotency_key = _key()


class Number(Schema):
    number = fields.String(required=True)


class ByKey(Schema):
    idempotency_key = _key()


class Contest(Schema):
    number = fields.String(required=True)
    reason = fields.String(required=True, validate=_TEXT)


class Filters(Schema):
    """Of a list of transactions."""

    from_on = fields.Date(load_default=None, allow_none=True)
    to_on = fields.Date(load_default=None, allow_none=True)
    state = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.OneOf([*TransactionState, "contested"], error="État inconnu."),
    )
    establishment_id = _Id(load_default=None, allow_none=True)
    scheme = fields.String(load_default=None, allow_none=True)
    number = fields.String(load_default=None, allow_none=True)
    slip_number = fields.String(load_default=None, allow_none=True)


class OwnFilters(Filters):
    """Who recorded a transaction is the club's own affair."""

    operator_id = _Id(load_default=None, allow_none=True)
    terminal_id = _Id(load_default=None, allow_none=True)


class _Paged(Schema):
    cursor = fields.String(load_default=None, allow_none=True)
    limit = fields.Integer(
        load_default=50, validate=validate.Range(1, PAGE_LIMIT, error=f"Entre 1 et {PAGE_LIMIT} lignes.")
    )


class ListTransactions(_Paged, OwnFilters):
    """One page of a club's transactions."""


class AllFilters(Filters):
    structure_id = _Id(load_default=None, allow_none=True)
    partner_number = fields.String(load_default=None, allow_none=True)


class ListAllTransactions(_Paged, AllFilters):
    """The same of all partners; of their totals too."""


def _bound() -> fields.Integer:
    return fields.Integer(load_default=None, allow_none=True, validate=validate.Range(0, 1_000_000))


class AmountRule(Schema):
    min_age = _bound()
    max_age = _bound()
    min_quotient = _bound()
    max_quotient = _bound()
    amount_cents = _amount()


_NAME = validate.Length(1, 100, error="Entre 1 et 100 caractères.")


class SaveSeason(Schema):
    season_id = _Id(load_default=None, allow_none=True)
    scheme = fields.String(required=True, validate=_NAME)
    name = fields.String(required=True, validate=_NAME)
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(required=True)
    age_on = fields.Date(required=True)
    budget_cents = fields.Integer(
        required=True, strict=True, validate=validate.Range(0, 10**14, error="Le budget ne peut pas être négatif.")
    )
    amount_rules = fields.List(fields.Nested(AmountRule), required=True, validate=validate.Length(max=100))


class SeasonId(Schema):
    season_id = _Id(required=True)


class StartImport(Schema):
    season_id = _Id(required=True)
    incoming_id = fields.String(required=True)
    filename = fields.String(required=True, validate=validate.Length(1, 255))


class ImportId(Schema):
    import_id = _Id(required=True)


class FindPasses(Schema):
    text = fields.String(required=True, validate=validate.Length(1, 100))
    season_id = _Id(load_default=None, allow_none=True)


class CancelPass(Schema):
    pass_id = _Id(required=True)
    reason = fields.String(required=True, validate=_TEXT)


class TopUpPass(CancelPass):
    amount_cents = _amount()
    idempotency_key = _key()


class PassId(Schema):
    pass_id = _Id(required=True)


class Link(Schema):
    link = fields.String(required=True, validate=validate.Length(1, 200))


class LinkedPass(Link):
    pass_id = _Id(required=True)


class LinkedDocument(LinkedPass):
    kind = fields.String(required=True, validate=validate.OneOf(("pdf", "png")))


class LinkedContest(Link):
    number = fields.String(required=True)
    reason = fields.String(required=True, validate=_TEXT)


class ChooseDebitMails(Link):
    wanted = fields.Boolean(required=True)


class Contestations(Schema):
    state = fields.String(
        load_default="open", allow_none=True, validate=validate.OneOf(("open", "accepted", "rejected"))
    )
    age = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(Ages(*AGE_LIMITS_DAYS).codes))
    cursor = fields.String(load_default=None, allow_none=True)


class ContestationId(Schema):
    contestation_id = _Id(required=True)


class DecideContestation(ContestationId):
    accepted = fields.Boolean(required=True)
    decision = fields.String(required=True, validate=_TEXT)
    amount_cents = fields.Integer(load_default=None, allow_none=True, strict=True, validate=_AMOUNT)
