"""The gateway with a bus that answers from a table: no broker, no service, milliseconds."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from gateway.app import create_app, limiter
from services.chassis.refusals import Refused

PERSON = {
    "kind": "person", "account_id": "a-1", "first_name": "Nadia", "last_name": "Benali", "email": "nadia@example.org",
    "must_personalise": False, "structure": None, "structures": [], "roles": ["person"],
    "actor_token": "actor-token", "actor_expires_at": "2999-01-01T00:00:00+00:00",
}  # fmt: skip
STRUCTURE = {"structure_id": "s-1", "name": "Judo Club", "role": "legal_representative", "establishment_id": None}


class TableBus:
    """Answers `service.method` with what a test put into `answers`: a value, a function of the arguments, a fault."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.calls: list[tuple[str, dict[str, Any], str]] = []

    def call(self, service: str, method: str, arguments: dict[str, Any], *, token: str, **_: Any) -> Any:
        self.calls.append((f"{service}.{method}", arguments, token))
        answer = self.answers.get(f"{service}.{method}", Refused("unknown_method"))
        if isinstance(answer, Exception):
            raise answer
        return answer(arguments) if callable(answer) else answer

    def called(self, name: str) -> list[dict[str, Any]]:
        return [arguments for called, arguments, _token in self.calls if called == name]


@pytest.fixture
def bus() -> TableBus:
    return TableBus()


@pytest.fixture(scope="session")
def built(_surroundings: Path) -> Flask:
    """The application, built once: its pages and the API's document take a while."""
    return create_app(bus=TableBus(), TESTING=True, WTF_CSRF_ENABLED=False, PROPAGATE_EXCEPTIONS=False)


@pytest.fixture
def app(built: Flask, bus: TableBus) -> Iterator[Flask]:
    """The application with this test's bus, nobody remembered and its configuration untouched by other tests."""
    configuration = dict(built.config)
    built.extensions["bus"] = bus
    for kept in ("psl_sessions", "file_store"):
        built.extensions.pop(kept, None)
    limiter.reset()
    yield built
    built.config.clear()
    built.config.update(configuration)


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask, bus: TableBus) -> Callable[..., FlaskClient]:
    """`sign_in("manager")` → a client whose session has that role in a structure."""

    def open_session(*roles: str, **changed: Any) -> FlaskClient:
        structure = STRUCTURE if set(roles) & {"legal_representative", "manager", "accountant", "cashier"} else None
        viewer = {**PERSON, "roles": list(roles) or ["person"], "structure": structure, **changed}
        bus.answers["identity.resolve_session"] = viewer
        client = app.test_client()
        client.set_cookie("psl_session", f"session-{'-'.join(roles)}")
        return client

    return open_session
