"""Every refusal of the identity service, by name. `code` is what crosses the bus."""

from typing import Any


class Refusal(Exception):
    """The base of all: `fields` are facts for the caller, never a secret."""

    code: str = "refused"

    def __init__(self, **fields: Any):
        super().__init__(fields)
        self.fields = fields


class ValidationFailed(Refusal):
    """Fields are wrong: `errors` maps each to French messages. The form is shown again with them."""

    code = "validation_failed"

    def __init__(self, **errors: list[str]):
        super().__init__(errors=errors)


class EmailAlreadyUsed(Refusal):
    """The address is already an account's; `which` says which field. Another address must be given."""

    code = "email_already_used"


class EmailsMustDiffer(Refusal):
    """The structure's and the person's address are the same: one account = one address (guide, page 9)."""

    code = "emails_must_differ"


class RegistrationUnknown(Refusal):
    """No such draft of a representative, or it was purged. Step 4 of the application is filled in again."""

    code = "registration_unknown"


class RegistrationClosed(Refusal):
    """The application was submitted: from now on the account itself is changed, not the draft."""

    code = "registration_closed"


class SignInFailed(Refusal):
    """Identifier or password is wrong: which of them is never told. The person may try again."""

    code = "sign_in_failed"


class TooManyAttempts(Refusal):
    """Wait `retry_after_s` seconds; the right password isn't even looked at before."""

    code = "too_many_attempts"


class ProvisionalPasswordExpired(Refusal):
    """The provisional password was right but too old. «Mot de passe oublié» gives a new way in."""

    code = "provisional_password_expired"


class StepExpired(Refusal):
    """The second step of signing in took too long, or was done already. Sign in again."""

    code = "step_expired"


class TotpWrong(Refusal):
    """The code of the authenticator is wrong, too old, or was used before. Wait for the next one."""

    code = "totp_wrong"


class SecondFactorPresent(Refusal):
    """The account has a second factor already: it is taken away first."""

    code = "second_factor_present"


class SecondFactorAbsent(Refusal):
    """The account has no second factor: there is nothing to take away or to renew."""

    code = "second_factor_absent"


class StepUpFailed(Refusal):
    """The password (or code) given to confirm an act is wrong."""

    code = "step_up_failed"


class SessionUnknown(Refusal):
    """Never existed, closed, idle for too long or too old: sign in again."""

    code = "session_unknown"


class StructureNotYours(Refusal):
    """The person holds no right on that structure, or it doesn't exist."""

    code = "structure_not_yours"


class LinkInvalid(Refusal):
    """The mailed link is wrong, expired or was followed before. Ask for a new one."""

    code = "link_invalid"


class AccountUnknown(Refusal):
    """No such account within the caller's reach."""

    code = "account_unknown"


class AlreadyPersonalised(Refusal):
    """The provisional password has been replaced already."""

    code = "already_personalised"


class MobileMissing(Refusal):
    """The account has no mobile number: one must be confirmed before a code can be sent."""

    code = "mobile_missing"


class SmsFailed(Refusal):
    """The SMS provider refused the message. Nothing was sent; try again, or change the number."""

    code = "sms_failed"


class SmsSignatureInvalid(Refusal):
    """The delivery report isn't signed by the provider: it is ignored."""

    code = "sms_signature_invalid"


class TooManyCodes(Refusal):
    """Too many codes were asked for within the hour; wait `retry_after_s`."""

    code = "too_many_mobile_codes"


class MobileCodeWrong(Refusal):
    """`tries_left` tries remain for this code."""

    code = "mobile_code_wrong"


class MobileCodeExpired(Refusal):
    """Too old, tried too often, or never sent: ask for a new code."""

    code = "mobile_code_expired"


class AlreadyDelegate(Refusal):
    """That person is already in the structure's list."""

    code = "already_delegate"


class DelegateUnknown(Refusal):
    """No such person in the structure's list."""

    code = "delegate_unknown"


class AlreadyDelegated(Refusal):
    """The person holds a right on the structure: revoke it before granting another."""

    code = "already_delegated"


class DelegationUnknown(Refusal):
    """No such delegation in force in the structure."""

    code = "delegation_unknown"


class LastAdministrator(Refusal):
    """Somebody must remain who can administer the structure: transfer the representation first."""

    code = "last_administrator"


class EstablishmentUnknown(Refusal):
    """The structure has no such open establishment."""

    code = "establishment_unknown"


class TransferPending(Refusal):
    """A change of representative already waits for the Caf."""

    code = "transfer_pending"


class TransferUnknown(Refusal):
    """No such request within the caller's reach."""

    code = "transfer_unknown"


class TransferDecided(Refusal):
    """The request was decided or withdrawn already."""

    code = "transfer_decided"


class PairingCodeInvalid(Refusal):
    """Wrong, used or expired: which of them is never told. Show a new code on «Mes terminaux»."""

    code = "pairing_code_invalid"


class TooManyPairings(Refusal):
    """Too many pairing codes are waiting; use them or let them expire."""

    code = "too_many_pairings"


class PairingUnknown(Refusal):
    """No such pairing in the structure."""

    code = "pairing_unknown"


class TerminalTokenInvalid(Refusal):
    """No such token was ever given out."""

    code = "terminal_token_invalid"


class TerminalTokenRevoked(Refusal):
    """The terminal was withdrawn by its structure: pair it again."""

    code = "terminal_token_revoked"


class TerminalUnknown(Refusal):
    """No such terminal in the structure."""

    code = "terminal_unknown"


class AgentUnknown(Refusal):
    """No such agent."""

    code = "agent_unknown"


class LastCafAdministrator(Refusal):
    """Somebody must remain who can manage the agents."""

    code = "last_caf_administrator"
