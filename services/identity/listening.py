"""What the identity service does unasked: it listens to the others, and looks at the clock."""

from typing import Any

from services.chassis.events import ReceivedEvent
from services.chassis.inbox import on_event
from services.chassis.timers import every
from services.identity.handlers import announcements, conventions, delegates, people, privacy, registrations, reminders
from services.identity.messages import read


class Listening:
    """Event listeners and timers, mixed into the service class."""

    database: Any

    @on_event(read.ApplicationSubmitted)
    def on_application_submitted(self, event: ReceivedEvent) -> None:
        provisional = people.Provisional()
        with self.database.once(event) as uow:
            registrations.on_application_submitted(uow, provisional, **event.data)

    @on_event(read.StructureUpdated)
    def on_structure_updated(self, event: ReceivedEvent) -> None:
        with self.database.once(event) as uow:
            announcements.on_structure_updated(uow, event.time, **event.data)

    @on_event(read.EstablishmentSaved)
    def on_establishment_saved(self, event: ReceivedEvent) -> None:
        with self.database.once(event) as uow:
            announcements.on_establishment_saved(uow, event.time, **event.data)

    @on_event(read.ApplicationCorrectionRequested)
    def on_application_correction_requested(self, event: ReceivedEvent) -> None:
        with self.database.once(event) as uow:
            announcements.on_application_correction_requested(uow, **event.data)

    @on_event(read.ApplicationResubmitted)
    def on_application_resubmitted(self, event: ReceivedEvent) -> None:
        with self.database.once(event) as uow:
            announcements.on_application_resubmitted(uow, **event.data)

    @on_event(read.ApplicationApproved)
    def on_application_approved(self, event: ReceivedEvent) -> None:
        with self.database.once(event) as uow:
            announcements.on_application_approved(uow, **event.data)

    @on_event(read.ApplicationRejected)
    def on_application_rejected(self, event: ReceivedEvent) -> None:
        with self.database.once(event) as uow:
            announcements.on_application_rejected(uow, **event.data)

    @on_event(read.ConventionPrepared)
    def on_convention_prepared(self, event: ReceivedEvent) -> None:
        with self.database.once(event) as uow:
            conventions.on_convention_prepared(uow, **event.data)

    @on_event(read.ConventionSigned)
    def on_convention_signed(self, event: ReceivedEvent) -> None:
        with self.database.once(event) as uow:
            conventions.on_convention_signed(uow, **event.data)

    @on_event(read.ConventionCountersignable)
    def on_convention_countersignable(self, event: ReceivedEvent) -> None:
        with self.database.once(event) as uow:
            conventions.on_convention_countersignable(uow, **event.data)

    @on_event(read.ConventionActivated)
    def on_convention_activated(self, event: ReceivedEvent) -> None:
        with self.database.once(event) as uow:
            conventions.on_convention_activated(uow, **event.data)

    @on_event(read.ConventionRefused)
    def on_convention_refused(self, event: ReceivedEvent) -> None:
        with self.database.once(event) as uow:
            conventions.on_convention_refused(uow, **event.data)

    @on_event(read.ConventionReplaced)
    def on_convention_replaced(self, event: ReceivedEvent) -> None:
        with self.database.once(event) as uow:
            conventions.on_convention_replaced(uow, **event.data)

    @on_event(read.ConventionTerminated)
    def on_convention_terminated(self, event: ReceivedEvent) -> None:
        with self.database.once(event) as uow:
            conventions.on_convention_terminated(uow, **event.data)

    @on_event(read.ConventionTerminationWithdrawn)
    def on_convention_termination_withdrawn(self, event: ReceivedEvent) -> None:
        with self.database.once(event) as uow:
            conventions.on_convention_termination_withdrawn(uow, **event.data)

    @on_event(read.BankAccountSubmitted)
    def on_bank_account_submitted(self, event: ReceivedEvent) -> None:
        with self.database.once(event) as uow:
            announcements.on_bank_account_submitted(uow, **event.data)

    @on_event(read.BankAccountVerified)
    def on_bank_account_verified(self, event: ReceivedEvent) -> None:
        with self.database.once(event) as uow:
            announcements.on_bank_account_verified(uow, **event.data)

    @on_event(read.BankAccountRejected)
    def on_bank_account_rejected(self, event: ReceivedEvent) -> None:
        with self.database.once(event) as uow:
            announcements.on_bank_account_rejected(uow, **event.data)

    @on_event(read.AssistanceMessagePosted)
    def on_assistance_message_posted(self, event: ReceivedEvent) -> None:
        with self.database.once(event) as uow:
            announcements.on_assistance_message_posted(uow, **event.data)

    @on_event(read.PayoutHeld)
    def on_payout_held(self, event: ReceivedEvent) -> None:
        with self.database.once(event) as uow:
            announcements.on_payout_held(uow, **event.data)

    @on_event(read.PayoutStateChanged)
    def on_payout_state_changed(self, event: ReceivedEvent) -> None:
        with self.database.once(event) as uow:
            announcements.on_payout_state_changed(uow, **event.data)

    @on_event(read.ContestationOpened)
    def on_contestation_opened(self, event: ReceivedEvent) -> None:
        with self.database.once(event) as uow:
            announcements.on_contestation_opened(uow, **event.data)

    @on_event(read.ContestationDecided)
    def on_contestation_decided(self, event: ReceivedEvent) -> None:
        with self.database.once(event) as uow:
            announcements.on_contestation_decided(uow, **event.data)

    @every(seconds=10)
    def end_expired_delegations(self) -> None:
        with self.database.alone("identity:end-expired-delegations") as uow:
            delegates.end_expired(uow)

    @every(seconds=10)
    def send_reminders(self) -> None:
        with self.database.alone("identity:reminders") as uow:
            reminders.send_due(uow)

    @every(seconds=3600)
    def purge(self) -> None:
        with self.database.alone("identity:purge") as uow:
            privacy.purge(uow)
