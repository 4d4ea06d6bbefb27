"""What a new installation needs and nobody should type: keys, random passwords, and the files that use them.

    python -m deploy prepare /etc/psl --base-url https://pass.example.fr

writes into the folder (mode 0700, nothing that exists is replaced):

- ``psl.env``: settings that are no secret, to be completed;
- ``credentials/``: one file per secret; for each process its own account at the broker, for each service its database,
  for a database server in a container the password of its administrator;
- ``keys/``: all keys of the platform;
- ``roles.sql``: the roles and databases, for ``psql``;
- ``rabbitmq-definitions.json``: virtual host, accounts and rights, for ``rabbitmqctl import_definitions``.
"""

import base64
import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deploy import keys
from deploy.broker_accounts import rights
from services.chassis.config import SERVICES

VHOST = "psl"
OUTSIDE = {
    "PSL_MAIL_URL": "smtp://user:password@mail.example:587",
    "TWILIO_ACCOUNT_SID": "",
    "TWILIO_AUTH_TOKEN": "",
    "TWILIO_MESSAGING_SERVICE_SID": "",
    "AWS_ACCESS_KEY_ID": "",
    "AWS_SECRET_ACCESS_KEY": "",
}
SETTINGS = """\
# What is no secret. Secrets are files in credentials/. Every variable: README.md, «Configuration».
PSL_ENV=production
PSL_VAR={var}
PSL_KEYS={folder}/keys
PSL_BASE_URL={base_url}
PSL_SMS=twilio
PSL_TRUSTED_PROXIES=1
PSL_FILES_URL=file://{var}/files
PSL_MAIL_FROM="Pass'Sports-Loisirs <ne-pas-repondre@pass-sports-loisirs.example>"
PSL_DEBTOR_IBAN=
PSL_DEBTOR_BIC=
"""


class Places:
    """Where broker and database answer, as processes see them."""

    def __init__(self, broker: str, database: str) -> None:
        self.broker, self.database = broker, database


def prepare(folder: Path, base_url: str, var: Path, places: Places) -> Iterator[str]:
    """Write what is missing; one line for each thing that was written."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    credentials = folder / "credentials"
    credentials.mkdir(exist_ok=True, mode=0o700)
    keys.create(folder / "keys")
    yield f"{folder}/keys"
    settings = SETTINGS.format(var=var, folder=folder, base_url=base_url)
    yield from _write(folder / "psl.env", settings)
    yield from _write(credentials / "POSTGRES_PASSWORD", secrets.token_urlsafe(24))
    for name, example in OUTSIDE.items():
        yield from _write(credentials / name, example)
    if (folder / "roles.sql").exists() and (folder / "rabbitmq-definitions.json").exists():
        return
    yield from _databases(folder, places.database)
    yield from _broker(folder, places.broker)


def _databases(folder: Path, place: str) -> Iterator[str]:
    lines = []
    for service in SERVICES:
        for role in (f"{service}_owner", service):
            password = secrets.token_urlsafe(24)
            variable = f"{service}_DATABASE_{'OWNER_' if role != service else ''}URL"
            lines.append(f"CREATE ROLE {role} LOGIN PASSWORD '{password}';")
            yield from _write(folder / "credentials" / variable, f"postgresql://{role}:{password}@{place}/{service}")
        lines.append(f"CREATE DATABASE {service} OWNER {service}_owner;")
        lines.append(f"REVOKE ALL ON DATABASE {service} FROM PUBLIC;")
        lines.append(f"GRANT CONNECT, TEMPORARY ON DATABASE {service} TO {service};")
    yield from _write(folder / "roles.sql", "\n".join(lines) + "\n")


def _broker(folder: Path, place: str) -> Iterator[str]:
    users, permissions = [], []
    for account, allowed in rights().items():
        password = secrets.token_urlsafe(24)
        users.append({"name": f"psl-{account}", "password_hash": hashed(password), "tags": [], **_ALGORITHM})
        permissions.append({"user": f"psl-{account}", "vhost": VHOST, **allowed._asdict()})
        uri = f"amqp://psl-{account}:{password}@{place}/{VHOST}"
        yield from _write(folder / "credentials" / f"{account}_AMQP_URI", uri)
    found: dict[str, Any] = {"vhosts": [{"name": VHOST}], "users": users, "permissions": permissions}
    yield from _write(folder / "rabbitmq-definitions.json", json.dumps(found, indent=2))


_ALGORITHM = {"hashing_algorithm": "rabbit_password_hashing_sha256"}


def hashed(password: str) -> str:
    """RabbitMQ's form of a password: base64 of a salt of four bytes and SHA-256 of salt and password."""
    salt = os.urandom(4)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode("ascii")


def _write(path: Path, content: str) -> Iterator[str]:
    """A file that only its owner reads; one that exists stays as it is."""
    if path.exists():
        return
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(content)
    yield str(path)
