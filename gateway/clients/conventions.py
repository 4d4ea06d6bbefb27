"""Typed client of the conventions service: reading and signing, counter-signing, evidence.

Refusals arrive as `services.chassis.refusals.Refused(code, fields)`; the codes of this service and their French
sentences are in `gateway/refusals/conventions.py`.
"""

from typing import Any

from gateway.clients import conventions_results as results
from gateway.clients.base import ServiceClient

RENDERING_S = 15.0
"""Rendering or sealing a document takes tens of milliseconds alone, seconds behind a big job."""
SENDING_S = 20.0
"""An SMS provider may take its time."""


class SigningClient(ServiceClient):
    """The partner's side; the structure is that of the caller's token."""

    service = "conventions"

    def own_convention(self) -> results.ConventionStanding | None:
        """The newest convention of the structure; None while no application was submitted. For every role of the
        structure."""
        return self._call("own_convention", idempotent=True)["convention"]

    def open_convention(self) -> results.OpenedConvention:
        """What is to be read and signed; renders the document when it is new or the structure's data changed. Legal
        representative only. Refuses `convention_unknown`."""
        return self._call("open_convention", deadline_s=RENDERING_S, idempotent=True)

    def confirm_reading(self, document_sha256: str, how: str, *, ip: str, user_agent: str) -> dict[str, Any]:
        """`how`: "last_page" (the page saw the end reached) or "statement" (the box was ticked). Refuses
        `document_changed`, `transition_refused`."""
        return self._call(
            "confirm_reading", document_sha256=document_sha256, how=how, ip=ip, user_agent=user_agent, idempotent=True
        )

    def request_signing_code(self, document_sha256: str, *, ip: str, user_agent: str) -> results.SigningCodeStanding:
        """Sends six digits by SMS to the caller's own mobile. Refuses `reading_required`, `document_changed`,
        `too_many_codes` {next_send_at}, `signing_blocked` {blocked_until}, `code_not_sent`, `transition_refused`."""
        return self._call(
            "request_signing_code",
            deadline_s=SENDING_S,
            document_sha256=document_sha256,
            ip=ip,
            user_agent=user_agent,
        )

    def sign_convention(self, document_sha256: str, code: str, *, ip: str, user_agent: str) -> results.SignedConvention:
        """Refuses `signing_code_wrong` {tries_left}, `signing_code_expired`, `signing_code_missing`,
        `signing_blocked` {blocked_until}, `document_changed`, `transition_refused`."""
        return self._call("sign_convention", document_sha256=document_sha256, code=code, ip=ip, user_agent=user_agent)

    def own_document(self, *, shown: bool = False) -> results.Document:
        """«Télécharger la convention»: the newest that both have signed, else the one to sign; with `shown` the one
        that `open_convention` shows. Refuses `document_missing`."""
        return self._call("own_document", deadline_s=RENDERING_S, idempotent=True, shown=shown)

    def own_evidence_pack(self) -> results.StoredDocument:
        """The evidence of the caller's structure's signed convention. Refuses `evidence_not_yet`."""
        return self._call("own_evidence_pack", deadline_s=RENDERING_S, idempotent=True)


