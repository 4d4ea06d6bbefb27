"""The conventions service on the bus: load, handle, answer."""

from typing import Any

from services.chassis.calls import Calls
from services.chassis.events import ReceivedEvent
from services.chassis.inbox import on_event
from services.chassis.revocations import revoked_by
from services.chassis.rpc import Call, Nothing, rpc
from services.chassis.service import Service
from services.chassis.timers import every
from services.conventions import messages
from services.conventions.handlers import deciding, ending, jobs, preparing, proof, reading, signing, terms, wording
from services.conventions.seal import SealReady

PARTNER = frozenset({"legal_representative", "manager", "accountant", "cashier"})
READERS = frozenset({"legal_representative", "manager"})
SIGNER = frozenset({"legal_representative"})
AGENT = frozenset({"agent", "instructor", "signatory", "preparer", "releaser", "administrator"})
REVIEWERS = frozenset({"instructor", "signatory", "administrator"})
SIGNATORY = frozenset({"signatory"})

_WITHDRAWALS = {
    "session_closed.v1": "session_id",
    "delegation_revoked.v1": "delegation_id",
}


class ConventionsService(Service, revoked_by("identity", _WITHDRAWALS)):  # type: ignore[misc]
    """Conventions: prepared, read, signed, counter-signed, proven."""

    name = "conventions"
    identity = Calls("identity")
    partners = Calls("partners")
    seal = SealReady()

    # ── the partner's side ───────────────────────────────────────────────────────────────────────────
    @rpc(Nothing, demands=PARTNER, idempotent=True)
    def own_convention(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return reading.own_convention(uow)

    @rpc(Nothing, demands=SIGNER, idempotent=True)
    def open_convention(self, call: Call) -> dict[str, Any]:
        return reading.open_convention(self.database, call, self.partners, self.identity)

    @rpc(messages.ConfirmReading, demands=SIGNER, idempotent=True)
    def confirm_reading(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return reading.confirm_reading(uow, **call.arguments)

    @rpc(messages.RequestSigningCode, demands=SIGNER)
    def request_signing_code(self, call: Call) -> dict[str, Any]:
        return signing.request_signing_code(self.database, call, self.identity, **call.arguments)

    @rpc(messages.SignConvention, demands=SIGNER)
    def sign_convention(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return signing.sign_convention(uow, **call.arguments)

    @rpc(messages.OwnDocument, demands=READERS, idempotent=True)
    def own_document(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return reading.own_document(uow, **call.arguments)

    @rpc(Nothing, demands=SIGNER, idempotent=True)
    def own_evidence_pack(self, call: Call) -> dict[str, Any]:
        return proof.own_pack(self.database, call)

    # ── the Caf's side ───────────────────────────────────────────────────────────────────────────────
    @rpc(messages.ListConventions, demands=AGENT, idempotent=True)
    def conventions(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return deciding.conventions(uow, **call.arguments)

    @rpc(Nothing, demands=AGENT, idempotent=True)
    def convention_counts(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return deciding.counts(uow)

    @rpc(messages.ConventionId, demands=REVIEWERS, idempotent=True)
    def convention(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return deciding.convention(uow, **call.arguments)

    @rpc(messages.ConventionId, demands=REVIEWERS, idempotent=True)
    def convention_document(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return proof.document(uow, **call.arguments)

    @rpc(messages.Countersign, demands=SIGNATORY)
    def countersign(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return jobs.start(uow, **call.arguments)

    @rpc(messages.CountersignAll, demands=SIGNATORY)
    def countersign_all(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return jobs.start_all(uow, **call.arguments)

    @rpc(messages.JobId, demands=SIGNATORY, idempotent=True)
    def countersigning(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return jobs.progress(uow, **call.arguments)

    @rpc(Nothing, demands=SIGNATORY, idempotent=True)
    def recent_countersigning(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return jobs.recent(uow)

    @rpc(messages.RefuseConvention, demands=SIGNATORY)
    def refuse_convention(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            deciding.refuse(uow, **call.arguments)
            return deciding.convention(uow, convention_id=call.arguments["convention_id"])

    @rpc(messages.TerminateConvention, demands=SIGNATORY)
    def terminate_convention(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            ending.terminate(uow, **call.arguments)
            return deciding.convention(uow, convention_id=call.arguments["convention_id"])

    @rpc(messages.WithdrawTermination, demands=SIGNATORY)
    def withdraw_termination(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            ending.withdraw_termination(uow, **call.arguments)
            return deciding.convention(uow, convention_id=call.arguments["convention_id"])

    @rpc(messages.ConventionId, demands=SIGNATORY)
    def prepare_again(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return terms.prepare_again(uow, **call.arguments)

    @rpc(messages.ConventionId, demands=REVIEWERS)
    def unblock_signing(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            signing.unblock_signing(uow, **call.arguments)
            return deciding.convention(uow, **call.arguments)

    @rpc(messages.ConventionId, demands=REVIEWERS, idempotent=True)
    def evidence_pack(self, call: Call) -> dict[str, Any]:
        return proof.pack(self.database, call, **call.arguments)

    # ── the text and its versions ────────────────────────────────────────────────────────────────────
    @rpc(Nothing, demands=REVIEWERS, idempotent=True)
    def text_versions(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return wording.versions(uow)

    @rpc(messages.TextDifference, demands=REVIEWERS, idempotent=True)
    def text_difference(self, call: Call) -> dict[str, Any]:
        return wording.difference(**call.arguments)

    @rpc(messages.PreviewText, demands=REVIEWERS, idempotent=True)
    def preview_text(self, call: Call) -> dict[str, Any]:
        return wording.preview(self.database, call, **call.arguments)

    @rpc(messages.ConventionId, demands=SIGNATORY)
    def amend_convention(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return terms.amend(uow, **call.arguments)

    @rpc(Nothing, demands=SIGNATORY)
    def amend_all(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return terms.amend_all(uow)

    # ── what others announce ─────────────────────────────────────────────────────────────────────────
    @on_event(messages.ApplicationSubmitted)
    def on_application_submitted(self, event: ReceivedEvent) -> None:
        with self.database.once(event) as uow:
            preparing.on_application_submitted(uow, **event.data)

    @on_event(messages.ApplicationApproved)
    def on_application_approved(self, event: ReceivedEvent) -> None:
        with self.database.once(event) as uow:
            preparing.on_application_approved(uow, **event.data)

    @on_event(messages.ApplicationRejected)
    def on_application_rejected(self, event: ReceivedEvent) -> None:
        with self.database.once(event) as uow:
            preparing.on_application_rejected(uow, **event.data)

    @on_event(messages.StructureUpdated)
    def on_structure_updated(self, event: ReceivedEvent) -> None:
        with self.database.once(event) as uow:
            preparing.on_structure_updated(uow, announced_at=event.time, **event.data)

    @on_event(messages.SmsStatusChanged)
    def on_sms_status_changed(self, event: ReceivedEvent) -> None:
        with self.database.once(event) as uow:
            signing.on_sms_status_changed(uow, **event.data)

    # ── timers ───────────────────────────────────────────────────────────────────────────────────────
    @every(seconds=1)
    def work_off_countersigning(self) -> None:
        jobs.work(self.database, self.identity)

    @every(seconds=30)
    def follow_terms(self) -> None:
        with self.database.alone("conventions:terms") as uow:
            ending.end_terms(uow)
            terms.prepare_renewals(uow)
