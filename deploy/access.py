"""The access matrix, written from the code: which role may use which page and call which method.

    python -m deploy.access            # write docs/access.md
    python -m deploy.access --check    # exit 1 if it is out of date

A route or method that isn't in the written matrix, or with other roles, fails a guard test: a change of
access is seen in review. That the code keeps to the matrix is tested in tests/security.
"""

import inspect
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from flask import Flask

from deploy import keys
from deploy.catalogue import ROOT, services
from services.chassis import config, topology

DOCUMENT = ROOT / "docs" / "access.md"
SAFE = {"HEAD", "OPTIONS"}


class Door(NamedTuple):
    """One way in: a page with its HTTP methods, or a method on the bus."""

    name: str
    how: str
    roles: tuple[str, ...]


def application() -> Flask:
    """The gateway, with keys of its own and no bus."""
    from gateway.app import create_app

    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"PSL_ENV": "development", "PSL_VAR": folder, "PSL_KEYS": f"{folder}/keys"}
        config.reset()
        keys.create(Path(folder) / "keys")
        return create_app(bus=object())


def allowed_roles(view: Any) -> tuple[str, ...]:
    """What `allow` said of a view; empty if it said nothing."""
    marked = inspect.unwrap(view, stop=lambda each: hasattr(each, "allowed_roles"))
    return tuple(sorted(getattr(marked, "allowed_roles", ())))


def routes(app: Flask) -> Iterator[Door]:
    """Every page and API call of the gateway."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda each: (each.rule, sorted(each.methods or ()))):
        how = ", ".join(sorted((rule.methods or set()) - SAFE))
        yield Door(rule.rule, how, allowed_roles(app.view_functions[rule.endpoint]))


def methods() -> Iterator[Door]:
    """Every method on the bus."""
    for service in services():
        service_class = topology.service_class(f"services.{service}.service")
        for name, method in inspect.getmembers(service_class, lambda each: hasattr(each, "rpc_entrypoint")):
            demands = method.rpc_entrypoint.demands
            yield Door(f"{service}.{name}", "RPC", tuple(sorted(demands)) or ("any genuine token",))


def document(app: Flask) -> str:
    """docs/access.md."""
    pages = [f"| `{door.name}` | {door.how} | {', '.join(door.roles)} |" for door in routes(app)]
    calls = [f"| `{door.name}` | {', '.join(door.roles)} |" for door in methods()]
    return "\n".join(
        [
            "# Who may do what",
            "",
            "Written by `python -m deploy.access` from the code; a test keeps the two the same, so that a change of "
            "access is seen in review. `tests/security` tries every role at every door.",
            "",
            "A page's role opens the page; **the services decide again**: each method on the bus demands a role of the "
            "signed actor token, and answers for a foreign object exactly as for one that doesn't exist.",
            "",
            "## Pages and API",
            "",
            "| path | methods | roles |",
            "|---|---|---|",
            *pages,
            "",
            "## Methods on the bus",
            "",
            "| method | roles |",
            "|---|---|",
            *calls,
            "",
        ]
    )


def main(arguments: list[str]) -> int:
    """Write, or with ``--check`` compare. Returns the exit status."""
    fresh = document(application())
    if "--check" in arguments:
        stale = not DOCUMENT.exists() or DOCUMENT.read_text(encoding="utf-8") != fresh
        if stale:
            print("out of date: docs/access.md  (python -m deploy.access)")
        return 1 if stale else 0
    DOCUMENT.write_text(fresh, encoding="utf-8")
    print("wrote docs/access.md")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