class CafConventionsClient(ServiceClient):
    """The Caf's side: lists and evidence for every agent, decisions for signatories."""

    service = "conventions"

    def conventions(
        self,
        *,
        state: str | None = None,
        countersignable: bool | None = None,
        words: str | None = None,
        kind: str | None = None,
        age: str | None = None,
        sort: str = "oldest",
        cursor: str | None = None,
        limit: int = 50,
    ) -> results.ConventionList:
        """`sort`: "oldest" (longest waiting first) or "newest". `kind`: "initial", "amendment", "renewal", or None for
        all. `state`: one of the states, or None for all. `words`: name or partner number. `age`: the code of a band."""
        return self._call(
            "conventions",
            idempotent=True,
            state=state,
            countersignable=countersignable,
            words=words,
            kind=kind,
            age=age,
            sort=sort,
            cursor=cursor,
            limit=limit,
        )

    def convention(self, convention_id: str) -> results.CafConvention:
        """Refuses `convention_unknown`."""
        return self._call("convention", idempotent=True, convention_id=convention_id)

    def convention_document(self, convention_id: str) -> results.Document:
        """Refuses `convention_unknown`, `document_missing`."""
        return self._call("convention_document", idempotent=True, convention_id=convention_id)

    def convention_counts(self) -> results.ConventionCounts:
        return self._call("convention_counts", idempotent=True)

    def countersign(self, convention_ids: list[str], *, ip: str, user_agent: str) -> results.CountersignJob:
        """«Contresigner» one or up to 1 000 conventions: answers at once, the work goes on (see
        `countersigning`). One that is signed already stays as it is. Refuses `validation_failed`."""
        return self._call("countersign", convention_ids=convention_ids, ip=ip, user_agent=user_agent)

    def countersign_all(
        self,
        *,
        seen_at: str,
        words: str | None = None,
        kind: str | None = None,
        age: str | None = None,
        ip: str,
        user_agent: str,
    ) -> results.CountersignJob:
        """«Tout contresigner»: everything of a list that is countersignable and was so `seen_at`, the instant of the
        list. Refuses `nothing_to_sign`, `validation_failed`."""
        return self._call(
            "countersign_all", seen_at=seen_at, words=words, kind=kind, age=age, ip=ip, user_agent=user_agent
        )

    def countersigning(self, job_id: str) -> results.CountersignJob:
        """Progress and report. Refuses `job_unknown`."""
        return self._call("countersigning", idempotent=True, job_id=job_id)

    def recent_countersigning(self) -> list[results.CountersignStanding]:
        """The last jobs, newest first."""
        return self._call("recent_countersigning", idempotent=True)["items"]

    def refuse_convention(self, convention_id: str, reason: str) -> results.CafConvention:
        """Refuses `transition_refused`, `convention_unknown`."""
        return self._call("refuse_convention", convention_id=convention_id, reason=reason)

    def terminate_convention(self, convention_id: str, reason: str, effective_on: str) -> results.CafConvention:
        """`effective_on`: from this day (ISO) on, scans are refused; from today to the day after its last one. Refuses
        `transition_refused`, `termination_in_the_past`, `termination_after_term`, `termination_pending`."""
        return self._call("terminate_convention", convention_id=convention_id, reason=reason, effective_on=effective_on)

    def withdraw_termination(self, convention_id: str, reason: str) -> results.CafConvention:
        """Keeps a convention whose termination hasn't taken effect. Refuses `transition_refused`,
        `termination_in_effect`."""
        return self._call("withdraw_termination", convention_id=convention_id, reason=reason)

    def prepare_again(self, convention_id: str) -> dict[str, str]:
        """{"convention_id"} of another convention to sign, after a refusal or an end. Refuses `transition_refused`,
        `not_approved`, `amendment_pending`."""
        return self._call("prepare_again", convention_id=convention_id)

    def unblock_signing(self, convention_id: str) -> results.CafConvention:
        """Lifts the block after too many wrong codes. Refuses `convention_unknown`."""
        return self._call("unblock_signing", convention_id=convention_id)

    def evidence_pack(self, convention_id: str) -> results.StoredDocument:
        """Refuses `convention_unknown`, `evidence_not_yet`."""
        return self._call("evidence_pack", deadline_s=RENDERING_S, idempotent=True, convention_id=convention_id)


class TextsClient(ServiceClient):
    """The versions of the text, and the amendments that bring a newer one to partners."""

    service = "conventions"

    def text_versions(self) -> results.TextVersions:
        return self._call("text_versions", idempotent=True)

    def text_difference(self, before: str, now: str) -> results.TextDifference:
        """Refuses `text_version_unknown`."""
        return self._call("text_difference", idempotent=True, before=before, now=now)

    def preview_text(self, version: str, convention_id: str) -> results.StoredDocument:
        """A version filled with a convention's facts. Refuses `text_version_unknown`, `convention_unknown`,
        `document_missing`."""
        return self._call(
            "preview_text", deadline_s=RENDERING_S, idempotent=True, version=version, convention_id=convention_id
        )

    def amend_convention(self, convention_id: str) -> dict[str, str]:
        """{"convention_id"} of the new one, for the partner to sign. Refuses `not_in_force`, `amendment_pending`,
        `text_up_to_date`, `convention_unknown`."""
        return self._call("amend_convention", convention_id=convention_id)

    def amend_all(self) -> dict[str, int]:
        """{"proposed"}: 500 at most in one go."""
        return self._call("amend_all", deadline_s=RENDERING_S)


class ConventionsClient(SigningClient, CafConventionsClient, TextsClient):
    """All of it, for code that needs several of the parts."""

    service = "conventions"
