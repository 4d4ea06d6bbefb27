"""What tests of identity do to it from outside: calls over the bus, events of the other services, mails read."""

import functools
import itertools
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

from kombu import Connection, Exchange, Producer

from deploy.local.waiting import wait_for
from services.chassis import serializer
from tests.mails import text_of
from tests.platform import Platform

PASSWORD = "Trois-Chevaux-Bleus-Dansent"
_numbers = itertools.count(1)


class World:
    """One running identity service and its surroundings."""

    def __init__(self, running: Platform, token: Callable[..., str]):
        self.running = running
        self._token = token

    def call(self, method: str, *, token: str | None = None, **arguments: Any) -> Any:
        """Call identity as a visitor, or with a token."""
        token = token or self._token("visitor")
        return self.running.bus.call("identity", method, arguments, token=token, deadline_s=20)

    def as_partners(self, method: str, **arguments: Any) -> Any:
        return self.call(method, token=self._token("service:partners"), **arguments)

    def call_as(self, *roles: str, **scope: str) -> Callable[..., Any]:
        """A caller with these roles."""
        return functools.partial(self.call, token=self._token(*roles, account_id=str(uuid4()), **scope))

    def agent_password(self, email: str) -> str:
        """The provisional password mailed to a new agent."""
        return password_in(self.mail(email, "compte d'agent"))

    def reset_link(self, email: str, number: int) -> str:
        """The secret of the nth link for a new password."""

        def found() -> str | None:
            mails = [mail for mail in self.running.mails(email) if "nouveau mot de passe" in str(mail["Subject"])]
            return link_in(mails[number - 1], "/mot-de-passe/nouveau") if len(mails) >= number else None

        return wait_for(found, f"link {number} to {email}", 20)

    def announce(self, publisher: str, event_type: str, *, at: str = "", **data: Any) -> str:
        """Publish an event as the named service's relay would."""
        event_id = str(uuid4())
        body = {
            "specversion": "1.0",
            "id": event_id,
            "source": f"/{publisher}",
            "type": event_type,
            "time": at or now(),
            "subject": str(data.get("structure_id", event_id)),
            "datacontenttype": "application/json",
            "data": data,
        }
        with Connection(self.running.environment["AMQP_URI"]) as connection:
            exchange = Exchange(f"{publisher}.events", type="topic", durable=True)
            Producer(connection).publish(
                serializer.dumps(body),
                exchange=exchange,
                routing_key=event_type,
                content_type=serializer.CLOUDEVENTS,
                content_encoding="utf-8",
            )
        return event_id

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the database holds."""
        connection = self.running.connect("identity")
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def mail(self, to: str, subject: str) -> EmailMessage:
        """The latest mail to an address whose subject holds these words; waits for it."""
        return wait_for(lambda: self._mail(to, subject), f"a mail to {to} about {subject!r}", 20)

    def _mail(self, to: str, subject: str) -> EmailMessage | None:
        found = [mail for mail in self.running.mails(to) if subject in str(mail["Subject"])]
        return found[-1] if found else None

    def draft(self, email: str, **changes: Any) -> str:
        """A representative saved at step 4."""
        details = {
            "civility": "Mme",
            "first_name": "Ada",
            "last_name": "Martin",
            "position": "Présidente",
            "email": email,
            "mobile": "06 12 34 56 78",
        }
        return self.as_partners("save_registration", **(details | changes))["registration_id"]

    def reserve(self, registration_id: str, structure_email: str, **changes: Any) -> dict[str, str]:
        """Reserve both accounts; returns the ids that were used."""
        ids = {"registration_id": registration_id, "application_id": str(uuid4()), "structure_id": str(uuid4())}
        given = ids | {"structure_name": "Club des Lilas", "structure_email": structure_email} | changes
        self.as_partners("reserve_accounts", **given)
        return {name: given[name] for name in ids}

    def apply(self, name: str = "Club des Lilas") -> "Partner":
        """A submitted application: two accounts, two mails."""
        number = next(_numbers)
        partner = Partner(self, f"ada{number}@exemple.fr", f"club{number}@exemple.fr", name)
        ids = self.reserve(self.draft(partner.email), partner.structure_email, structure_name=name)
        partner.structure_id, partner.application_id = ids["structure_id"], ids["application_id"]
        self.announce("partners", "application_submitted.v1", **ids, structure_type="association", submitted_at=now())
        return partner

    def representative(self, name: str = "Club des Lilas") -> "Partner":
        """A representative who has personalised the password and administers the structure."""
        partner = self.apply(name)
        partner.activate()
        partner.choose()
        return partner

    def sign_in(self, login: str, password: str, kind: str = "partner", **more: Any) -> dict[str, Any]:
        given = {"ip": "192.0.2.1", "user_agent": "Firefox"} | more
        return self.call("sign_in", kind=kind, login=login, password=password, **given)

    def viewer(self, session_token: str) -> dict[str, Any]:
        return self.call("resolve_session", session_token=session_token)


class Partner:
    """A legal representative, as seen from their browser."""

    structure_id = ""
    application_id = ""
    session = ""
    account_id = ""
    delegation_id = ""

    def __init__(self, world: World, email: str, structure_email: str, name: str):
        self.world = world
        self.email = email
        self.structure_email = structure_email
        self.name = name

    @property
    def provisional_password(self) -> str:
        return password_in(self.world.mail(self.email, "compte personnel"))

    def activate(self, password: str = PASSWORD) -> None:
        """First sign-in and personalised password."""
        opened = self.world.sign_in(self.email, self.provisional_password)
        first = self.world.viewer(opened["session_token"])["actor_token"]
        browser = {"ip": "192.0.2.1", "user_agent": "Firefox"}
        fresh = self.world.call("personalise_password", token=first, password=password, **browser)
        self.session = fresh["session_token"]

    def activate_again(self, password: str) -> None:
        """Sign in anew."""
        self.session = self.world.sign_in(self.email, password)["session_token"]

    def choose(self) -> None:
        opened = self.call("choose_structure", structure_id=self.structure_id)
        self.session = opened["session_token"]

    @property
    def viewer(self) -> dict[str, Any]:
        return self.world.viewer(self.session)

    @property
    def token(self) -> str:
        return self.viewer["actor_token"]

    def call(self, method: str, **arguments: Any) -> Any:
        return self.world.call(method, token=self.token, **arguments)


def password_in(mail: EmailMessage) -> str:
    """The provisional password of an activation mail."""
    found = re.search(r"Mot de passe(?: provisoire)? : (\S+)", text_of(mail))
    assert found
    return found.group(1)


def link_in(mail: EmailMessage, path: str) -> str:
    """The secret at the end of a mailed link."""
    found = re.search(rf"{path}/(\S+)", text_of(mail))
    assert found
    return found.group(1)


def now() -> str:
    return datetime.now(UTC).isoformat()
