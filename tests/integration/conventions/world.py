"""What tests of conventions do to the service's use cases, on a real database and a real store. The other two services
are stood in for by what they answer over the bus; the journey over the real bus is in test_over_the_bus.py."""

import hashlib
import io
from collections.abc import Callable
from types import MappingProxyType, SimpleNamespace
from typing import Any
from uuid import uuid4

from services.chassis import clock
from services.chassis.actor import Actor, anonymous
from services.chassis.database import BoundDatabase, EventContext
from services.chassis.files import FileStore
from services.chassis.refusals import Refused
from services.conventions.handlers import chain, deciding, jobs, preparing, proof, reading, signing

ORIGIN = {"ip": "192.0.2.7", "user_agent": "Firefox"}


class Partners:
    """What partners would answer."""

    def __init__(self) -> None:
        self.structure: dict[str, Any] = {
            "name": "Judo Club d’Aubervilliers",
            "legal_form": "association",
            "siret": "12345678200010",
            "rna": "W931234567",
            "address": {"line1": "1 rue de la Paix", "postcode": "93300", "commune": "Aubervilliers"},
            "activities": ["Judo", "Danse"],
            "application_id": "",
        }

    def call(self, method: str, arguments: dict[str, Any], *, call: Any, **_: Any) -> Any:
        assert method == "structure_for_convention"
        return {**self.structure, "structure_id": call.actor.scope["structure_id"]}


class Identity:
    """What identity would answer; remembers the codes that it was asked to send."""

    def __init__(self) -> None:
        self.codes: list[str] = []
        self.refuses: str | None = None
        self.agent = {"first_name": "Paul", "last_name": "Signataire", "position": None, "kind": "agent"}

    def call(self, method: str, arguments: dict[str, Any], *, call: Any = None, **_: Any) -> Any:
        return getattr(self, method)(call, **arguments)

    def person(self, call: Any) -> dict[str, Any]:
        return {
            "account_id": call.actor.account_id,
            "civility": "Madame",
            "first_name": "Zoé",
            "last_name": "Martin",
            "position": "présidente",
        }

    def persons(self, call: Any, account_ids: list[str]) -> dict[str, Any]:
        return dict.fromkeys(account_ids, self.agent)

    def send_signing_code(self, call: Any, code: str) -> dict[str, str]:
        if self.refuses:
            raise Refused(self.refuses)
        self.codes.append(code)
        return {
            "provider": "file",
            "provider_id": uuid4().hex,
            "masked_phone": "06 •• •• •• 78",
            "delivery_state": "sent",
        }


