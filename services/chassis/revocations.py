"""Withdrawn rights. An actor token lives about a minute; what it rests on may be withdrawn sooner. Every service keeps
a list of withdrawn ids (any id in a token's scope), fed by events, in its database, and looks at its copy of that list
at each call. The copy is read again twice a second, so that all processes of a service agree within that time.
"""

import logging
import threading
from collections.abc import Mapping
from typing import Any

from marshmallow import fields
from nameko.extensions import DependencyProvider
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from services.chassis.actor import Actor, ActorRevoked
from services.chassis.database import BoundDatabase, UnitOfWork
from services.chassis.events import Reading, ReceivedEvent
from services.chassis.tables import revocations

_REREAD_S = 0.5
_KEPT = text("revoked_at > now() - interval '1 day'")  # a token lives a minute; a day is generous
_log = logging.getLogger(__name__)
_known: dict[str, frozenset[str]] = {}


def refuse_revoked(service: str, actor: Actor) -> None:
    """Raise ActorRevoked if anything in the actor's scope has been withdrawn."""
    withdrawn = _known.get(service)
    if withdrawn and not withdrawn.isdisjoint(actor.scope.values()):
        raise ActorRevoked


def revoke(uow: UnitOfWork, withdrawn_id: str) -> None:
    """Put an id on the service's list; this process knows it at once."""
    uow.session.execute(insert(revocations).values(id=withdrawn_id).on_conflict_do_nothing())
    _known[uow.service] = _known.get(uow.service, frozenset()) | {withdrawn_id}


class Revocations(DependencyProvider):
    """Keeps the process's copy of the list fresh."""

    def setup(self) -> None:
        self._stop = threading.Event()
        self._database = BoundDatabase(self.container.service_name, pool_size=1)

    def start(self) -> None:
        self.container.spawn_managed_thread(self._run, identifier="revocations")

    def stop(self) -> None:
        self._stop.set()

    def kill(self) -> None:
        self._stop.set()

    def get_dependency(self, worker_ctx: Any) -> None:
        return None

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._reread()
            except SQLAlchemyError as fault:
                _log.warning("revocations not read: %s", type(fault).__name__)
            self._stop.wait(_REREAD_S)
        self._database.close()

    def _reread(self) -> None:
        with self._database.engine.connect() as connection:
            found = connection.scalars(select(revocations.c.id).where(_KEPT))
            _known[self.container.service_name] = frozenset(found)


def revoked_by(publisher: str, id_fields: Mapping[str, str]) -> type:
    """A base class for a service that listens to withdrawals announced by ``publisher``.

    ``id_fields``: for each event type, the field that holds the withdrawn id.
    """
    from services.chassis.inbox import on_event

    def listener(field: str) -> Any:
        def withdraw(self: Any, event: ReceivedEvent) -> None:
            with self.database.once(event) as uow:
                revoke(uow, event.data[field])

        return withdraw

    handlers = {}
    for event_type, field in id_fields.items():
        name = "on_" + event_type.partition(".")[0]
        reading = type(
            name.title().replace("_", ""),
            (Reading,),
            {"publisher": publisher, "type": event_type, field: fields.String(required=True)},
        )
        method = listener(field)
        method.__name__ = name
        handlers[name] = on_event(reading)(method)
    return type("RevocationListener", (), handlers)
