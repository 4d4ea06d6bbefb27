"""One SQLAlchemy session per call, one transaction per use case.

`UnitOfWork` gathers what belongs to one transaction: the rows, the events to announce, the journal's entries,
the mails to send. It commits when the block ends well and rolls back when an exception leaves it; a refusal
that must leave a trace (a wrong code was tried) is raised through `UnitOfWork.keep`, which commits first.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from functools import cached_property
from typing import Any, Protocol, TypeVar

from nameko.extensions import DependencyProvider
from sqlalchemy import Connection, Engine, MetaData, create_engine, event, exc, insert, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import DeclarativeBase, Session

from services.chassis import clock, faults, outbox, reach, roundtrips, serializer
from services.chassis.actor import Actor, anonymous
from services.chassis.config import settings
from services.chassis.events import Event, ReceivedEvent
from services.chassis.ids import new_id
from services.chassis.tables import NAMING, audit, inbox

_PING_AFTER_IDLE_S = 2.0
DATABASE_AWAY = (exc.OperationalError, exc.InterfaceError, exc.TimeoutError)
"""What work on a database that is away, or just back, ends in: try again later."""

FaultT = TypeVar("FaultT", bound=BaseException)


def declarative_base() -> type[DeclarativeBase]:
    """A fresh declarative base whose constraints have predictable names."""

    class Base(DeclarativeBase):
        metadata = MetaData(naming_convention=NAMING)

    return Base


class Context(Protocol):
    """What a unit of work needs to know of the call that it serves (an rpc `Call` has it)."""

    @property
    def actor(self) -> Actor: ...
    @property
    def trace_id(self) -> str: ...


class AlreadyHandled(Exception):
    """The event has been handled by an earlier delivery. Nothing is to be done: acknowledge it."""


class Busy(Exception):
    """Another process holds the lock of this work. Nothing is to be done: the next tick looks again."""


class UnitOfWork:
    """One transaction of one service.

    ``connection``: for set-based SQL. ``session``: the SQLAlchemy session on it, made when somebody asks for it (a
    short call that needs none is spared its cost). ``now``: the instant at which the work began, the same all through.
    ``actor``: who asked. ``trace_id``: joins logs, events and journal of one request.
    """

    def __init__(self, engine: Engine, service: str, actor: Actor, trace_id: str):
        self._engine = engine
        self.service = service
        self.actor = actor
        self.trace_id = trace_id
        self.now: datetime = clock.now()
        self._events: list[dict[str, Any]] = []
        self._journal: list[dict[str, Any]] = []
        self._kept: BaseException | None = None
        self._handed_over = False
        self._last: tuple[str, Any] | None = None

    @property
    def today(self) -> date:
        """The business day, in Europe/Paris, at which the work began."""
        return clock.paris(self.now).date()

    @cached_property
    def connection(self) -> Connection:
        """The transaction's connection, borrowed at the first question."""
        return reach.connect(self._engine, self.actor.scope)

    @cached_property
    def session(self) -> Session:
        """The session of this transaction."""
        return Session(self.connection, expire_on_commit=False, join_transaction_mode="control_fully")

    def publish(self, event_type: type[Event], /, **data: Any) -> str:
        """Announce an event with this transaction; returns the event's id. Raises EventInvalid."""
        headers = {"trace_id": self.trace_id}
        row = outbox.event_row(event_type, self.service, self.now, data, headers)
        self._events.append(row)
        return str(row["event_id"])

    def audit(self, action: str, subject: str, **details: Any) -> None:
        """Write in the journal: ``action`` as ``subject:verb``, the id of what was acted on, facts without
        personal data."""
        self._journal.append(
            {
                "id": new_id(),
                "at": self.now,
                "action": action,
                "subject": str(subject),
                "actor": self.actor.label,
                "roles": ",".join(sorted(self.actor.roles)),
                "scope": dict(self.actor.scope),
                "details": serializer.loads(serializer.dumps(details)),
                "trace_id": self.trace_id,
            }
        )

    def mail(
        self,
        *,
        to: str,
        template: str,
        context: Mapping[str, Any],
        attachments: Any = (),
        reference: str | None = None,
    ) -> None:
        """Store a mail to be sent, once, after the commit; the template lives in the service's ``mails/``."""
        from services.chassis import mail

        mail.store(self, to=to, template=template, context=context, attachments=attachments, reference=reference)

    def keep(self, refusal: FaultT) -> FaultT:
        """Mark what was done so far to be committed although ``refusal`` is about to be raised:
        ``raise uow.keep(WrongCode())``."""
        self._kept = refusal
        return refusal

    def keeps(self, fault: BaseException) -> bool:
        """Whether the fault leaving the block is the one that was announced to `keep`."""
        return fault is self._kept

    def hand_over(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The rows of outbox and journal so far, for a caller that writes them with a statement of its own (a hot
        path saves two round trips)."""
        events, journal = self._events, self._journal
        self._events, self._journal = [], []
        self._handed_over = self._handed_over or bool(events)
        return events, journal

    def conclude(self, statement: str, parameters: Any) -> None:
        """Send this driver-level statement, whose answer nobody needs, as the transaction's last, in one message with
        its COMMIT (a hot path saves a round trip). It runs when the block ends well, after everything else."""
        self._last = (statement, parameters)

    def finish(self) -> bool:
        """Flush and write events and journal; returns whether there are events to send."""
        if self._has("session"):
            self.session.flush()
        if self._journal:
            self.connection.execute(insert(audit), self._journal)
        if self._events:
            outbox.store(self.connection, self._events)
        return self._handed_over or bool(self._events)

    def commit(self) -> None:
        """Commit what was asked of the database, if anything."""
        if self._last is not None:
            roundtrips.conclude(self.connection, *self._last)
        if self._has("session"):
            self.session.commit()
        if self._has("connection"):
            self.connection.commit()  # for a session that was made and not used

    def close(self) -> None:
        """Give the connection back; what was not committed is undone."""
        if self._has("session"):
            self.session.close()
        if self._has("connection"):
            self.connection.close()

    def _has(self, name: str) -> bool:
        return name in self.__dict__


def make_engine(url: str, *, pool_size: int = 20, application_name: str = "", **options: Any) -> Engine:
    """An engine that notices dead connections: one that lay idle for two seconds is tried before use."""
    engine = create_engine(
        url,
        **{"isolation_level": "READ COMMITTED"} | options,
        pool_size=pool_size,
        max_overflow=10,
        pool_timeout=2,
        pool_use_lifo=True,
        connect_args={
            "connection_factory": roundtrips.BorderlessConnection,
            "connect_timeout": 2,
            "application_name": application_name,
            "options": reach.CONNECT_OPTIONS,
        },
        json_serializer=serializer.dumps,
        json_deserializer=serializer.loads,
        hide_parameters=True,  # faults are logged; values of rows are not
    )
    event.listen(engine, "checkout", _ping_if_idle)
    event.listen(engine, "checkin", _remember_use)
    reach.watch(engine)
    roundtrips.watch(engine)
    return engine


def _remember_use(_: Any, record: Any) -> None:
    record.info["used_at"] = time.monotonic()


def _ping_if_idle(dbapi_connection: Any, record: Any, _: Any) -> None:
    used_at = record.info.get("used_at")
    if used_at is None or time.monotonic() - used_at < _PING_AFTER_IDLE_S:
        return
    try:
        with dbapi_connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        dbapi_connection.rollback()
    except Exception as fault:
        raise exc.DisconnectionError from fault


class BoundDatabase:
    """A service's database in one process: hands out units of work."""

    def __init__(self, service: str, url: str | None = None, *, pool_size: int = 20):
        self.service = service
        self._url = url
        self._pool_size = pool_size

    @cached_property
    def engine(self) -> Engine:
        return self._make_engine()

    @cached_property
    def _autocommitting(self) -> Engine:
        """Each statement is a transaction of its own. Its connections are never anything else: to change one for a
        question and back again would cost a round trip."""
        return self._make_engine(isolation_level="AUTOCOMMIT")

    def _make_engine(self, **options: Any) -> Engine:
        url = self._url or settings().database_url(self.service)
        return make_engine(url, pool_size=self._pool_size, application_name=f"psl-{self.service}", **options)

    @cached_property
    def _nudge(self) -> outbox.Nudge:
        return outbox.Nudge(self.engine)

    @contextmanager
    def unit_of_work(self, call: Context | None = None) -> Iterator[UnitOfWork]:
        """One transaction for ``call`` (or for the service itself, in timers)."""
        uow = self._unit(self.engine, call)
        try:
            yield uow
            self._commit(uow)
        except BaseException as fault:
            if uow.keeps(fault):
                self._commit(uow)
            raise
        finally:
            uow.close()

    def _unit(self, engine: Engine, call: Context | None) -> UnitOfWork:
        actor = call.actor if call else anonymous(f"service:{self.service}")
        return UnitOfWork(engine, self.service, actor, call.trace_id if call else new_id())

    @contextmanager
    def glance(self, call: Context) -> Iterator[UnitOfWork]:
        """A unit of work for one question that changes nothing: no transaction around it, one round trip instead of
        three. It reaches no further than the caller's scope."""
        uow = self._unit(self._autocommitting, call)
        try:
            yield uow
        finally:
            uow.close()

    def _commit(self, uow: UnitOfWork) -> None:
        announced = uow.finish()
        faults.point("commit.before")
        uow.commit()
        faults.point("commit.after")
        if announced:
            self._nudge()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for single statements that only read, with no transaction around them: one round trip instead
        of three. It reaches every row: not for tables whose rows belong to somebody."""
        with self._autocommitting.connect() as connection:
            yield connection

    @contextmanager
    def once(self, received: ReceivedEvent) -> Iterator[UnitOfWork]:
        """One transaction for one event, whose first statement remembers the event: a second delivery raises
        AlreadyHandled before anything is done."""
        call = EventContext(anonymous(f"service:{self.service}"), received.trace_id)
        with self.unit_of_work(call) as uow:
            row = {"event_id": received.id, "handler": received.handler}
            remember = upsert(inbox).values(row).on_conflict_do_nothing().returning(inbox.c.event_id)
            if uow.session.scalar(remember) is None:
                raise AlreadyHandled
            yield uow

    @contextmanager
    def alone(self, work: str) -> Iterator[UnitOfWork]:
        """One transaction of a work that only one process may do at a time. Raises Busy."""
        with self.unit_of_work() as uow:
            lock = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:work, 0))")
            if not uow.session.scalar(lock, {"work": work}):
                raise Busy
            yield uow

    def ready(self) -> None:
        """Raise if the database doesn't answer."""
        with self.engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Give all idle connections back."""
        for name in ("engine", "_autocommitting"):
            if name in self.__dict__:
                self.__dict__[name].dispose()


class EventContext:
    """The context of work that no caller asked for: an event or a timer."""

    def __init__(self, actor: Actor, trace_id: str):
        self.actor = actor
        self.trace_id = trace_id


class Database(DependencyProvider):
    """The service's `BoundDatabase`, as a nameko dependency: ``database = Database()``."""

    bound: BoundDatabase

    def setup(self) -> None:
        self.bound = BoundDatabase(self.container.service_name)

    def stop(self) -> None:
        self.bound.close()

    def get_dependency(self, worker_ctx: Any) -> BoundDatabase:
        return self.bound
