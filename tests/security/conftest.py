"""The gateway before a bus that only knows who is signed in, and writes down what reaches it."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from deploy.driver.story import Story
from gateway.app import create_app
from services.chassis.config import SERVICES
from services.chassis.refusals import Refused
from tests.platform import Platform

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
    return create_app(bus=guests, TESTING=True, PROPAGATE_EXCEPTIONS=False, RATE_LIMITS=False)


@pytest.fixture(scope="module")
def app_without_csrf(guests: GuestBook) -> Flask:
    """The same with that one wall taken down, to see the others."""
    options = {"TESTING": True, "PROPAGATE_EXCEPTIONS": False, "RATE_LIMITS": False}
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


class OnTests:
    """The story's view of a platform of the tests."""

    def __init__(self, running: Platform):
        self.var, self.base_url, self.processes = running.var, running.base_url, running.processes
        self.environment = running.environment

    def run(self, *arguments: str) -> str:
        """What a command of the platform prints."""
        command = [sys.executable, *arguments]
        done = subprocess.run(command, env=self.environment, check=True, capture_output=True, text=True)
        return done.stdout


@pytest.fixture(scope="session")
def running(infra: Any, tmp_path_factory: pytest.TempPathFactory, _surroundings: Path) -> Iterator[Platform]:
    """All five services, relay and gateway, started once for all tests of this folder."""
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("security")
        (folder / "keys").symlink_to(_surroundings / "keys")
        made = Platform(infra, folder, stack.enter_context(infra.virtual_host()))
        stack.callback(made.stop)
        made.start(SERVICES, relay=True, gateway=True)
        yield made


def rows(running: Platform, service: str, statement: str, *values: Any) -> list[Any]:
    """Rows of a service's database."""
    with running.connect(service) as connection, connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


@pytest.fixture(scope="session")
def story(running: Platform) -> Story:
    """The main job, done once: from the application to the released batch (finance's part apart)."""
    told = Story(OnTests(running))  # type: ignore[arg-type]
    for title, step in told.steps():
        if "finance" not in title:
            step()
    return told
