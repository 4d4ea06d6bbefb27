"""Every way in which this service says no. Each docstring says what the caller may do about it."""

from typing import Any


class Refusal(Exception):
    """Base of this service's refusals; ``fields`` are the facts that go with it."""

    code: str = "refused"

    def __init__(self, **fields: Any):
        super().__init__(fields)
        self.fields = fields


class ConventionUnknown(Refusal):
    """No such convention, or it belongs to somebody else. Start again from the list."""

    code = "convention_unknown"


class TransitionRefused(Refusal):
    """The convention's ``state`` doesn't allow this ``act``. Load it again and look."""

    code = "transition_refused"


class DocumentChanged(Refusal):
    """What was read is no longer what would be signed. Read the document again."""

    code = "document_changed"


class DocumentMissing(Refusal):
    """Nothing has been rendered yet: the representative hasn't opened the convention."""

    code = "document_missing"


class DocumentDamaged(Refusal):
    """The stored document isn't there or isn't what was signed. Mend the store, then try again."""

    code = "document_damaged"


class ReadingRequired(Refusal):
    """The document was neither read to its last page nor declared read. Do that first."""

    code = "reading_required"


class TooManyCodes(Refusal):
    """Three codes were sent within an hour. Ask again at ``next_send_at``."""

    code = "too_many_codes"


class SigningBlocked(Refusal):
    """Too many wrong codes. Wait until ``blocked_until`` or have the Caf lift the block."""

    code = "signing_blocked"


class SigningCodeWrong(Refusal):
    """Not the code that was sent last; ``tries_left`` remain over all codes. Type it again."""

    code = "signing_code_wrong"


class SigningCodeExpired(Refusal):
    """The code is older than ten minutes. Ask for another."""

    code = "signing_code_expired"


class SigningCodeMissing(Refusal):
    """No code is waiting to be typed. Ask for one."""

    code = "signing_code_missing"


class CodeNotSent(Refusal):
    """The SMS provider took nothing. Ask again in a few minutes."""

    code = "code_not_sent"


class NotApproved(Refusal):
    """The application behind the convention isn't approved. Review it first."""

    code = "not_approved"


class AlreadyCountersigned(Refusal):
    """The convention is in force already; nothing was done. There is nothing to repeat."""

    code = "already_countersigned"


class NothingToSign(Refusal):
    """No convention waits for the Caf's signature."""

    code = "nothing_to_sign"


class JobUnknown(Refusal):
    """No such counter-signing job."""

    code = "job_unknown"


class TerminationInThePast(Refusal):
    """A termination takes effect today at the earliest. Choose another day."""

    code = "termination_in_the_past"


class TerminationAfterTerm(Refusal):
    """The convention ends by itself on ``ends_on``. Choose the day after at the latest, or end the one that follows."""

    code = "termination_after_term"


class TerminationPending(Refusal):
    """The end of the structure's conventions is decided for ``effective_on`` already. Withdraw that first."""

    code = "termination_pending"


class TerminationInEffect(Refusal):
    """The day of the termination has come: it can't be withdrawn any more. Prepare another convention."""

    code = "termination_in_effect"


class EvidenceNotYet(Refusal):
    """Nothing is proven before the partner has signed."""

    code = "evidence_not_yet"


class SealUnavailable(Refusal):
    """The seal's certificate or key, or the timestamp authority, can't be used. Try again later."""

    code = "seal_unavailable"


class TextVersionUnknown(Refusal):
    """No text of that version. Choose one of the list."""

    code = "text_version_unknown"


class NotInForce(Refusal):
    """Only a convention in force can be amended or renewed."""

    code = "not_in_force"


class AmendmentPending(Refusal):
    """A newer version waits for signatures already. Finish or refuse that one first."""

    code = "amendment_pending"


class TextUpToDate(Refusal):
    """The convention has the newest text already; there is nothing to propose."""

    code = "text_up_to_date"
