"""What tests of partners do to it from outside: calls over the bus, files put into the store, rows looked at."""

import io
import itertools
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from kombu import Connection, Exchange, Producer

from deploy.local.waiting import wait_for
from services.chassis import serializer
from services.chassis.files import FileStore
from tests.platform import Platform
from tests.upload_samples import document

_numbers = itertools.count(random.SystemRandom().randrange(10_000, 90_000) * 1000)


def siret(number: int) -> str:
    """A well-formed SIRET made from a number."""

    def with_luhn(digits: str) -> str:
        total = 0
        for place, digit in enumerate(reversed(digits + "0")):
            value = int(digit) * (2 if place % 2 else 1)
            total += value - 9 if value > 9 else value
        return digits + str(-total % 10)

    return with_luhn(with_luhn(f"{number % 10**8:08d}") + "0001")


def iban(account: int) -> str:
    """A French IBAN whose national and international keys are right."""
    bank, branch, number = "30006", "00001", f"{account % 10**11:011d}"
    key = 97 - (89 * int(bank) + 15 * int(branch) + 3 * int(number)) % 97
    bban = f"{bank}{branch}{number}{key:02d}"
    check = 98 - int(bban + "152700") % 97
    return f"FR{check:02d}{bban}"


class Club:
    """One structure that applies, with answers of its own."""

    def __init__(self, structure_type: str = "association", **changes: Any):
        number = next(_numbers)
        self.structure_type = structure_type
        self.structure = {
            "name": f"Judo Club {number}",
            "siret": siret(number),
            "address_line1": "1 place de la Mairie",
            "postcode": "93000",
            "commune_name": "Bobigny",
            "email": f"club{number}@example.org",
        } | changes.get("structure", {})
        self.representative = {
            "civility": "Mme",
            "last_name": "Benali",
            "first_name": "Nadia",
            "position": "Présidente",
            "email": f"nadia{number}@example.org",
            "mobile": f"06{number % 10**8:08d}" if str(number % 10**8).startswith("1") else "0612345678",
        } | changes.get("representative", {})
        self.activities = {"activities": ["judo"], "federation": "FFJDA"}
        self.bank_account = {"iban": iban(number), "holder": self.structure["name"]} | changes.get("bank_account", {})
        self.token = ""
        self.application_id = ""
        self.structure_id = ""

    def answers(self, step: int) -> dict[str, Any]:
        return {
            2: {"structure_type": self.structure_type},
            3: self.structure,
            4: self.representative,
            5: self.activities,
            6: self.bank_account,
        }[step]


