"""What the transactions service does unasked: it listens to the others, and looks at the clock."""

from typing import Any

from eventlet import tpool

from services.chassis.events import ReceivedEvent
from services.chassis.files import FileStore
from services.chassis.inbox import on_event
from services.chassis.timers import every
from services.transactions import messages
from services.transactions.handlers import facts, files, forgetting, imports, locking, notices, seasons


class Listening:
    """Event listeners and timers, mixed into the service class."""

    database: Any

    @on_event(messages.StructureUpdated)
    def on_structure_updated(self, event: ReceivedEvent) -> None:
        with self.database.once(event) as uow:
            facts.on_structure_updated(uow, event.time, **event.data)

    @on_event(messages.EstablishmentSaved)
    def on_establishment_saved(self, event: ReceivedEvent) -> None:
        with self.database.once(event) as uow:
            facts.on_establishment_saved(uow, event.time, **event.data)

    @on_event(messages.ConventionActivated)
    def on_convention_activated(self, event: ReceivedEvent) -> None:
        with self.database.once(event) as uow:
            facts.on_convention_activated(uow, event.time, **event.data)

    @on_event(messages.ConventionTerminated)
    def on_convention_terminated(self, event: ReceivedEvent) -> None:
        with self.database.once(event) as uow:
            facts.on_convention_terminated(uow, event.time, **event.data)

    @on_event(messages.ConventionTerminationWithdrawn)
    def on_convention_termination_withdrawn(self, event: ReceivedEvent) -> None:
        with self.database.once(event) as uow:
            facts.on_convention_termination_withdrawn(uow, event.time, **event.data)

    @on_event(messages.PayoutLinesAssigned)
    def on_payout_lines_assigned(self, event: ReceivedEvent) -> None:
        with self.database.once(event) as uow:
            facts.on_payout_lines_assigned(uow, **event.data)

    @on_event(messages.PayoutStateChanged)
    def on_payout_state_changed(self, event: ReceivedEvent) -> None:
        with self.database.once(event) as uow:
            facts.on_payout_state_changed(uow, **event.data)

    @every(seconds=1)
    def lock_days(self) -> None:
        """Transactions of days that are over."""
        locking.lock_days(self.database)

    @every(seconds=0.5)
    def work_on_imports(self) -> None:
        """Files of beneficiaries, some hundred lines per transaction."""
        imports.work(self.database, FileStore())

    @every(seconds=1)
    def send_notices(self) -> None:
        """Mails to families, some each second and no more: a queue at a desk goes first, a mail may come a little
        later. Documents are made in a thread of their own."""
        notices.send(self.database, FileStore(), tpool.execute)

    @every(seconds=3600)
    def forget_families(self) -> None:
        """Families whose last season ended two years ago."""
        with self.database.alone("transactions:forget") as uow:
            forgetting.forget_old(uow)

    @every(seconds=600)
    def forget_files(self) -> None:
        """Files with families' names whose time is over."""
        files.forget_old(self.database, FileStore())

    @every(seconds=10)
    def expire_passes(self) -> None:
        """What is left on passes of closed seasons goes back to the budget."""
        seasons.expire_passes(self.database)
