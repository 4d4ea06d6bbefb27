"""What every service class has: its database, its list of withdrawn rights, and the calls that operators
make."""

from typing import Any, ClassVar

from services.chassis import journal
from services.chassis.database import BoundDatabase, Database
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
