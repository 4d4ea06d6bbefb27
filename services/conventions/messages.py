"""What conventions announces, what it reads of others' announcements, and the arguments of its methods."""

from typing import Any

from marshmallow import Schema, fields, validate

from services.chassis.ages import Ages
from services.chassis.events import Event, Reading
from services.conventions.domain.states import EndCause, RefusalCause
from services.conventions.domain.waiting import AGE_LIMITS_DAYS


class Identifier(fields.UUID):
    """A UUID, checked, kept as text as everywhere in this service."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return str(super()._deserialize(value, attr, data, **kwargs))


_CONVENTION = "01939f6e-4b1c-7c2e-9a53-2f6f0c5b7a10"
_STRUCTURE = "01939f6e-0a11-7d2b-8c44-5a1b2c3d4e5f"


class ConventionPrepared(Event):
    """A convention waits for the representative's signature. ``replaces_id``: the one that it follows, if any;
    ``current_ends_on``: the last day of that one, if it is in force."""

    type = "convention_prepared.v1"
    key = "convention_id"
    example = {
        "convention_id": _CONVENTION,
        "structure_id": _STRUCTURE,
        "kind": "renewal",
        "replaces_id": "01939f6e-4b1c-7c2e-9a53-2f6f0c5b7a09",
        "current_ends_on": "2027-11-24",
    }
    convention_id = Identifier(required=True)
    structure_id = Identifier(required=True)
    kind = fields.String(required=True)
    replaces_id = Identifier(required=True, allow_none=True)
    current_ends_on = fields.Date(required=True, allow_none=True)


class ConventionSigned(Event):
    """The representative has signed; the Caf's turn. ``countersignable``: the application is approved already, and
    `convention_countersignable.v1` says so. ``current_ends_on``: as of `convention_prepared.v1`."""

    type = "convention_signed.v1"
    key = "convention_id"
    unrouted = "retry"
    example = {
        "convention_id": _CONVENTION,
        "structure_id": _STRUCTURE,
        "signed_at": "2026-11-24T09:30:00+00:00",
        "document_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "countersignable": False,
        "kind": "initial",
        "current_ends_on": None,
    }
    convention_id = Identifier(required=True)
    structure_id = Identifier(required=True)
    signed_at = fields.AwareDateTime(required=True)
    document_sha256 = fields.String(required=True)
    countersignable = fields.Boolean(required=True)
    kind = fields.String(required=True)
    current_ends_on = fields.Date(required=True, allow_none=True)


class ConventionCountersignable(Event):
    """The representative has signed and the application is approved, in whichever order: a signatory may sign.
    ``current_ends_on``: the last day of the convention in force that this one would replace."""

    type = "convention_countersignable.v1"
    key = "convention_id"
    example = {
        "convention_id": _CONVENTION,
        "structure_id": _STRUCTURE,
        "kind": "renewal",
        "current_ends_on": "2027-11-24",
    }
    convention_id = Identifier(required=True)
    structure_id = Identifier(required=True)
    kind = fields.String(required=True)
    current_ends_on = fields.Date(required=True, allow_none=True)


class ConventionActivated(Event):
    """Both have signed: from ``effective_on`` on the structure is a partner. ``convention_id`` may replace another."""

    type = "convention_activated.v1"
    key = "convention_id"
    unrouted = "retry"
    example = {
        "convention_id": _CONVENTION,
        "structure_id": _STRUCTURE,
        "partner_number": "93-000017-4",
        "activated_at": "2026-11-25T14:00:00+00:00",
        "effective_on": "2026-11-25",
    }
    convention_id = Identifier(required=True)
    structure_id = Identifier(required=True)
    partner_number = fields.String(required=True)
    activated_at = fields.AwareDateTime(required=True)
    effective_on = fields.Date(required=True)


class ConventionReplaced(Event):
    """An amendment or renewal was signed by both while ``replaces_id`` is in force: the partner stays one."""

    type = "convention_replaced.v1"
    key = "convention_id"
    example = {
        "convention_id": _CONVENTION,
        "replaces_id": "01939f6e-4b1c-7c2e-9a53-2f6f0c5b7a09",
        "structure_id": _STRUCTURE,
        "kind": "renewal",
        "effective_on": "2027-11-25",
    }
    convention_id = Identifier(required=True)
    replaces_id = Identifier(required=True)
    structure_id = Identifier(required=True)
    kind = fields.String(required=True)
    effective_on = fields.Date(required=True)


class ConventionRefused(Event):
    """The Caf doesn't sign. ``cause``: "decision", or what it follows from and is told of by another announcement:
    "application_rejected", "termination"."""

    type = "convention_refused.v1"
    key = "convention_id"
    example = {
        "convention_id": _CONVENTION,
        "structure_id": _STRUCTURE,
        "reason": "Dossier incomplet",
        "cause": "decision",
    }
    convention_id = Identifier(required=True)
    structure_id = Identifier(required=True)
    reason = fields.String(required=True)
    cause = fields.String(required=True, validate=validate.OneOf([cause.value for cause in RefusalCause]))


class ConventionTerminated(Event):
    """From the business day ``effective_on`` on, the structure's scans are refused. ``cause``: "decision" or "term";
    ``renewal``: of an end by its term, the state of the next convention if one waits for signatures."""

    type = "convention_terminated.v1"
    key = "convention_id"
    unrouted = "retry"
    example = {
        "convention_id": _CONVENTION,
        "structure_id": _STRUCTURE,
        "effective_on": "2027-01-01",
        "reason": "Cessation d’activité",
        "cause": "decision",
        "renewal": None,
    }
    convention_id = Identifier(required=True)
    structure_id = Identifier(required=True)
    effective_on = fields.Date(required=True)
    reason = fields.String(required=True)
    cause = fields.String(required=True, validate=validate.OneOf([EndCause.DECISION.value, EndCause.TERM.value]))
    renewal = fields.String(required=True, allow_none=True)


class ConventionTerminationWithdrawn(Event):
    """The termination that was announced for ``effective_on`` will not happen: the convention stays in force."""

    type = "convention_termination_withdrawn.v1"
    key = "convention_id"
    unrouted = "retry"
    example = {
        "convention_id": _CONVENTION,
        "structure_id": _STRUCTURE,
        "effective_on": "2027-01-01",
        "reason": "L’activité reprend",
    }
    convention_id = Identifier(required=True)
    structure_id = Identifier(required=True)
    effective_on = fields.Date(required=True)
    reason = fields.String(required=True)


class ApplicationSubmitted(Reading):
    publisher = "partners"
    type = "application_submitted.v1"
    application_id = Identifier(required=True)
    structure_id = Identifier(required=True)


class ApplicationApproved(Reading):
    publisher = "partners"
    type = "application_approved.v1"
    application_id = Identifier(required=True)
    structure_id = Identifier(required=True)
    partner_number = fields.String(required=True)
    approved_at = fields.AwareDateTime(required=True)


class ApplicationRejected(Reading):
    publisher = "partners"
    type = "application_rejected.v1"
    application_id = Identifier(required=True)
    structure_id = Identifier(required=True)
    reason = fields.String(required=True)


class StructureUpdated(Reading):
    publisher = "partners"
    type = "structure_updated.v1"
    structure_id = Identifier(required=True)
    name = fields.String(required=True)
    partner_number = fields.String(allow_none=True, load_default=None)
    commune_name = fields.String(allow_none=True, load_default=None)


class SmsStatusChanged(Reading):
    publisher = "identity"
    type = "sms_status_changed.v1"
    provider = fields.String(required=True)
    provider_id = fields.String(required=True)
    status = fields.String(required=True)
    at = fields.AwareDateTime(required=True)


# ── arguments of the methods ─────────────────────────────────────────────────────────────────────────
_ID_MESSAGES: dict[str, Any] = {"invalid_uuid": "Identifiant non valable."}
_REQUIRED: dict[str, Any] = {"required": "À renseigner.", "null": "À renseigner."}


def _id() -> fields.Field:
    return Identifier(required=True, error_messages={**_ID_MESSAGES, **_REQUIRED})


def _sha256() -> fields.String:
    return fields.String(required=True, validate=validate.Regexp(r"^[0-9a-f]{64}$", error="Empreinte non valable."))


class Origin(Schema):
    """Where the act comes from, as the gateway saw it."""

    ip = fields.String(required=True, validate=validate.Length(max=64))
    user_agent = fields.String(required=True, validate=validate.Length(max=500))


class OwnDocument(Schema):
    shown = fields.Boolean(load_default=False)


class ConfirmReading(Origin):
    document_sha256 = _sha256()
    how = fields.String(required=True, validate=validate.OneOf(["last_page", "statement"]))


class RequestSigningCode(Origin):
    document_sha256 = _sha256()


class SignConvention(Origin):
    document_sha256 = _sha256()
    code = fields.String(
        required=True,
        validate=validate.Regexp(r"^\d{6}$", error="Le code comporte six chiffres."),
        error_messages=_REQUIRED,
    )


class ConventionId(Schema):
    convention_id = _id()


class Narrowed(Schema):
    """What the Caf's list is narrowed to."""

    kind = fields.String(
        allow_none=True, load_default=None, validate=validate.OneOf(["initial", "amendment", "renewal"])
    )
    words = fields.String(allow_none=True, load_default=None, validate=validate.Length(max=100))
    age = fields.String(allow_none=True, load_default=None, validate=validate.OneOf(Ages(*AGE_LIMITS_DAYS).codes))


