"""Arguments of the methods about a structure's life: profile, places, bank account, directory, assistance."""

from marshmallow import Schema, fields, validate

from services.partners.domain import assistance, directory, profile
from services.partners.messages.arguments import Id, age_band

_LINE = validate.Length(min=1, max=200, error="Écrivez entre 1 et 200 caractères.")
_FILE = validate.Length(max=500)


def _line(**options: object) -> fields.String:
    return fields.String(validate=_LINE, **options)  # type: ignore[arg-type]


def _optional_text(limit: int) -> fields.String:
    message = f"Écrivez au plus {limit} caractères."
    return fields.String(load_default="", validate=validate.Length(max=limit, error=message))


def _age() -> fields.Integer:
    return fields.Integer(load_default=None, allow_none=True, error_messages={"invalid": "Écrivez un âge en années."})


THREAD_TOKEN = validate.Length(min=20, max=200)
"""An id and a fingerprint: 101 characters."""


class Slot(Schema):
    day = fields.Integer(required=True, validate=validate.Range(0, 6))
    opens = fields.String(required=True)
    closes = fields.String(required=True)


class Link(Schema):
    label = _line(required=True)
    url = fields.String(required=True, validate=validate.Length(max=500))


class SaveProfile(Schema):
    version = fields.Integer(required=True)
    description = _optional_text(profile.MAX_DESCRIPTION)
    phone = _optional_text(40)
    website = _optional_text(500)
    activities = fields.List(fields.String(), required=True)
    age_min = _age()
    age_max = _age()
    opening_hours = fields.List(fields.Nested(Slot), load_default=list, validate=validate.Length(max=28))
    links = fields.List(fields.Nested(Link), load_default=list, validate=validate.Length(max=profile.MAX_LINKS))


class GivenFile(Schema):
    incoming_id = fields.String(required=True, validate=validate.Length(max=64))
    filename = fields.String(required=True, validate=_FILE)


class SaveEstablishment(Schema):
    establishment_id = Id(load_default=None, allow_none=True)
    version = fields.Integer(load_default=0)
    name = _line(required=True)
    address_line1 = _line(required=True)
    address_line2 = _optional_text(200)
    postcode = fields.String(required=True)
    commune_name = _line(required=True)
    activities = fields.List(fields.String(), load_default=list)
    age_min = _age()
    age_max = _age()
    accessible = fields.Boolean(load_default=False)
    accessibility_note = _optional_text(500)


class OfEstablishment(Schema):
    establishment_id = Id(required=True)


class SubmitBankAccount(GivenFile):
    iban = fields.String(required=True, validate=validate.Length(max=60))
    holder = _line(required=True)
    proof = fields.String(required=True, validate=validate.Length(max=2000))


class BankAccountsToVerify(Schema):
    age = age_band()


class OfBankAccount(Schema):
    bank_account_id = Id(required=True)


class RejectBankAccount(OfBankAccount):
    reason = fields.String(required=True, validate=validate.Length(min=1, max=1000, error="Donnez un motif."))


class SearchDirectory(Schema):
    words = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=200))
    activity = fields.String(load_default=None, allow_none=True)
    commune = fields.String(load_default=None, allow_none=True)
    within_km = fields.Integer(
        load_default=None, allow_none=True, validate=validate.Range(1, directory.MAX_DISTANCE_KM)
    )
    age = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(0, 120))
    accessible = fields.Boolean(load_default=False)
    page = fields.Integer(load_default=1, validate=validate.Range(1, 100_000))


class ExportDirectory(Schema):
    cursor = Id(load_default=None, allow_none=True)


class OfPartner(Schema):
    partner_number = fields.String(required=True, validate=validate.Length(max=40))


class SaveResource(Schema):
    resource_id = Id(load_default=None, allow_none=True)
    version = fields.Integer(load_default=0)
    category = _line(required=True)
    title = _line(required=True)
    description = _optional_text(1000)
    audience = fields.String(required=True, validate=validate.OneOf(["public", "partners"]))
    position = fields.Integer(load_default=0, validate=validate.Range(0, 9999))
    incoming_id = fields.String(load_default=None, allow_none=True)
    filename = fields.String(load_default=None, allow_none=True, validate=_FILE)


class OfResource(Schema):
    resource_id = Id(required=True)


class Message(Schema):
    text = fields.String(
        required=True, validate=validate.Length(min=2, max=5000, error="Écrivez entre 2 et 5 000 caractères.")
    )
    attachments = fields.List(
        fields.Nested(GivenFile), load_default=list, validate=validate.Length(max=assistance.MAX_ATTACHMENTS)
    )


class OpenRequest(Message):
    category = fields.String(required=True, validate=validate.OneOf(assistance.CATEGORIES))
    subject = _line(required=True)
    email = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=320))


class OfRequest(Schema):
    request_id = Id(required=True)


class WriteMessage(OfRequest, Message):
    pass


class OfThread(Schema):
    """A visitor's thread, by the capability in the mailed link."""

    thread_token = fields.String(required=True, validate=THREAD_TOKEN)


class WriteInThread(OfThread, Message):
    pass


class OfAttachment(Schema):
    attachment_id = Id(required=True)
    thread_token = fields.String(load_default=None, allow_none=True, validate=THREAD_TOKEN)


class Requests(Schema):
    state = fields.String(load_default=None, allow_none=True)
    category = fields.String(load_default=None, allow_none=True)
    assigned_to = fields.String(load_default=None, allow_none=True)
    age = age_band()
    cursor = fields.String(load_default=None, allow_none=True)


class AssignRequest(OfRequest):
    to_me = fields.Boolean(load_default=True)
