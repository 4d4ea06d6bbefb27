"""Typed client of the partners service: applications, their review, structures and the public list.

Refusals arrive as `services.chassis.refusals.Refused(code, fields)`; the codes of this service and their French
sentences are in `gateway/refusals/partners.py`.
"""

from typing import Any

from gateway.clients import partners_results as results
from gateway.clients.base import ServiceClient

CHECKING_A_FILE_S = 30.0
"""Reading, re-encoding and scanning one file of 10 MB may take seconds."""


class DraftClient(ServiceClient):
    """The seven-step form of a visitor. `draft_token` is the capability that a cookie or a mailed link holds; a
    token that is wrong, expired or whose application has been submitted is refused as `draft_unknown`."""

    service = "partners"

    def catalogue(self) -> results.Catalogue:
        """Structure types with their documents, activities, communes."""
        return self._call("catalogue", idempotent=True)

    def start_application(self) -> results.StartedDraft:
        return self._call("start_application")

    def draft(self, draft_token: str, *, with_representative: bool = False) -> results.Draft:
        return self._call("draft", idempotent=True, draft_token=draft_token, with_representative=with_representative)

    def save_step(self, draft_token: str, step: int, step_version: int, answers: dict[str, Any]) -> results.SavedStep:
        """`step`: 2 to 6. Refuses `validation_failed`, and `stale_version` {step_version} when the step was saved
        elsewhere since the page was shown."""
        return self._call("save_step", draft_token=draft_token, step=step, step_version=step_version, answers=answers)

    def check_answers(self, step: int, structure_type: str | None, answers: dict[str, Any]) -> dict[str, Any]:
        """Check as typed, saves nothing: {"errors": {field: [messages]}, "found": {"bank_name": …}} for the fields
        given."""
        return self._call("check_answers", idempotent=True, step=step, structure_type=structure_type, answers=answers)

    def add_document(self, draft_token: str, kind: str, incoming_id: str, filename: str) -> results.Document:
        """Keeps an uploaded file. Refuses `file_type_refused`, `file_too_large`, `file_broken`, `file_infected`,
        `document_kind_unknown`, `too_many_files` {max_files}."""
        return self._call(
            "add_document",
            deadline_s=CHECKING_A_FILE_S,
            draft_token=draft_token,
            kind=kind,
            incoming_id=incoming_id,
            filename=filename,
        )

    def remove_document(self, draft_token: str, document_id: str) -> dict[str, Any]:
        return self._call("remove_document", draft_token=draft_token, document_id=document_id)

    def draft_document(self, draft_token: str, document_id: str) -> results.StoredDocument:
        return self._call("draft_document", idempotent=True, draft_token=draft_token, document_id=document_id)

    def mail_draft_link(self, draft_token: str, email: str) -> dict[str, Any]:
        """Mails the link to go on later. Refuses `validation_failed`, `too_many_links`."""
        return self._call("mail_draft_link", draft_token=draft_token, email=email)

    def submit_application(self, draft_token: str, version: int, consent: bool) -> results.Submitted:
        """«CONTINUER». Repeating it answers the same. Refuses `application_incomplete` {missing}, `stale_version`,
        `consent_missing`, `email_already_used` {which: "structure"|"person"}, `emails_must_differ`."""
        return self._call(
            "submit_application", deadline_s=10.0, draft_token=draft_token, version=version, consent=consent
        )


class OwnApplicationClient(ServiceClient):
    """The partner's side of the review: the caller's own structure, taken from the actor token."""

    service = "partners"

    def own_application(self, *, with_representative: bool = False) -> results.OwnApplication | None:
        """None when the structure has no application."""
        return self._call("own_application", idempotent=True, with_representative=with_representative)["application"]

    def correct_fields(self, group: str, version: int, answers: dict[str, Any]) -> dict[str, int]:
        """{"version"}. Refuses `item_locked`, `validation_failed`, `stale_version`."""
        return self._call("correct_fields", group=group, version=version, answers=answers)

    def add_correction_document(
        self, kind: str, incoming_id: str, filename: str, dated_on: str | None = None
    ) -> results.Document:
        """Refuses `item_locked` and what `add_document` refuses."""
        return self._call(
            "add_correction_document",
            deadline_s=CHECKING_A_FILE_S,
            kind=kind,
            incoming_id=incoming_id,
            filename=filename,
            dated_on=dated_on,
        )

    def remove_correction_document(self, document_id: str) -> dict[str, Any]:
        return self._call("remove_correction_document", document_id=document_id)

    def own_document(self, document_id: str) -> results.StoredDocument:
        return self._call("own_document", idempotent=True, document_id=document_id)

    def resubmit_application(self, version: int) -> dict[str, Any]:
        """Refuses `corrections_incomplete` {missing}, `stale_version`, `transition_refused`."""
        return self._call("resubmit_application", version=version)