class ListConventions(Narrowed):
    state = fields.String(
        allow_none=True,
        load_default=None,
        validate=validate.OneOf(["prepared", "signed_by_partner", "active", "refused", "terminated"]),
    )
    countersignable = fields.Boolean(allow_none=True, load_default=None)
    sort = fields.String(load_default="oldest", validate=validate.OneOf(["oldest", "newest"]))
    cursor = fields.String(allow_none=True, load_default=None, validate=validate.Length(max=200))
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))


class Countersign(Origin):
    convention_ids = fields.List(
        Identifier(),
        required=True,
        validate=validate.Length(min=1, max=1000, error="Choisissez au moins une convention (1 000 au plus)."),
    )


class CountersignAll(Narrowed, Origin):
    seen_at = fields.AwareDateTime(required=True)


class JobId(Schema):
    job_id = _id()


_REASON = validate.Length(min=3, max=1000, error="Expliquez pourquoi, en une phrase au moins.")


class RefuseConvention(Schema):
    convention_id = _id()
    reason = fields.String(required=True, validate=_REASON, error_messages=_REQUIRED)


class WithdrawTermination(Schema):
    convention_id = _id()
    reason = fields.String(required=True, validate=_REASON, error_messages=_REQUIRED)


class TerminateConvention(Schema):
    convention_id = _id()
    reason = fields.String(required=True, validate=_REASON, error_messages=_REQUIRED)
    effective_on = fields.Date(
        required=True, error_messages={"invalid": "Écrivez une date, par exemple 31/12/2026.", **_REQUIRED}
    )


def _version() -> fields.String:
    return fields.String(required=True, validate=validate.Length(1, 40))


class TextDifference(Schema):
    before = _version()
    now = _version()


class PreviewText(Schema):
    version = _version()
    convention_id = _id()
