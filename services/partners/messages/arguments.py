"""Arguments of the methods that partners answers."""

from marshmallow import Schema, fields, validate

from services.chassis.ages import Ages
from services.partners.domain.waiting import AGE_LIMITS_DAYS

WORDS = validate.Length(max=2000)


class Id(fields.UUID):
    """An identifier, as text."""

    def _deserialize(self, value: object, attr: object, data: object, **kwargs: object) -> str:  # type: ignore[override]
        return str(super()._deserialize(value, attr, data, **kwargs))  # type: ignore[arg-type]


def age_band() -> fields.String:
    """The code of a band of age, by which a queue is filtered."""
    return fields.String(
        load_default=None, allow_none=True, validate=validate.OneOf(Ages(*AGE_LIMITS_DAYS).codes)
    )


def _token() -> fields.String:
    return fields.String(required=True, validate=validate.Length(min=20, max=100))


class DraftToken(Schema):
    draft_token = _token()


class ReadDraft(DraftToken):
    with_representative = fields.Boolean(load_default=False)


class SaveStep(DraftToken):
    step = fields.Integer(required=True)
    step_version = fields.Integer(required=True)
    answers = fields.Dict(keys=fields.String(), required=True)


class CheckAnswers(Schema):
    step = fields.Integer(required=True)
    structure_type = fields.String(load_default=None, allow_none=True)
    answers = fields.Dict(keys=fields.String(), required=True)


class FileGiven(Schema):
    kind = fields.String(required=True, validate=validate.Length(max=60))
    incoming_id = fields.String(required=True, validate=validate.Length(max=64))
    filename = fields.String(required=True, validate=validate.Length(max=500))
    dated_on = fields.Date(load_default=None, allow_none=True)


class AddDocument(DraftToken, FileGiven):
    pass


class OfDraftDocument(DraftToken):
    document_id = Id(required=True)


class MailDraftLink(DraftToken):
    email = fields.String(required=True, validate=validate.Length(max=320))


class SubmitApplication(DraftToken):
    version = fields.Integer(required=True)
    consent = fields.Boolean(required=True)


class ReadOwnApplication(Schema):
    with_representative = fields.Boolean(load_default=False)


class CorrectFields(Schema):
    group = fields.String(required=True)
    version = fields.Integer(required=True)
    answers = fields.Dict(keys=fields.String(), required=True)


class OfDocument(Schema):
    document_id = Id(required=True)


class ResubmitApplication(Schema):
    version = fields.Integer(required=True)


class ListApplications(Schema):
    state = fields.String(load_default=None, allow_none=True)
    assigned_to = fields.String(load_default=None, allow_none=True)
    structure_type = fields.String(load_default=None, allow_none=True)
    words = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=200))
    age = age_band()
    sort = fields.String(load_default="oldest", validate=validate.OneOf(["oldest", "newest", "name"]))
    cursor = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=400))


class OfApplication(Schema):
    application_id = Id(required=True)


class RecordVerdict(OfApplication):
    item = fields.String(required=True, validate=validate.Length(max=100))
    accepted = fields.Boolean(required=True)
    round = fields.Integer(required=True)
    reason = fields.String(load_default="", validate=validate.Length(max=1000))


class AddNote(OfApplication):
    text = fields.String(required=True, validate=validate.Length(min=1, max=2000))


class RequestCorrection(OfApplication):
    message = fields.String(load_default="", validate=WORDS)


class RejectApplication(OfApplication):
    reason = fields.String(required=True, validate=WORDS)


class ApplicationDocument(OfApplication):
    document_id = Id(required=True)


class SearchDirectory(Schema):
    words = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=200))
    activity = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=60))
    commune = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=10))
    cursor = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=400))


class OfPartner(Schema):
    partner_number = fields.String(required=True, validate=validate.Length(max=20))


class Named(Schema):
    words = fields.String(required=True, validate=validate.Length(min=2, max=200))


class OfStructures(Schema):
    structure_ids = fields.List(Id(), required=True, validate=validate.Length(max=500))
