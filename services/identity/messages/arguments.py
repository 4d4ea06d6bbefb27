"""Arguments of the RPC methods. Messages to people are in French: a page shows them beside the field."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from services.chassis.ages import Ages
from services.identity import contact
from services.identity.domain.authenticator import Checked
from services.identity.domain.terminals import NAME_LENGTH
from services.identity.domain.waiting import AGE_LIMITS_DAYS

_REQUIRED: dict[str, str | list[Any] | dict[Any, Any]] = {
    "required": "Ce champ est obligatoire.",
    "null": "Ce champ est obligatoire.",
}


def _tidy(value: str) -> str:
    return " ".join(value.split())


class Name(fields.String):
    """A short human text: blanks tidied, neither empty nor endless, no control characters."""

    def __init__(self, longest: int = 100, **more: Any):
        more.setdefault("required", True)
        super().__init__(error_messages=_REQUIRED, **more)
        self.longest = longest

    def _deserialize(self, value: Any, attr: Any, data: Any, **more: Any) -> Any:
        text = _tidy(super()._deserialize(value, attr, data, **more))
        if not text:
            if self.required:
                raise ValidationError("Ce champ est obligatoire.")
            return None
        if len(text) > self.longest:
            raise ValidationError(f"{self.longest} caractères au plus.")
        if not text.isprintable():
            raise ValidationError("Ce texte contient un caractère interdit.")
        return text


class Email(fields.String):
    """An e-mail address, tidied."""

    def __init__(self, **more: Any):
        more.setdefault("required", True)
        super().__init__(error_messages=_REQUIRED, **more)

    def _deserialize(self, value: Any, attr: Any, data: Any, **more: Any) -> Any:
        try:
            return contact.email(super()._deserialize(value, attr, data, **more))
        except ValueError as fault:
            raise ValidationError(str(fault)) from fault


class Mobile(fields.String):
    """A French mobile number, as E.164."""

    def __init__(self, **more: Any):
        more.setdefault("required", True)
        super().__init__(error_messages=_REQUIRED, **more)

    def _deserialize(self, value: Any, attr: Any, data: Any, **more: Any) -> Any:
        try:
            return contact.mobile(super()._deserialize(value, attr, data, **more))
        except ValueError as fault:
            raise ValidationError(str(fault)) from fault


def civility() -> fields.String:
    return fields.String(
        required=True,
        validate=validate.OneOf(("M.", "Mme"), error="Choisissez une civilité."),
        error_messages=_REQUIRED,
    )


class Identifier(fields.UUID):
    """A UUID, kept as text."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **more: Any) -> Any:
        return str(super()._deserialize(value, attr, data, **more))


def secret(**more: Any) -> fields.String:
    """A password, code or token: bounded, so that nobody makes us hash a megabyte."""
    more.setdefault("required", True)
    return fields.String(
        validate=validate.Length(max=1024, error="1 024 caractères au plus."), error_messages=_REQUIRED, **more
    )


def optional_identifier() -> fields.UUID:
    return Identifier(load_default=None, allow_none=True)


def role_list() -> fields.List:
    return fields.List(fields.String(), required=True)


class SaveRegistration(Schema):
    registration_id = optional_identifier()
    civility = civility()
    first_name = Name()
    last_name = Name()
    position = Name()
    birth_date = fields.Date(
        load_default=None, allow_none=True, error_messages={"invalid": "Saisissez une date valide."}
    )
    email = Email()
    mobile = Mobile()


class RegistrationId(Schema):
    registration_id = Identifier(required=True)


class Registrant(RegistrationId):
    structure_id = Identifier(required=True)


class StructureEmail(Schema):
    structure_id = Identifier(required=True)
    email = Email(required=True)


class ReserveAccounts(Schema):
    registration_id = Identifier(required=True)
    application_id = Identifier(required=True)
    structure_id = Identifier(required=True)
    structure_name = Name(longest=200)
    structure_email = Email()


class Client(Schema):
    """The browser at the other end, for the list of sessions."""

    ip = fields.String(load_default="")
    user_agent = fields.String(load_default="")


class SignIn(Client):
    kind = fields.String(required=True, validate=validate.OneOf(("partner", "agent")))
    login = secret()
    password = secret()
    device_token = secret(required=False, load_default=None, allow_none=True)


class StepCode(Schema):
    step_token = secret()
    code = secret()


class StepToken(Schema):
    step_token = secret()


