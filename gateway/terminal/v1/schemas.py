"""What goes in and out of the API. The OpenAPI document is made from these."""

from typing import Any

from marshmallow import INCLUDE, Schema, ValidationError, fields, validate, validates_schema

STATES = ("recorded", "cancelled", "locked", "in_payout", "paid", "returned")
KEY_PATTERN = r"^[\x21-\x7e]{1,64}$"
LARGEST_BATCH = 500
LARGEST_AMOUNT_CENTS = 1_000_000


def _says(text: str, **more: Any) -> dict[str, Any]:
    return {"description": text, **more}


def _key() -> fields.String:
    return fields.String(
        required=True,
        validate=validate.Regexp(KEY_PATTERN, error="De 1 à 64 caractères ASCII visibles."),
        metadata=_says("1 to 64 visible ASCII characters; fresh for each intention"),
    )


def _amount() -> fields.Integer:
    return fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(1, LARGEST_AMOUNT_CENTS, error="Le montant doit être positif (10 000,00 € au plus)."),
        metadata=_says("Euro cents", example=2500),
    )


def _scheme() -> fields.String:
    return fields.String(required=True, metadata=_says("Who pays, as it is called", example="Pass'sports-loisirs"))


def _season() -> fields.String:
    return fields.String(required=True, metadata=_says("Which campaign of it", example="2026-2027"))


class Device(Schema):
    name = fields.String(
        required=True,
        validate=validate.Length(1, 100),
        metadata=_says("What people call it; shown in «\u202fMes terminaux\u202f»", example="Accueil"),
    )
    model = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=100),
        metadata=_says("Maker and model, for whoever looks into a trouble"),
    )
    app_version = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=50),
        metadata=_says("Version of the software that calls"),
    )


class Pair(Schema):
    pairing_code = fields.String(
        required=True,
        validate=validate.Length(1, 64),
        metadata=_says("Shown in «\u202fMes terminaux\u202f», valid ten minutes and once"),
    )
    device = fields.Nested(Device, required=True, metadata=_says("The phone or machine that becomes a terminal"))


class Structure(Schema):
    name = fields.String(required=True, metadata=_says("Name of the labelled partner"))
    partner_number = fields.String(
        required=True, allow_none=True, metadata=_says("Given by the Caf at approval; printed on slips")
    )


class Establishment(Schema):
    establishment_id = fields.String(required=True, metadata=_says("What `establishment_id` of a transaction takes"))
    name = fields.String(required=True, allow_none=True, metadata=_says("As the partner calls it"))


class VerificationKey(Schema):
    kid = fields.String(required=True, metadata=_says("Which key; a QR code names the one that signed it"))
    x = fields.String(required=True, metadata=_says("Raw Ed25519 public key, URL-safe base64 (RFC 8037)"))


class Terminal(Schema):
    """The terminal, its structure, the establishment it is limited to, and the keys that QR codes are signed with."""

    terminal_id = fields.String(required=True, metadata=_says("This terminal, as «\u202fMes terminaux\u202f» lists it"))
    structure = fields.Nested(Structure, required=True, metadata=_says("Whom the Caf reimburses"))
    establishment = fields.Nested(
        Establishment, required=True, allow_none=True, metadata=_says("The only one it may record for; null: any")
    )
    verification_keys = fields.List(
        fields.Nested(VerificationKey),
        required=True,
        metadata=_says("For checking QR codes without network; ask `GET /api/v1/me` again each day"),
    )
    server_time = fields.AwareDateTime(required=True, metadata=_says("The platform's clock: it decides what a day is"))


class PairedTerminal(Terminal):
    token = fields.String(required=True, metadata=_says("For `Authorization: Bearer`; shown this once"))


class ShownPass(Schema):
    """Exactly one of `qr` and `code`."""

    qr = fields.String(
        validate=validate.Length(1, 512, error="Ce QR code est illisible."), metadata=_says("The text of the QR code")
    )
    code = fields.String(
        validate=validate.Length(1, 64, error="Ce code est illisible."),
        metadata=_says("The typed code; case, blanks and dashes don't matter", example="0000-0000-0000"),
    )

    @validates_schema
    def one_of_them(self, data: dict[str, Any], **_: Any) -> None:
        if ("qr" in data) == ("code" in data):
            raise ValidationError("Donnez soit qr, soit code.", "qr")


class Beneficiary(Schema):
    first_name = fields.String(required=True, metadata=_says("The child's; shown so that the desk can compare"))
    last_name = fields.String(required=True, metadata=_says("The child's"))


class PassChecked(Schema):
    usable = fields.Boolean(required=True, metadata=_says("Whether a transaction would be accepted now"))
    reason = fields.String(
        required=True,
        allow_none=True,
        metadata=_says("A code, when the pass can't be used now", example="season_closed"),
    )
    scheme = _scheme()
    season = _season()
    valid_until = fields.Date(required=True, metadata=_says("Last Paris day on which it can be used"))
    balance_cents = fields.Integer(required=True, metadata=_says("Euro cents that are left on the pass"))
    beneficiary = fields.Nested(
        Beneficiary, required=True, allow_none=True, metadata=_says("The child; null with `pass_revoked`")
    )


