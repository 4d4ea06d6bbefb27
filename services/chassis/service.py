"""What every service class has: its database, its list of withdrawn rights, and the calls that operators
make."""

from typing import Any, ClassVar

from services.chassis import deadletters, journal
from services.chassis.database import BoundDatabase, Database
from services.chassis.deadletters import Letter, WhichLetter
from services.chassis.revocations import Revocations
from services.chassis.rpc import ANYONE, Call, Nothing, rpc


class Service:
    """Base of the one nameko class in each ``service.py``."""

    name: ClassVar[str]
    database: Any = Database()
    revocations = Revocations()

    @rpc(Nothing, demands=ANYONE, idempotent=True)
    def ready(self, call: Call) -> dict[str, Any]:
        """Answer if the service and its database can work."""
        database: BoundDatabase = self.database
        database.ready()
        return {"service": self.name, "ready": True}

    @rpc(journal.JournalQuestion, demands={"administrator"}, idempotent=True)
    def audit_entries(self, call: Call) -> dict[str, Any]:
        """One page of this service's journal, newest first."""
        database: BoundDatabase = self.database
        with database.engine.connect() as connection:
            return journal.search(connection, call.arguments)

    @rpc(Nothing, demands={"administrator"}, idempotent=True)
    def dead_letters(self, call: Call) -> dict[str, Any]:
        """What this service could not handle, the oldest failure first; without contents."""
        with deadletters.opened() as dead:
            return {"items": deadletters.told(dead.letters(self.name))}

    @rpc(WhichLetter, demands={"administrator"}, idempotent=True)
    def dead_letter(self, call: Call) -> dict[str, Any]:
        """One of them with its content. Refuses `dead_letter_unknown`."""
        with deadletters.opened() as dead:
            return deadletters.described(dead.find(call.arguments["letter_id"], self.name))

    @rpc(WhichLetter, demands={"administrator"})
    def replay_dead_letter(self, call: Call) -> dict[str, Any]:
        """Send it back to its queue. Refuses `dead_letter_unknown`, `dead_letter_queue_gone`."""
        with deadletters.opened() as dead:
            letter = dead.find(call.arguments["letter_id"], self.name)
            self._audit("dead_letter:replay", call, letter)
            dead.replay(letter)
        return {}

    @rpc(WhichLetter, demands={"administrator"})
    def drop_dead_letter(self, call: Call) -> dict[str, Any]:
        """Take it away for good. Refuses `dead_letter_unknown`."""
        with deadletters.opened() as dead:
            letter = dead.find(call.arguments["letter_id"], self.name)
            self._audit("dead_letter:drop", call, letter)
            dead.drop(letter)
        return {}

    def _audit(self, action: str, call: Call, letter: Letter) -> None:
        """The decision goes into the journal before it is carried out."""
        with self.database.unit_of_work(call) as uow:
            uow.audit(action, letter.id, type=letter.event_type, origin=letter.origin, fault=letter.fault)
