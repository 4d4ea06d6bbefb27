"""Every refusal of the partners service, by name. `code` is what crosses the bus."""

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

    def __init__(self, errors: dict[str, list[str]]):
        super().__init__(errors=errors)


class DraftUnknown(Refusal):
    """No such draft: the link is wrong, older than 30 days, or its application has been submitted."""

    code = "draft_unknown"


class StaleVersion(Refusal):
    """It was saved elsewhere since the page was shown (another tab): show what is there now and ask again."""

    code = "stale_version"


class StepUnknown(Refusal):
    """The form has no such step to save."""

    code = "step_unknown"


class ApplicationIncomplete(Refusal):
    """`missing` lists what the steps still need. Nothing was submitted."""

    code = "application_incomplete"


class ConsentMissing(Refusal):
    """The conditions of step 7 were not accepted."""

    code = "consent_missing"


class DocumentKindUnknown(Refusal):
    """The structure type asks for no such document."""

    code = "document_kind_unknown"


class DocumentUnknown(Refusal):
    """No such document within the caller's reach."""

    code = "document_unknown"


class TooManyFiles(Refusal):
    """This document already has `max_files` files: one must be removed first."""

    code = "too_many_files"


class TooManyLinks(Refusal):
    """Enough links were mailed for this draft today. They all still work."""

    code = "too_many_links"


class ApplicationUnknown(Refusal):
    """No such application within the caller's reach."""

    code = "application_unknown"


class TransitionRefused(Refusal):
    """The application is in state `state`, where `action` isn't possible (any more)."""

    code = "transition_refused"


class ItemUnknown(Refusal):
    """The application has no such document or group of fields."""

    code = "item_unknown"


class ItemLocked(Refusal):
    """Only what the Caf refused is open to the partner."""

    code = "item_locked"


class ReasonMissing(Refusal):
    """A refusal must say why: the partner will read it."""

    code = "reason_missing"


class StaleRound(Refusal):
    """The partner has corrected the application since the page was shown: look at it again."""

    code = "stale_round"


class VerdictsMissing(Refusal):
    """`missing` lists what nobody has judged yet."""

    code = "verdicts_missing"


class ItemsRefused(Refusal):
    """`refused` lists what is refused: ask for a correction, or accept it after all."""

    code = "items_refused"


class NothingRefused(Refusal):
    """A correction is asked for something: refuse at least one document or group of fields first."""

    code = "nothing_refused"


class CorrectionsIncomplete(Refusal):
    """`missing` lists what the Caf asked for and the partner hasn't answered yet."""

    code = "corrections_incomplete"


class StructureUnknown(Refusal):
    """No such structure within the caller's reach."""

    code = "structure_unknown"


class PartnerUnknown(Refusal):
    """No active partner has this number."""

    code = "partner_unknown"


class AlreadySubmitted(Refusal):
    """This draft was submitted under `reference`: from now on it is followed after signing in."""

    code = "already_submitted"


class CoolingOff(Refusal):
    """A changed bank account can't be verified before `until`: the structure's people have 48 hours to object."""

    code = "cooling_off"


class SameBankAccount(Refusal):
    """This is the account in force already."""

    code = "same_bank_account"


class BankAccountUnknown(Refusal):
    """No such bank account within the caller's reach."""

    code = "bank_account_unknown"


class EstablishmentUnknown(Refusal):
    """No such establishment within the caller's reach."""

    code = "establishment_unknown"


class SeatStaysOpen(Refusal):
    """The seat is the structure's own address: it can be changed, not closed."""

    code = "seat_stays_open"


class ResourceUnknown(Refusal):
    """No such document, or it isn't for the caller."""

    code = "resource_unknown"


class RequestUnknown(Refusal):
    """No such assistance request within the caller's reach; the link may have expired."""

    code = "request_unknown"


class TooManyRequests(Refusal):
    """Enough requests of this address wait for an answer already (`waiting`)."""

    code = "too_many_requests"


class TooManyAttachments(Refusal):
    """At most `max_files` files go with one message."""

    code = "too_many_attachments"