class ReviewClient(ServiceClient):
    """«Demandes à instruire», for instructors."""

    service = "partners"

    def applications(
        self,
        *,
        state: str | None = None,
        assigned_to: str | None = None,
        structure_type: str | None = None,
        words: str | None = None,
        age: str | None = None,
        sort: str = "oldest",
        cursor: str | None = None,
    ) -> results.Queue:
        """`state`: a state, "all" or "corrected" (the partner's corrections have come). `assigned_to`: an account id,
        "me", "nobody" or "me_or_nobody". `age`: the code of a band. `sort`: "oldest", "newest" or "name"."""
        return self._call(
            "applications",
            idempotent=True,
            state=state,
            assigned_to=assigned_to,
            structure_type=structure_type,
            words=words,
            age=age,
            sort=sort,
            cursor=cursor,
        )

    def application_counts(self) -> results.ApplicationCounts:
        """For the back office's home."""
        return self._call("application_counts", idempotent=True)

    def application(self, application_id: str) -> results.ReviewedApplication:
        """Refuses `application_unknown`."""
        return self._call("application", idempotent=True, application_id=application_id)

    def take_application(self, application_id: str) -> dict[str, Any]:
        """Puts the application in the caller's hands. Refuses `transition_refused`."""
        return self._call("take_application", application_id=application_id)

    def release_application(self, application_id: str) -> dict[str, Any]:
        """Gives it back to the queue; its verdicts stay. Refuses `transition_refused`."""
        return self._call("release_application", application_id=application_id)

    def record_verdict(
        self, application_id: str, item: str, accepted: bool, round_: int, reason: str = ""
    ) -> dict[str, Any]:
        """A refusal needs a reason. `round_` is the round that the agent is looking at. Refuses `reason_missing`,
        `item_unknown`, `stale_round`, `transition_refused`."""
        return self._call(
            "record_verdict",
            application_id=application_id,
            item=item,
            accepted=accepted,
            round=round_,
            reason=reason,
        )

    def add_note(self, application_id: str, text: str) -> dict[str, Any]:
        return self._call("add_note", application_id=application_id, text=text)

    def request_correction(self, application_id: str, message: str = "") -> dict[str, Any]:
        """Refuses `nothing_refused`, `verdicts_missing` {missing}, `transition_refused`."""
        return self._call("request_correction", application_id=application_id, message=message)

    def approve_application(self, application_id: str) -> dict[str, Any]:
        """{"partner_number"}. Refuses `verdicts_missing` {missing}, `items_refused` {refused},
        `transition_refused` {state}."""
        return self._call("approve_application", application_id=application_id)

    def reject_application(self, application_id: str, reason: str) -> dict[str, Any]:
        return self._call("reject_application", application_id=application_id, reason=reason)

    def application_document(self, application_id: str, document_id: str) -> results.StoredDocument:
        """An identity document comes watermarked. Each look is written in the journal."""
        return self._call("application_document", application_id=application_id, document_id=document_id)


class StructuresClient(ServiceClient):
    """Public facts of structures, for other pages. The public list is `partners_life.DirectoryClient`."""

    service = "partners"

    def structure_for_convention(self) -> results.StructureForConvention:
        """The caller's structure. Refuses `structure_unknown`."""
        return self._call("structure_for_convention", idempotent=True)

    def structures(self, structure_ids: list[str]) -> dict[str, dict[str, Any]]:
        """{structure_id: {name, partner_number, commune_name, active}}; unknown ones are left out."""
        return self._call("structures", idempotent=True, structure_ids=structure_ids)

    def structures_named(self, words: str) -> list[dict[str, Any]]:
        """At most ten structures by partner number or part of the name: {structure_id, name, partner_number}."""
        return self._call("structures_named", idempotent=True, words=words)["items"]


class PartnersClient(DraftClient, OwnApplicationClient, ReviewClient, StructuresClient):
    """All of it, for code that needs several of the parts."""

    service = "partners"
