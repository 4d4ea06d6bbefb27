"""Every "no" of this service, in business words."""

from typing import Any


class Refusal(Exception):
    """Base of the refusals of payouts. ``fields`` are facts that go with it."""

    code: str = "refused"

    def __init__(self, **fields: Any):
        super().__init__(fields)
        self.fields = fields


class PayoutUnknown(Refusal):
    """There is no such payout, or it is another structure's. Go back to the list."""

    code = "payout_unknown"


class BatchUnknown(Refusal):
    """There is no such batch, or it was cancelled. Go back to the list."""

    code = "batch_unknown"


class NothingToPay(Refusal):
    """No partner can be paid now. Look at who is left behind and why."""

    code = "nothing_to_pay"


class BatchInPreparation(Refusal):
    """Another agent's preparation is running. Look at the list in a moment."""

    code = "batch_in_preparation"


class SameAgent(Refusal):
    """Who prepared a batch never releases it (DOMAIN, «People and what each may do»). Another agent releases it."""

    code = "same_agent"


class BatchAlreadyReleased(Refusal):
    """The batch has been released: it can neither be released again nor cancelled."""

    code = "batch_already_released"


class BatchChanged(Refusal):
    """The total isn't the one that the agent saw. Read the batch again."""

    code = "batch_changed"


class BatchOutdated(Refusal):
    """``partner_count`` partners' bank accounts changed since the preparation. Cancel the batch and prepare anew."""

    code = "batch_outdated"


class ProofAlreadyUsed(Refusal):
    """A proof of identity releases one batch. Show a fresh code."""

    code = "proof_already_used"


class BankFileNotReady(Refusal):
    """The bank file is still being made, or there is none of that number. Ask again later."""

    code = "bank_file_not_ready"


class BankReportUnreadable(Refusal):
    """The file is no XML message, or its amounts and references can't be read. Send the bank's own file."""

    code = "bank_report_unreadable"


class BankReportKindUnknown(Refusal):
    """The file is a message of the kind ``found``. Send a pain.002 or a camt.054."""

    code = "bank_report_kind_unknown"


class BankReportUnknown(Refusal):
    """There is no such report. Go back to the list."""

    code = "bank_report_unknown"


class ReferenceUnknown(Refusal):
    """No transaction that is due, no slip and no transfer bears this reference. Check it; what was recorded today is
    due tomorrow."""

    code = "reference_unknown"


class TransitionRefused(Refusal):
    """A payout or batch can't go from ``state`` to ``target``."""

    code = "transition_refused"