class SessionToken(Schema):
    session_token = secret()


class StructureId(Schema):
    structure_id = Identifier(required=True)


class SessionId(Schema):
    session_id = optional_identifier()


class StepUp(Schema):
    act = fields.String(required=True, validate=validate.Length(min=1, max=60))
    password = secret(required=False, load_default=None, allow_none=True)
    totp = secret(required=False, load_default=None, allow_none=True)


def second_factor() -> fields.String:
    """A code of the authenticator, or a recovery code: asked of those who have one."""
    return secret(required=False, load_default=None, allow_none=True)


class NewPassword(Client):
    password = secret()


class ChangePassword(NewPassword):
    current = secret()
    code = second_factor()


class EmailOnly(Schema):
    email = fields.String(required=True, validate=validate.Length(max=320))


class ResetPassword(Schema):
    link_token = secret()
    password = secret()


class AccountIds(Schema):
    account_ids = fields.List(Identifier(), required=True, validate=validate.Length(max=500))


class UpdatePerson(Schema):
    civility = civility()
    first_name = Name()
    last_name = Name()
    position = Name(required=False, load_default=None, allow_none=True)


class RequestEmailChange(Schema):
    email = Email()
    password = secret()
    code = second_factor()


class LinkToken(Schema):
    link_token = secret()


class RequestMobileChange(Schema):
    mobile = Mobile()
    password = secret()
    code = second_factor()


class Code(Schema):
    code = secret()


class Identity(Schema):
    """The signed-in person once more."""

    password = secret()
    code = second_factor()


class BeginEnrolment(Client):
    password = secret()


class FindAccounts(Schema):
    structure_id = optional_identifier()
    email = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=320))


class ResetSecondFactor(Schema):
    account_id = Identifier(required=True)
    checked = fields.String(
        required=True,
        validate=validate.OneOf([each.value for each in Checked], error="Dites comment vous avez vérifié."),
    )
    code = secret()


class AddDelegate(Schema):
    first_name = Name()
    last_name = Name()
    email = Email()


class AccountId(Schema):
    account_id = Identifier(required=True)


class GrantDelegation(Schema):
    account_id = Identifier(required=True)
    role = fields.String(
        required=True,
        validate=validate.OneOf(("manager", "accountant", "cashier"), error="Choisissez un rôle."),
        error_messages=_REQUIRED,
    )
    establishment_id = optional_identifier()
    ends_on = fields.Date(load_default=None, allow_none=True, error_messages={"invalid": "Saisissez une date valide."})


class DelegationId(Schema):
    delegation_id = Identifier(required=True)


class RequestTransfer(Schema):
    civility = civility()
    first_name = Name()
    last_name = Name()
    position = Name()
    email = Email()
    mobile = Mobile()
    reason = Name(longest=1000)
    password = secret()
    code = second_factor()


class TransferId(Schema):
    transfer_id = Identifier(required=True)


class Transfers(Schema):
    state = fields.String(load_default=None, allow_none=True)
    age = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(Ages(*AGE_LIMITS_DAYS).codes))
    cursor = fields.String(load_default=None, allow_none=True)


class DecideTransfer(Schema):
    transfer_id = Identifier(required=True)
    accepted = fields.Boolean(required=True)
    reason = fields.String(load_default="", validate=validate.Length(max=1000))


class CreatePairing(Schema):
    name = Name(longest=NAME_LENGTH)
    establishment_id = optional_identifier()


class PairingId(Schema):
    pairing_id = Identifier(required=True)


class PairTerminal(Schema):
    pairing_code = secret()
    device_name = Name(longest=100)
    device_model = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=100))
    app_version = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=40))
    ip = fields.String(load_default="")


class TerminalToken(Schema):
    terminal_token = secret()


class TerminalId(Schema):
    terminal_id = Identifier(required=True)


class RenameTerminal(TerminalId):
    name = Name(longest=NAME_LENGTH)


class LimitTerminal(TerminalId):
    establishment_id = optional_identifier()


class AddAgent(Schema):
    first_name = Name()
    last_name = Name()
    email = Email()
    roles = role_list()


class AgentRoles(AccountId):
    roles = role_list()


class SmsReport(Schema):
    provider = fields.String(required=True)
    url = fields.String(required=True)
    parameters = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    signature = fields.String(required=True)


class SigningCode(Schema):
    code = fields.String(required=True, validate=validate.Regexp(r"^[0-9]{6}$"))