class World:
    """One database of conventions and those who act on it."""

    def __init__(self, database: BoundDatabase):
        self.database = database
        self.partners, self.identity = Partners(), Identity()
        self.store = FileStore()

    def run(self, handler: Callable[..., Any], *, actor: Actor | None = None, **arguments: Any) -> Any:
        call = EventContext(actor or anonymous("service:conventions"), "trace")
        with self.database.unit_of_work(call) as uow:
            return handler(uow, **arguments)

    def events(self, event_type: str) -> list[dict[str, Any]]:
        """What was announced, oldest first."""
        from services.chassis import serializer
        from services.chassis.tables import outbox

        with self.database.engine.connect() as connection:
            rows = connection.execute(outbox.select().order_by(outbox.c.id)).mappings().all()
        return [serializer.loads(row["body"])["data"] for row in rows if row["type"] == event_type]

    def club(self, *, name: str | None = None, approved: bool = False, structure_id: str | None = None) -> "Club":
        """A structure whose application has been submitted."""
        club = Club(self, structure_id)
        self.run(
            preparing.on_structure_updated,
            announced_at=clock.now(),
            structure_id=club.structure_id,
            name=name or "Judo Club d’Aubervilliers",
            partner_number=None,
            commune_name="Aubervilliers",
        )
        self.run(preparing.on_application_submitted, application_id=club.application_id, structure_id=club.structure_id)
        if approved:
            club.approve()
        return club

    def partner(self) -> "Club":
        """A structure whose first convention both have signed today."""
        club = self.club(approved=True).sign()
        self.countersign(club)
        return club

    def agent(self, *roles: str) -> Actor:
        return Actor(roles=frozenset(roles or {"agent", "signatory"}), account_id=str(uuid4()))

    def countersign(self, *clubs: "Club", actor: Actor | None = None) -> dict[str, Any]:
        """«Contresigner» these, worked off; the report."""
        ids = [club.convention_id for club in clubs]
        job = self.run(jobs.start, actor=actor or self.agent(), convention_ids=ids, **ORIGIN)
        jobs.work(self.database, self.identity)
        report: dict[str, Any] = self.run(jobs.progress, job_id=job["job_id"])
        return report

    def look(self, club: "Club") -> dict[str, Any]:
        found: dict[str, Any] = self.run(deciding.convention, convention_id=club.convention_id)
        return found

    def pack(self, club: "Club") -> bytes:
        call = SimpleNamespace(actor=self.agent(), trace_id="trace")
        stored = proof.pack(self.database, call, convention_id=club.convention_id)  # type: ignore[arg-type]
        return self.content(stored["sha256"])

    def content(self, sha256: str) -> bytes:
        with self.store.open(sha256) as stream:
            return stream.read()

    def lose(self, sha256: str) -> Callable[[], None]:
        """Take a file out of the store; returns how to put it back."""
        content = self.content(sha256)
        self.store.delete(sha256)
        return lambda: self._put_back(content)

    def _put_back(self, content: bytes) -> None:
        assert self.store.put(io.BytesIO(content)).sha256 == hashlib.sha256(content).hexdigest()

    def links(self, club: "Club") -> list[Any]:
        with self.database.unit_of_work() as uow:
            return chain.read(uow.session, club.convention_id)


class Club:
    """One structure and its legal representative."""

    def __init__(self, world: World, structure_id: str | None = None):
        self.world = world
        self.structure_id, self.application_id = structure_id or str(uuid4()), str(uuid4())
        scope = {"structure_id": self.structure_id, "session_id": str(uuid4())}
        self.actor = Actor(
            roles=frozenset({"legal_representative"}), account_id=str(uuid4()), scope=MappingProxyType(scope)
        )
        self.call = SimpleNamespace(actor=self.actor, trace_id="trace", token="", remaining_s=10.0)
        self.document_sha256 = ""

    @property
    def convention_id(self) -> str:
        found: str = self.own()["convention_id"]
        return found

    def own(self) -> dict[str, Any]:
        found: dict[str, Any] = self.world.run(reading.own_convention, actor=self.actor)["convention"]
        return found

    def open(self) -> dict[str, Any]:
        opened = reading.open_convention(
            self.world.database,
            self.call,
            self.world.partners,
            self.world.identity,  # type: ignore[arg-type]
        )
        self.document_sha256 = opened["document"]["sha256"]
        return opened

    def read(self, how: str = "statement") -> None:
        self._do(reading.confirm_reading, how=how)

    def ask_code(self) -> str:
        """A code is sent; what the SMS says."""
        signing.request_signing_code(
            self.world.database,
            self.call,  # type: ignore[arg-type]
            self.world.identity,
            document_sha256=self.document_sha256,
            **ORIGIN,
        )
        return self.world.identity.codes[-1]

    def type_code(self, code: str) -> dict[str, Any]:
        found: dict[str, Any] = self._do(signing.sign_convention, code=code)
        return found

    def _do(self, handler: Callable[..., Any], **arguments: Any) -> Any:
        arguments |= {"document_sha256": self.document_sha256, **ORIGIN}
        return self.world.run(handler, actor=self.actor, **arguments)

    def sign(self) -> "Club":
        self.open()
        self.read()
        self.type_code(self.ask_code())
        return self

    def approve(self) -> "Club":
        self.world.run(
            preparing.on_application_approved,
            application_id=self.application_id,
            structure_id=self.structure_id,
            partner_number=f"93-{self.structure_id[:6]}",
            approved_at=clock.now(),
        )
        return self


def wrong(code: str) -> str:
    """Another code than this one."""
    return f"{(int(code) + 1) % 10**6:06d}"
