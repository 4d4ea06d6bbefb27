"""The gateway before a bus that only knows who is signed in, and writes down what reaches it."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from gateway.app import create_app
from services.chassis.refusals import Refused

STRUCTURE_ROLES = ("legal_representative", "manager", "accountant", "cashier")
AGENT_ROLES = ("instructor", "signatory", "preparer", "releaser", "administrator")
ROLES = ("visitor", "person", "unpersonalised", *STRUCTURE_ROLES, *AGENT_ROLES)
STRUCTURE = {"structure_id": "s-1", "name": "Judo Club", "role": "manager", "establishment_id": None}


class GuestBook:
    """A bus that knows sessions by role, and nothing else."""

    def __init__(self) -> None:
        self.reached: list[str] = []

    def call(self, service: str, method: str, arguments: dict[str, Any], **_: Any) -> Any:
        if (service, method) == ("identity", "resolve_session"):
            return session_of(arguments["session_token"])
        self.reached.append(f"{service}.{method}")
        raise Refused("unknown_method")


def session_of(role: str) -> dict[str, Any]:
    """What identity answers for a session of that role."""
    roles = ["agent", role] if role in AGENT_ROLES else [role]
    if role in STRUCTURE_ROLES:
        roles.append("person")
    return {
        "kind": "agent" if role in AGENT_ROLES else "person", "account_id": "a-1", "first_name": "Nadia",
        "last_name": "Benali", "email": "nadia@example.org", "must_personalise": role == "unpersonalised",
        "structure": STRUCTURE if role in STRUCTURE_ROLES else None, "structures": [STRUCTURE], "roles": roles,
        "actor_token": "actor-token", "actor_expires_at": "2999-01-01T00:00:00+00:00",
    }  # fmt: skip


@pytest.fixture(scope="module")
def guests() -> GuestBook:
    return GuestBook()


@pytest.fixture(scope="module")
def app(guests: GuestBook) -> Flask:
    return create_app(bus=guests, TESTING=True, PROPAGATE_EXCEPTIONS=False, RATELIMIT_ENABLED=False)


@pytest.fixture(scope="module")
def app_without_csrf(guests: GuestBook) -> Flask:
    """The same with that one wall taken down, to see the others."""
    options = {"TESTING": True, "PROPAGATE_EXCEPTIONS": False, "RATELIMIT_ENABLED": False}
    return create_app(bus=guests, WTF_CSRF_ENABLED=False, **options)


@pytest.fixture(scope="module")
def signed_in() -> Callable[[Flask, str], FlaskClient]:
    """A browser with a session of that role."""

    def open_session(app: Flask, role: str) -> FlaskClient:
        client = app.test_client()
        if role != "visitor":
            client.set_cookie("psl_session", role)
        return client

    return open_session
