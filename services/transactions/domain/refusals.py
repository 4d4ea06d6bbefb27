"""Every "no" of this service. Each docstring says what the caller may do."""

from typing import Any


class Refusal(Exception):
    """Base of the refusals of this service."""

    code = "refused"

    def __init__(self, **fields: Any):
        super().__init__(fields)
        self.fields = fields


class PartnerInactive(Refusal):
    """The structure's convention isn't active today. Nothing to do at the desk: the convention comes first."""

    code = "partner_inactive"


class PassUnknown(Refusal):
    """No such pass, or the QR is forged or unreadable. Scan again, or type the code."""

    code = "pass_unknown"


class PassRevoked(Refusal):
    """The pass was cancelled, or this QR or code was replaced by a newer one. The family has the newest by mail."""

    code = "pass_revoked"


class SeasonClosed(Refusal):
    """Today is outside the season, or the Caf has closed it."""

    code = "season_closed"


class SeasonUnknown(Refusal):
    """There is no such season."""

    code = "season_unknown"


class InsufficientBalance(Refusal):
    """Less is left than what was asked: ``balance_cents``. Ask for at most that."""

    code = "insufficient_balance"


class AlreadyUsedHere(Refusal):
    """Nothing is left; the last use was at this structure."""

    code = "already_used_here"


class AlreadyUsedElsewhere(Refusal):
    """Nothing is left; the last use was at another partner."""

    code = "already_used_elsewhere"


class DuplicateSuspected(Refusal):
    """The same pass, structure and amount moments ago (``number``, ``recorded_at``): confirm to mean it."""

    code = "duplicate_suspected"


class ScanTooOld(Refusal):
    """An offline scan older than 72 hours isn't taken. The family comes again, or the club asks the Caf."""

    code = "scan_too_old"


class CancelWindowClosed(Refusal):
    """The Paris day of the transaction is over. Contest it instead."""

    code = "cancel_window_closed"


class AlreadyCancelled(Refusal):
    """It is cancelled already; nothing to do."""

    code = "already_cancelled"


class TransactionUnknown(Refusal):
    """No such transaction for this caller; somebody else's answers the same."""

    code = "transaction_unknown"


class IdempotencyKeyReused(Refusal):
    """The key came earlier with another content. Take a fresh key for a fresh intention."""

    code = "idempotency_key_reused"


class IdempotencyInProgress(Refusal):
    """The first call under this key is still running. Ask again in a moment."""

    code = "idempotency_in_progress"


class AlreadyContested(Refusal):
    """A contestation of this transaction is open or decided."""

    code = "already_contested"


class ContestNotOpen(Refusal):
    """The structure can still cancel it today; contesting begins when the day is over."""

    code = "contest_not_open"


class ContestationUnknown(Refusal):
    """There is no such contestation."""

    code = "contestation_unknown"


class AlreadyDecided(Refusal):
    """The contestation has been decided; a decision isn't changed."""

    code = "already_decided"


class BudgetExhausted(Refusal):
    """The season's budget doesn't hold it: ``available_cents`` are left. Raise the budget first."""

    code = "budget_exhausted"


class BudgetBelowCommitted(Refusal):
    """Passes were issued for ``committed_cents`` already: the budget can't be less."""

    code = "budget_below_committed"


class ImportUnknown(Refusal):
    """There is no such import."""

    code = "import_unknown"


class ImportNotChecked(Refusal):
    """Only a file whose dry run has ended may be imported or left aside."""

    code = "import_not_checked"


class ImportRunning(Refusal):
    """One file at a time per season."""

    code = "import_running"


class LinkUnknown(Refusal):
    """The family's link is wrong or was replaced. The newest one is in the last mail."""

    code = "link_unknown"


class RenewedTooOften(Refusal):
    """The family renewed this QR several times today. Tomorrow it may again."""

    code = "renewed_too_often"


class NotAllowed(Refusal):
    """The caller's role or establishment doesn't reach that far."""

    code = "not_allowed"


class ValidationFailed(Refusal):
    """What was entered doesn't fit: ``errors`` by field, in French."""

    code = "validation_failed"

    def __init__(self, **errors: list[str]):
        super().__init__(errors=errors)
