"""The partners service on the bus: which method answers whom, which event does what."""

from typing import Any

from services.chassis.calls import Calls
from services.chassis.files import FileStore
from services.chassis.inbox import on_event
from services.chassis.revocations import revoked_by
from services.chassis.rpc import ANYONE, Nothing, rpc
from services.chassis.service import Service
from services.chassis.timers import every
from services.partners import catalogue, messages
from services.partners.domain.application import DRAFT_DAYS
from services.partners.handlers import corrections, documents, drafts, queue, review, structures, submission
from services.partners.life import StructureLife
from services.partners.messages import arguments

INSTRUCTOR = frozenset({"instructor"})
ADMINISTER = frozenset({"legal_representative", "manager"})
REPRESENTATIVE = frozenset({"legal_representative"})

_WITHDRAWALS = {
    "session_closed.v1": "session_id",
    "delegation_revoked.v1": "delegation_id",
}


class PartnersService(StructureLife, Service, revoked_by("identity", _WITHDRAWALS)):  # type: ignore[misc]
    """Applications and their review, structures, the public list."""

    name = "partners"
    identity = Calls("identity")

    # The form of a visitor: the capability in the argument is the key, hence anyone may call.

    @rpc(Nothing, demands=ANYONE, idempotent=True)
    def catalogue(self, call: Any) -> Any:
        return {**catalogue.shown(), "draft_days": DRAFT_DAYS}

    @rpc(Nothing, demands=ANYONE)
    def start_application(self, call: Any) -> Any:
        with self.database.unit_of_work(call) as uow:
            return drafts.start_application(uow)

    @rpc(arguments.ReadDraft, demands=ANYONE, idempotent=True)
    def draft(self, call: Any) -> Any:
        return drafts.draft(self.database, call, self.identity)

    @rpc(arguments.SaveStep, demands=ANYONE)
    def save_step(self, call: Any) -> Any:
        return drafts.save_step(self.database, call, self.identity)

    @rpc(arguments.CheckAnswers, demands=ANYONE, idempotent=True)
    def check_answers(self, call: Any) -> Any:
        given = call.arguments
        return drafts.check_answers(given["step"], given["structure_type"], given["answers"])

    @rpc(arguments.AddDocument, demands=ANYONE)
    def add_document(self, call: Any) -> Any:
        return documents.add_document(self.database, call, FileStore())

    @rpc(arguments.OfDraftDocument, demands=ANYONE)
    def remove_document(self, call: Any) -> Any:
        with self.database.unit_of_work(call) as uow:
            return documents.remove_document(uow, **call.arguments)

    @rpc(arguments.OfDraftDocument, demands=ANYONE, idempotent=True)
    def draft_document(self, call: Any) -> Any:
        with self.database.unit_of_work(call) as uow:
            return documents.draft_document(uow, **call.arguments)

    @rpc(arguments.MailDraftLink, demands=ANYONE)
    def mail_draft_link(self, call: Any) -> Any:
        with self.database.unit_of_work(call) as uow:
            return drafts.mail_draft_link(uow, **call.arguments)

    @rpc(arguments.SubmitApplication, demands=ANYONE, idempotent=True)
    def submit_application(self, call: Any) -> Any:
        return submission.submit_application(self.database, call, self.identity)

    # The partner's own application.

    @rpc(arguments.ReadOwnApplication, demands=ADMINISTER, idempotent=True)
    def own_application(self, call: Any) -> Any:
        with self.database.unit_of_work(call) as uow:
            return corrections.own_application(uow)

    @rpc(arguments.CorrectFields, demands=ADMINISTER)
    def correct_fields(self, call: Any) -> Any:
        return corrections.correct_fields(self.database, call, self.identity)

    @rpc(arguments.FileGiven, demands=ADMINISTER)
    def add_correction_document(self, call: Any) -> Any:
        return corrections.add_correction_document(self.database, call, FileStore())

    @rpc(arguments.OfDocument, demands=ADMINISTER)
    def remove_correction_document(self, call: Any) -> Any:
        with self.database.unit_of_work(call) as uow:
            return corrections.remove_correction_document(uow, **call.arguments)

    @rpc(arguments.OfDocument, demands=ADMINISTER, idempotent=True)
    def own_document(self, call: Any) -> Any:
        with self.database.unit_of_work(call) as uow:
            return corrections.own_document(uow, **call.arguments)

    @rpc(arguments.ResubmitApplication, demands=ADMINISTER)
    def resubmit_application(self, call: Any) -> Any:
        return corrections.resubmit_application(self.database, call, self.identity)

    # «Demandes à instruire».

    @rpc(arguments.ListApplications, demands=INSTRUCTOR, idempotent=True)
    def applications(self, call: Any) -> Any:
        with self.database.unit_of_work(call) as uow:
            return queue.applications(uow, **call.arguments)

    @rpc(Nothing, demands=INSTRUCTOR, idempotent=True)
    def application_counts(self, call: Any) -> Any:
        with self.database.unit_of_work(call) as uow:
            return queue.application_counts(uow)

    @rpc(arguments.OfApplication, demands=INSTRUCTOR, idempotent=True)
    def application(self, call: Any) -> Any:
        return queue.application(self.database, call, self.identity)

    @rpc(arguments.OfApplication, demands=INSTRUCTOR, idempotent=True)
    def take_application(self, call: Any) -> Any:
        with self.database.unit_of_work(call) as uow:
            return review.take_application(uow, **call.arguments)

    @rpc(arguments.OfApplication, demands=INSTRUCTOR, idempotent=True)
    def release_application(self, call: Any) -> Any:
        with self.database.unit_of_work(call) as uow:
            return review.release_application(uow, **call.arguments)

    @rpc(arguments.RecordVerdict, demands=INSTRUCTOR)
    def record_verdict(self, call: Any) -> Any:
        with self.database.unit_of_work(call) as uow:
            return review.record_verdict(uow, **call.arguments)

    @rpc(arguments.AddNote, demands=INSTRUCTOR)
    def add_note(self, call: Any) -> Any:
        with self.database.unit_of_work(call) as uow:
            return review.add_note(uow, **call.arguments)

    @rpc(arguments.RequestCorrection, demands=INSTRUCTOR)
    def request_correction(self, call: Any) -> Any:
        with self.database.unit_of_work(call) as uow:
            return review.request_correction(uow, **call.arguments)

    @rpc(arguments.OfApplication, demands=INSTRUCTOR)
    def approve_application(self, call: Any) -> Any:
        with self.database.unit_of_work(call) as uow:
            return review.approve_application(uow, **call.arguments)

    @rpc(arguments.RejectApplication, demands=INSTRUCTOR)
    def reject_application(self, call: Any) -> Any:
        with self.database.unit_of_work(call) as uow:
            return review.reject_application(uow, **call.arguments)

    @rpc(arguments.ApplicationDocument, demands=INSTRUCTOR, idempotent=True)
    def application_document(self, call: Any) -> Any:
        given = call.arguments
        with self.database.unit_of_work(call) as uow:
            found = review.open_application(uow, given["application_id"])
            return documents.stored_for_agent(uow, found, given["document_id"])

    # Structures and the public list.

    @rpc(Nothing, demands=REPRESENTATIVE, idempotent=True)
    def structure_for_convention(self, call: Any) -> Any:
        with self.database.unit_of_work(call) as uow:
            return structures.structure_for_convention(uow)

    @rpc(arguments.OfStructures, demands=ANYONE, idempotent=True)
    def structures(self, call: Any) -> Any:
        with self.database.unit_of_work(call) as uow:
            return structures.structures(uow, **call.arguments)

    @rpc(arguments.Named, demands={"administrator"}, idempotent=True)
    def structures_named(self, call: Any) -> Any:
        """Find a structure by its number or name, for the journal."""
        with self.database.unit_of_work(call) as uow:
            return structures.named(uow, **call.arguments)

    @on_event(messages.ConventionActivated)
    def on_convention_activated(self, event: Any) -> None:
        with self.database.once(event) as uow:
            structures.on_convention_activated(uow, event.time, **event.data)
            documents.on_convention_activated(uow, event.data["structure_id"])

    @on_event(messages.ConventionTerminated)
    def on_convention_terminated(self, event: Any) -> None:
        with self.database.once(event) as uow:
            structures.on_convention_terminated(uow, event.time, **event.data)

    @on_event(messages.ConventionTerminationWithdrawn)
    def on_convention_termination_withdrawn(self, event: Any) -> None:
        with self.database.once(event) as uow:
            structures.on_convention_termination_withdrawn(uow, event.time, **event.data)

    @every(seconds=600)
    def drop_expired_drafts(self) -> None:
        with self.database.alone("partners-drafts") as uow:
            drafts.drop_expired_drafts(uow)
            documents.remove_of_rejected(uow)

    @every(seconds=10)
    def purge_contents(self) -> None:
        documents.purge_contents(self.database, FileStore())
