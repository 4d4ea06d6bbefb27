"""The door of a container or a unit: `python -m deploy.enter service transactions | relay | gateway | migrate | …`.

Secrets come as files: for every variable `NAME_FILE` the content of that file becomes `NAME` (containers), and every
file of systemd's `$CREDENTIALS_DIRECTORY` becomes the variable of its name (`DATABASE_URL` is that of the service which
starts). Where keys come without folders (Kubernetes), `PSL_KEYS_FLAT` names the place; they are laid out in `PSL_KEYS`.
The process then replaces this one, so that signals reach it.

For an operator at the keyboard, `python -m deploy.enter --from /etc/psl status` reads psl.env and credentials/ of a
folder that `python -m deploy prepare` wrote, with the broker account «operator».
"""

import os
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy import commandlines, keys
from services.chassis.config import SERVICES

SUFFIX = "_FILE"
OURS = re.compile(r"(PSL|TWILIO|AMQP|AWS_ACCESS|AWS_SECRET|[A-Z]+_DATABASE)_\w+")
"""The variables that may come as a file: others end in `_FILE` too (`SSL_CERT_FILE`) and mean the file itself."""


def secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that lie in files."""
    found = {}
    folder = environment.get("CREDENTIALS_DIRECTORY")
    for path in sorted(Path(folder).iterdir()) if folder else ():
        if path.is_file() and path.name.isupper():
            found[path.name] = path.read_text(encoding="utf-8").strip()
    for name, value in environment.items():
        if name.endswith(SUFFIX) and OURS.fullmatch(name):
            found[name.removesuffix(SUFFIX)] = Path(value).read_text(encoding="utf-8").strip()
    return {name: value for name, value in found.items() if value}


def installed(folder: Path) -> dict[str, str]:
    """The whole installation as an operator needs it: settings, and every secret but other accounts at the broker."""
    found = {}
    for line in (folder / "psl.env").read_text(encoding="utf-8").splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found[name] = " ".join(shlex.split(value))
    for path in sorted((folder / "credentials").iterdir()):
        if not path.name.endswith("_AMQP_URI"):
            found[path.name.upper()] = path.read_text(encoding="utf-8").strip()
    found["AMQP_URI"] = (folder / "credentials" / "operator_AMQP_URI").read_text(encoding="utf-8").strip()
    return {name: value for name, value in found.items() if value}


def command(arguments: Sequence[str]) -> list[str]:
    """What to become. Raises SystemExit with the possibilities."""
    match list(arguments):
        case ["service", name] if _service(name) in SERVICES:
            return commandlines.service(_service(name))
        case ["relay", *names] if set(names) <= set(SERVICES):
            return commandlines.relay(names or SERVICES)
        case ["gateway"]:
            return commandlines.gateway(os.environ.get("PSL_BIND", "127.0.0.1:8000"))
        case [
            (
                "migrate"
                | "status"
                | "deadletters"
                | "create-agent"
                | "backup"
                | "restore"
                | "reconcile"
                | "rotate-keys"
            ),
            *_,
        ]:
            return [sys.executable, "-m", "deploy", *arguments]
    raise SystemExit(f"usage: service {'|'.join(SERVICES)} | relay [SERVICE…] | gateway | migrate | status | …")


def _service(name: str) -> str:
    """`transactions-2` is one more process of transactions."""
    service, _, number = name.partition("-")
    return service if not number or number.isdigit() else name


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--from"]:
        os.environ.update(installed(Path(arguments[1])))
        arguments = arguments[2:]
    chosen = command(arguments)
    os.environ.update(secrets(os.environ))
    if (flat := Path(os.environ.get("PSL_KEYS_FLAT", ""))).name and flat.is_dir():
        keys.lay_out(flat, Path(os.environ["PSL_KEYS"]))
    if arguments[0] == "service" and "DATABASE_URL" in os.environ:
        os.environ[f"{_service(arguments[1]).upper()}_DATABASE_URL"] = os.environ.pop("DATABASE_URL")
    os.execv(chosen[0], chosen)  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