class World:
    """Partners and identity as real processes, and the agents and partners who call them."""

    def __init__(self, running: Platform, token: Callable[..., str]):
        self.running = running
        self.sign = token
        self.store = FileStore(f"file://{running.var}/files")
        self.agent = str(uuid4())
        self.other_agent = str(uuid4())
        self._models: dict[str, Club] = {}

    def call(self, method: str, *, token: str | None = None, deadline_s: float = 40, **arguments: Any) -> Any:
        token = token or self.sign("visitor")
        return self.running.bus.call("partners", method, arguments, token=token, deadline_s=deadline_s)

    def as_agent(self, method: str, *, agent: str | None = None, **arguments: Any) -> Any:
        token = self.sign("agent", "instructor", account_id=agent or self.agent, session_id=str(uuid4()))
        return self.call(method, token=token, **arguments)

    def as_partner(self, club: Club, method: str, **arguments: Any) -> Any:
        token = self.sign("legal_representative", account_id=str(uuid4()), structure_id=club.structure_id)
        return self.call(method, token=token, **arguments)

    def incoming(self, content: bytes | None = None) -> str:
        """A file in the store's incoming area, as the gateway puts it there."""
        return self.store.incoming(io.BytesIO(content if content is not None else document()))

    def start(self, club: Club) -> Club:
        started = self.call("start_application")
        club.token, club.application_id = started["draft_token"], started["application_id"]
        return club

    def save(self, club: Club, *steps: int) -> None:
        for step in steps:
            versions = self.call("draft", draft_token=club.token)["step_versions"]
            self.call(
                "save_step",
                draft_token=club.token,
                step=step,
                step_version=versions.get(str(step), 0),
                answers=club.answers(step),
            )

    def add(self, club: Club, kind: str, content: bytes | None = None) -> Any:
        return self.call(
            "add_document",
            draft_token=club.token,
            kind=kind,
            incoming_id=self.incoming(content),
            filename=f"{kind}.pdf",
        )

    def filled(self, club: Club, *, own_files: bool = False) -> Club:
        """A draft to which nothing is missing. The first one of its type uploads its files, others get the same ones,
        unless they need their own."""
        self.start(club)
        self.save(club, 2, 3, 4, 5, 6)
        if not own_files and club.structure_type in self._models:
            self.copy_documents(self._models[club.structure_type], [club])
            return club
        types = {one["code"]: one for one in self.call("catalogue")["structure_types"]}
        for kind in types[club.structure_type]["documents"]:
            if kind["required"]:
                self.add(club, kind["kind"], document(text=f"{kind['kind']} {club.structure['siret']}"))
        if not own_files:
            self._models[club.structure_type] = club
        return club

    def copy_documents(self, model: Club, clubs: list[Club]) -> None:
        """Give many drafts the files of one: checking hundreds of files is another test's subject."""
        connection = self.running.connect("partners")
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO documents (document_id, application_id, kind, round, sha256, preview_sha256, filename,"
                    " media_type, size, uploaded_at) SELECT gen_random_uuid(), a.application_id, d.kind, d.round,"
                    " d.sha256, d.preview_sha256, d.filename, d.media_type, d.size, d.uploaded_at FROM documents d,"
                    " applications a WHERE d.application_id = %s AND d.round = 0"
                    " AND a.application_id = ANY(%s::uuid[])",
                    (model.application_id, [club.application_id for club in clubs]),
                )
        finally:
            connection.close()

    def submit(self, club: Club) -> Any:
        version = self.call("draft", draft_token=club.token)["version"]
        done = self.call("submit_application", draft_token=club.token, version=version, consent=True)
        club.structure_id = done["structure_id"]
        return done

    def submitted(self, club: Club | None = None, *, own_files: bool = False) -> Club:
        club = self.filled(club or Club(), own_files=own_files)
        self.submit(club)
        return club

    def judge(self, club: Club, refuse: dict[str, str] | None = None) -> None:
        """Accept every item that is there, but refuse those named, with their reason."""
        shown = self.as_agent("application", application_id=club.application_id)
        for item in shown["items"]:
            if not (item["required"] or item["present"]) or item["verdict"] == "accepted":
                continue
            reason = (refuse or {}).get(item["item"])
            self.as_agent(
                "record_verdict",
                application_id=club.application_id,
                item=item["item"],
                accepted=reason is None,
                round=shown["round"],
                reason=reason or "",
            )

    def ask_for_correction(self, club: Club, **refused: str) -> Any:
        """Refuse the items named, with their reason, accept the others, and send them back."""
        self.judge(club, refuse=refused)
        return self.as_agent("request_correction", application_id=club.application_id, message="Merci.")

    def correct(self, club: Club, group: str, **answers: Any) -> Any:
        """Correct one refused group of fields, the only one, and send it."""
        version = self.as_partner(club, "own_application")["application"]["version"]
        done = self.as_partner(club, "correct_fields", group=group, version=version, answers=answers)
        return self.as_partner(club, "resubmit_application", version=done["version"])

    def rows(self, statement: str, *values: Any, service: str = "partners") -> list[tuple[Any, ...]]:
        connection = self.running.connect(service)
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchall()
        finally:
            connection.close()

    def events(self, club: Club) -> list[str]:
        """The types of events announced about the structure, oldest first."""
        found = self.rows("SELECT type FROM outbox WHERE key = %s ORDER BY id", club.structure_id)
        return [type_ for (type_,) in found]

    def announce(self, publisher: str, event_type: str, **data: Any) -> None:
        """Publish an event as the named service's relay would."""
        body = {
            "specversion": "1.0",
            "id": str(uuid4()),
            "source": f"/{publisher}",
            "type": event_type,
            "time": datetime.now(UTC).isoformat(),
            "subject": data["structure_id"],
            "datacontenttype": "application/json",
            "data": data,
        }
        with Connection(self.running.environment["AMQP_URI"]) as connection:
            Producer(connection).publish(
                serializer.dumps(body),
                exchange=Exchange(f"{publisher}.events", type="topic", durable=True),
                routing_key=event_type,
                content_type=serializer.CLOUDEVENTS,
                content_encoding="utf-8",
            )

    def until_accounts_live(self, club: Club) -> None:
        """Wait until identity has handled the submission."""
        ready = "SELECT 1 FROM delegations WHERE structure_id = %s"
        wait_for(lambda: self.rows(ready, club.structure_id, service="identity"), "the accounts are active", 20)
