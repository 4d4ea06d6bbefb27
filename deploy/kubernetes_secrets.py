"""The command `kubernetes-secrets`: what `prepare` wrote, as the Secrets that the manifests name.

    python -m deploy kubernetes-secrets /etc/psl | kubectl apply -f -

Each process is given its own account at the broker, its own database and the keys of `deploy.keys.NEEDED`, no other.
"""

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from deploy.broker_accounts import rights
from deploy.keys import NEEDED, flat_name, needed
from deploy.prepare import OUTSIDE
from services.chassis.config import SERVICES

DEFINITIONS = "rabbitmq-definitions.json"


class NotPrepared(Exception):
    """The folder is none that `prepare` wrote; the message says what is missing."""


def secrets(folder: Path) -> dict[str, Any]:
    """A list of Secrets for `kubectl apply`. Raises NotPrepared."""
    try:
        return {"apiVersion": "v1", "kind": "List", "items": list(_every(folder))}
    except FileNotFoundError as missing:
        raise NotPrepared(f"{missing.filename} is missing: run `python -m deploy prepare {folder} …` first") from None


def _every(folder: Path) -> Iterator[dict[str, Any]]:
    credentials = folder / "credentials"
    outside = {name: (credentials / name).read_bytes().strip() for name in OUTSIDE}
    yield _secret("psl-outside", {name: value for name, value in outside.items() if value})
    for account in rights():
        yield _secret(f"psl-broker-{account}", {"uri": (credentials / f"{account}_AMQP_URI").read_bytes()})
    for service in SERVICES:
        yield from _database(credentials, service)
    for process in NEEDED:
        keys = folder / "keys"
        found = {flat_name(path.relative_to(keys)): path.read_bytes() for path in needed(keys, process)}
        yield _secret(f"psl-keys-{process}", found)
    yield _secret("psl-broker-definitions", {DEFINITIONS: (folder / DEFINITIONS).read_bytes()})


def _database(credentials: Path, service: str) -> Iterator[dict[str, Any]]:
    """The addresses, and the two roles as CloudNativePG wants them: of the type `basic-auth`."""
    uri = (credentials / f"{service}_DATABASE_URL").read_bytes()
    owner_uri = (credentials / f"{service}_DATABASE_OWNER_URL").read_bytes()
    kind = "kubernetes.io/basic-auth"
    yield _secret(f"psl-database-{service}", {"uri": uri, "owner-uri": owner_uri, **_role(uri)}, kind)
    yield _secret(f"psl-database-{service}-owner", _role(owner_uri), kind)


def _role(uri: bytes) -> dict[str, bytes]:
    url = make_url(uri.decode())
    return {"username": str(url.username).encode(), "password": str(url.password).encode()}


def _secret(name: str, content: Mapping[str, bytes], kind: str = "Opaque") -> dict[str, Any]:
    data = {key: base64.b64encode(value).decode("ascii") for key, value in content.items()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "type": kind, "data": data}