class Record(ShownPass):
    amount_cents = _amount()
    establishment_id = fields.UUID(
        load_default=None, allow_none=True, metadata=_says("Where it takes place; a limited terminal has but its own")
    )
    confirm_duplicate = fields.Boolean(
        load_default=False,
        truthy={True},
        falsy={False},
        metadata=_says("Answer to `duplicate_suspected`: the same amount is meant a second time"),
    )


class Transaction(Schema):
    number = fields.String(required=True, metadata=_says("What people read to each other", example="T2600000001"))
    state = fields.String(
        required=True,
        validate=validate.OneOf(STATES),
        metadata=_says("`recorded` until midnight, then `locked` and on its way to the partner's account"),
    )
    contested = fields.Boolean(required=True, metadata=_says("Whether somebody contests it"))
    amount_cents = fields.Integer(required=True, metadata=_says("Euro cents"))
    recorded_at = fields.AwareDateTime(required=True, metadata=_says("When the platform received it"))
    cancellable = fields.Boolean(required=True, metadata=_says("Whether it can still be cancelled"))
    cancellable_until = fields.AwareDateTime(required=True, metadata=_says("Midnight in Paris"))
    cancelled_at = fields.AwareDateTime(required=True, allow_none=True, metadata=_says("When it was; null: it wasn't"))
    scheme = _scheme()
    season = _season()
    beneficiary = fields.Nested(Beneficiary, required=True, metadata=_says("The child"))
    establishment = fields.Nested(
        Establishment, required=True, allow_none=True, metadata=_says("Where it took place, if that is known")
    )


class Receipt(Transaction):
    balance_cents = fields.Integer(required=True, metadata=_says("Of the pass, just after"))


class ListQuery(Schema):
    from_on = fields.Date(data_key="from", metadata=_says("First Paris day; a terminal sees the present day"))
    to_on = fields.Date(data_key="to", metadata=_says("Last Paris day"))
    state = fields.String(
        validate=validate.OneOf((*STATES, "contested"), error="État inconnu."), metadata=_says("Only those in it")
    )
    limit = fields.Integer(
        load_default=50,
        validate=validate.Range(1, 200, error="Entre 1 et 200."),
        metadata=_says("How many at most, newest first"),
    )
    cursor = fields.String(validate=validate.Length(1, 200), metadata=_says("`next_cursor` of the page before"))


class Page(Schema):
    items = fields.List(fields.Nested(Transaction), required=True, metadata=_says("Newest first"))
    next_cursor = fields.String(required=True, allow_none=True, metadata=_says("For `cursor`; null on the last page"))


class BatchItem(ShownPass):
    idempotency_key = _key()
    amount_cents = _amount()
    scanned_at = fields.AwareDateTime(required=True, metadata=_says("When it was scanned, at most 72 hours ago"))


class Batch(Schema):
    """Each item is judged alone: one that is wrong spoils no other."""

    items = fields.List(
        fields.Nested(BatchItem),
        required=True,
        validate=validate.Length(1, LARGEST_BATCH, error=f"Entre 1 et {LARGEST_BATCH} scans."),
        metadata=_says("What was scanned without network; judged in this order"),
    )


class LooseBatch(Schema):
    """What is checked before the items are judged alone."""

    items = fields.List(
        fields.Raw(),
        required=True,
        validate=validate.Length(1, LARGEST_BATCH, error=f"Entre 1 et {LARGEST_BATCH} scans."),
    )


class Problem(Schema):
    """RFC 9457; further members depend on `code`, and more may come."""

    class Meta:
        unknown = INCLUDE

    type = fields.String(required=True, metadata=_says("Where the code is explained"))
    title = fields.String(required=True, metadata=_says("In French, for people"))
    status = fields.Integer(required=True, metadata=_says("The HTTP status, once more"))
    code = fields.String(required=True, metadata=_says("For programs; never changes its meaning"))
    errors = fields.Dict(keys=fields.String(), metadata=_says("`validation_failed`: what is wrong, by field"))
    balance_cents = fields.Integer(metadata=_says("`insufficient_balance`: what is left"))
    number = fields.String(metadata=_says("`duplicate_suspected`: the earlier transaction"))
    recorded_at = fields.AwareDateTime(metadata=_says("`duplicate_suspected`: when that was"))
    retry_after_s = fields.Integer(metadata=_says("`rate_limited`: as `Retry-After`"))


class BatchOutcome(Schema):
    idempotency_key = fields.String(required=True, metadata=_says("Of the item that this is about"))
    status = fields.String(
        required=True, validate=validate.OneOf(("recorded", "refused")), metadata=_says("What became of it")
    )
    replayed = fields.Boolean(required=True, metadata=_says("Whether an earlier call had already decided it"))
    transaction = fields.Nested(Receipt, required=True, allow_none=True, metadata=_says("`recorded`: the receipt"))
    problem = fields.Nested(Problem, required=True, allow_none=True, metadata=_says("`refused`: why"))


class BatchAnswer(Schema):
    items = fields.List(fields.Nested(BatchOutcome), required=True, metadata=_says("One per item, in the order sent"))


class RefusedCall(Schema):
    """A call that was refused."""

    problem = fields.Nested(Problem, required=True, metadata=_says("Why, for people and for programs"))
